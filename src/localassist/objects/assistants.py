"""The assistant and the bodies that create and modify it."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from localassist.objects.base import Metadata, RequestBody, StoredObject
from localassist.objects.tools import (
    ResponseFormatBody,
    Tool,
    ToolBodies,
    ToolResources,
    ToolResourcesBody,
    ToolResourcesCreationBody,
)

ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
ModelName = Annotated[str, Field(min_length=1)]
Instructions = Annotated[str, Field(max_length=256000)]
Temperature = Annotated[float, Field(ge=0, le=2)]
TopP = Annotated[float, Field(ge=0, le=1)]


class Assistant(StoredObject):
    """Contract §2.1."""

    id_prefix: ClassVar[str] = "asst_"
    kind: ClassVar[str] = "assistant"

    id: str
    object: Literal["assistant"] = "assistant"
    created_at: int
    name: str | None = None
    description: str | None = None
    model: str
    instructions: str | None = None
    tools: list[Tool] = []
    top_p: float = 1.0
    temperature: float = 1.0
    reasoning_effort: str | None = None
    tool_resources: ToolResources = ToolResources()
    metadata: dict[str, str] = {}
    response_format: Any = "auto"


class ModifyAssistant(RequestBody):
    """`POST /assistants/{id}`: what is not given stays."""

    model: ModelName | None = None
    name: Annotated[str, Field(max_length=256)] | None = None
    description: Annotated[str, Field(max_length=512)] | None = None
    instructions: Instructions | None = None
    tools: ToolBodies | None = None
    tool_resources: ToolResourcesBody | None = None
    metadata: Metadata | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    response_format: ResponseFormatBody | None = None
    reasoning_effort: ReasoningEffort | None = None


class CreateAssistant(RequestBody):
    """`POST /assistants`."""

    model: ModelName
    name: Annotated[str, Field(max_length=256)] | None = None
    description: Annotated[str, Field(max_length=512)] | None = None
    instructions: Instructions | None = None
    tools: ToolBodies | None = None
    tool_resources: ToolResourcesCreationBody | None = None
    metadata: Metadata | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    response_format: ResponseFormatBody | None = None
    reasoning_effort: ReasoningEffort | None = None
