"""The bodies that create, modify and resume runs."""

from typing import Annotated, Literal

from pydantic import Field

from localassist.objects.assistants import Instructions, ModelName, ReasoningEffort, Temperature, TopP
from localassist.objects.base import Metadata, RequestBody
from localassist.objects.threads import CreateMessage, CreateThread
from localassist.objects.tools import (
    ResponseFormatBody,
    ToolBodies,
    ToolChoiceBody,
    ToolResourcesBody,
)

TokenBudget = Annotated[int, Field(ge=256)]


class TruncationStrategyBody(RequestBody):
    type: Literal["auto", "last_messages"]
    last_messages: Annotated[int, Field(ge=1)] | None = None


class RunSettings(RequestBody):
    """What `POST /threads/{id}/runs` and `POST /threads/runs` have in common."""

    assistant_id: str
    model: ModelName | None = None
    instructions: Instructions | None = None
    tools: ToolBodies | None = None
    metadata: Metadata | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    stream: bool | None = None
    max_prompt_tokens: TokenBudget | None = None
    max_completion_tokens: TokenBudget | None = None
    truncation_strategy: TruncationStrategyBody | None = None
    tool_choice: ToolChoiceBody | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormatBody | None = None


class CreateRun(RunSettings):
    """`POST /threads/{id}/runs`."""

    additional_instructions: Instructions | None = None
    additional_messages: list[CreateMessage] | None = None
    reasoning_effort: ReasoningEffort | None = None


class CreateThreadAndRun(RunSettings):
    """`POST /threads/runs`."""

    thread: CreateThread | None = None
    tool_resources: ToolResourcesBody | None = None


class ModifyRun(RequestBody):
    """`POST /threads/{id}/runs/{id}`."""

    metadata: Metadata | None = None


class ToolOutput(RequestBody):
    tool_call_id: str | None = None
    output: str | None = None


class SubmitToolOutputs(RequestBody):
    """`POST …/submit_tool_outputs`."""

    tool_outputs: list[ToolOutput]
    stream: bool | None = None
