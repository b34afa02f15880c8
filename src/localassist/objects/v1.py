"""The first version of the API (`OpenAI-Beta: assistants=v1`): its bodies where they differ, and attached files."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from localassist.objects.assistants import Instructions, ModelName
from localassist.objects.base import Metadata, RequestBody, WireObject
from localassist.objects.run_bodies import CreateRun, CreateThreadAndRun
from localassist.objects.tags import tag_by_type
from localassist.objects.threads import Message, TextPart
from localassist.objects.tools import (
    CodeInterpreterChoice,
    CodeInterpreterToolBody,
    FunctionChoice,
    FunctionToolBody,
)

AssistantFileIds = Annotated[list[str], Field(max_length=20)]
MessageFileIds = Annotated[list[str], Field(max_length=10)]

# --- tools --------------------------------------------------------------------------------------------------------


class RetrievalToolBody(RequestBody):
    """What `file_search` was called."""

    type: Literal["retrieval"]


class RetrievalChoice(RequestBody):
    type: Literal["retrieval"]


ToolBodyV1 = Annotated[
    Annotated[CodeInterpreterToolBody, Tag("#code_interpreter")]
    | Annotated[FunctionToolBody, Tag("#function")]
    | Annotated[RetrievalToolBody, Tag("#retrieval")],
    Discriminator(tag_by_type()),
]
ToolBodiesV1 = Annotated[list[ToolBodyV1], Field(max_length=128)]

ToolChoiceBodyV1 = Annotated[
    Annotated[Literal["none", "auto", "required"], Tag("#=mode")]
    | Annotated[FunctionChoice, Tag("#function")]
    | Annotated[CodeInterpreterChoice, Tag("#code_interpreter")]
    | Annotated[RetrievalChoice, Tag("#retrieval")],
    Discriminator(tag_by_type("#=mode")),
]

# --- assistants ---------------------------------------------------------------------------------------------------


class ModifyAssistantV1(RequestBody):
    """`POST /assistants/{id}`: what is not given stays."""

    model: ModelName | None = None
    name: Annotated[str, Field(max_length=256)] | None = None
    description: Annotated[str, Field(max_length=512)] | None = None
    instructions: Instructions | None = None
    tools: ToolBodiesV1 | None = None
    file_ids: AssistantFileIds | None = None
    metadata: Metadata | None = None


class CreateAssistantV1(RequestBody):
    """`POST /assistants`."""

    model: ModelName
    name: Annotated[str, Field(max_length=256)] | None = None
    description: Annotated[str, Field(max_length=512)] | None = None
    instructions: Instructions | None = None
    tools: ToolBodiesV1 | None = None
    file_ids: AssistantFileIds | None = None
    metadata: Metadata | None = None


class CreateAssistantFile(RequestBody):
    """`POST /assistants/{id}/files`."""

    file_id: Annotated[str, Field(min_length=1)]


class AssistantFile(WireObject):
    """A file of an assistant's. Its `id` is the file's."""

    kind: ClassVar[str] = "assistant file"

    id: str
    object: Literal["assistant.file"] = "assistant.file"
    created_at: int
    assistant_id: str


# --- threads, messages and runs -----------------------------------------------------------------------------------


class CreateMessageV1(RequestBody):
    """`POST /threads/{id}/messages`, also inside thread and run bodies."""

    role: Literal["user", "assistant"]
    content: Annotated[str, Field(min_length=1, max_length=256000)]
    file_ids: MessageFileIds | None = None
    metadata: Metadata | None = None


class CreateThreadV1(RequestBody):
    """`POST /threads`."""

    messages: list[CreateMessageV1] | None = None
    metadata: Metadata | None = None


class ModifyThreadV1(RequestBody):
    """`POST /threads/{id}`."""

    metadata: Metadata | None = None


class CreateRunV1(CreateRun):
    """`POST /threads/{id}/runs`: the settings of later versions are taken as well."""

    tools: ToolBodiesV1 | None = None  # type: ignore[assignment]
    tool_choice: ToolChoiceBodyV1 | None = None  # type: ignore[assignment]
    additional_messages: list[CreateMessageV1] | None = None  # type: ignore[assignment]


class CreateThreadAndRunV1(CreateThreadAndRun):
    """`POST /threads/runs`: the settings of later versions are taken as well."""

    tools: ToolBodiesV1 | None = None  # type: ignore[assignment]
    tool_choice: ToolChoiceBodyV1 | None = None  # type: ignore[assignment]
    thread: CreateThreadV1 | None = None  # type: ignore[assignment]


class MessageFile(WireObject):
    """A file of a message's. Its `id` is the file's."""

    kind: ClassVar[str] = "message file"

    id: str
    object: Literal["thread.message.file"] = "thread.message.file"
    created_at: int
    message_id: str


def message_file_ids(message: Message) -> list[str]:
    """The files a message brings: those attached to it, then those its text links to as made by code."""
    attached = [attachment.file_id for attachment in message.attachments]
    texts = [part.text for part in message.content if isinstance(part, TextPart)]
    linked = [made for text in texts for annotation in text.annotations if (made := _linked_file(annotation))]
    return list(dict.fromkeys([*attached, *linked]))


def _linked_file(annotation: dict[str, Any]) -> str | None:
    if annotation.get("type") != "file_path":
        return None
    file_id: str = annotation["file_path"]["file_id"]
    return file_id
