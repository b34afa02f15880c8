"""Threads, messages and their content parts."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AliasChoices, BeforeValidator, Discriminator, Field, Tag

from localassist.objects.base import Metadata, RequestBody, StoredObject, WireObject
from localassist.objects.tags import tag_by_type
from localassist.objects.tools import MAX_CODE_FILES, ToolResources, ToolResourcesBody, ToolResourcesCreationBody

# --- threads ------------------------------------------------------------------------------------------------------


class Thread(StoredObject):
    """Contract §2.2."""

    id_prefix: ClassVar[str] = "thread_"
    kind: ClassVar[str] = "thread"

    id: str
    object: Literal["thread"] = "thread"
    created_at: int
    metadata: dict[str, str] = {}
    tool_resources: ToolResources = ToolResources()


class ModifyThread(RequestBody):
    """`POST /threads/{id}`."""

    metadata: Metadata | None = None
    tool_resources: ToolResourcesBody | None = None


# --- content ------------------------------------------------------------------------------------------------------


class Text(WireObject):
    value: str
    annotations: list[dict[str, Any]] = []


class TextPart(WireObject):
    type: Literal["text"] = "text"
    text: Text


class ImageFile(WireObject):
    omit_when_none: ClassVar[frozenset[str]] = frozenset({"detail"})

    file_id: str
    detail: str | None = None


class ImageFilePart(WireObject):
    type: Literal["image_file"] = "image_file"
    image_file: ImageFile


class ImageUrl(WireObject):
    url: str
    detail: str = "auto"


class ImageUrlPart(WireObject):
    type: Literal["image_url"] = "image_url"
    image_url: ImageUrl


class RefusalPart(WireObject):
    type: Literal["refusal"] = "refusal"
    refusal: str


ContentPart = Annotated[TextPart | ImageFilePart | ImageUrlPart | RefusalPart, Field(discriminator="type")]

Detail = Literal["auto", "low", "high"]


class TextPartBody(RequestBody):
    type: Literal["text"]
    text: Annotated[str, Field(max_length=256000)]

    def materialised(self) -> TextPart:
        return TextPart(text=Text(value=self.text))


class ImageFileBody(RequestBody):
    file_id: str
    detail: Detail | None = None


class ImageFilePartBody(RequestBody):
    type: Literal["image_file"]
    image_file: ImageFileBody

    def materialised(self) -> ImageFilePart:
        return ImageFilePart(image_file=ImageFile(file_id=self.image_file.file_id, detail=self.image_file.detail))


class ImageUrlBody(RequestBody):
    url: Annotated[str, Field(min_length=1)]
    detail: Detail | None = None


class ImageUrlPartBody(RequestBody):
    type: Literal["image_url"]
    image_url: ImageUrlBody

    def materialised(self) -> ImageUrlPart:
        return ImageUrlPart(image_url=ImageUrl(url=self.image_url.url, detail=self.image_url.detail or "auto"))


PartBody = Annotated[
    Annotated[TextPartBody, Tag("#text")]
    | Annotated[ImageUrlPartBody, Tag("#image_url")]
    | Annotated[ImageFilePartBody, Tag("#image_file")],
    Discriminator(tag_by_type()),
]


def _content_tag(value: Any) -> str | None:
    if isinstance(value, str):
        return "#string"
    return "#parts" if isinstance(value, list) else None


ContentBody = Annotated[
    Annotated[Annotated[str, Field(min_length=1, max_length=256000)], Tag("#string")]
    | Annotated[Annotated[list[PartBody], Field(min_length=1)], Tag("#parts")],
    Discriminator(_content_tag),
]


# --- attachments --------------------------------------------------------------------------------------------------


class AttachmentTool(RequestBody):
    type: Literal["code_interpreter", "file_search"]


def _tools_by_name(value: Any) -> Any:
    """`add_to: ["file_search"]`, the spelling of April 2024, as `tools`."""
    if isinstance(value, list):
        return [{"type": item} if isinstance(item, str) else item for item in value]
    return value


class AttachmentBody(RequestBody):
    file_id: str
    tools: Annotated[
        list[AttachmentTool] | None,
        BeforeValidator(_tools_by_name),
        Field(validation_alias=AliasChoices("tools", "add_to")),
    ] = None


class AttachmentToolEcho(WireObject):
    type: str


class Attachment(WireObject):
    file_id: str
    tools: list[AttachmentToolEcho] = []


# --- messages -----------------------------------------------------------------------------------------------------


class IncompleteMessage(WireObject):
    reason: Literal["content_filter", "max_tokens", "run_cancelled", "run_expired", "run_failed"]


class Message(StoredObject):
    """Contract §2.3, the superset of the REST and the streamed shape."""

    id_prefix: ClassVar[str] = "msg_"
    kind: ClassVar[str] = "message"

    id: str
    object: Literal["thread.message"] = "thread.message"
    created_at: int
    assistant_id: str | None = None
    thread_id: str
    run_id: str | None = None
    status: Literal["in_progress", "incomplete", "completed"] = "completed"
    incomplete_details: IncompleteMessage | None = None
    incomplete_at: int | None = None
    completed_at: int | None = None
    role: Literal["user", "assistant"]
    content: list[ContentPart] = []
    attachments: list[Attachment] = []
    metadata: dict[str, str] = {}


class CreateMessage(RequestBody):
    """`POST /threads/{id}/messages`, also inside thread and run bodies."""

    # How many files for the code interpreter its thread may have with those it brings; None for any number.
    max_code_files: ClassVar[int | None] = MAX_CODE_FILES

    role: Literal["user", "assistant"]
    content: ContentBody
    attachments: list[AttachmentBody] | None = None
    metadata: Metadata | None = None

    def parts(self) -> list[ContentPart]:
        """The content as it is stored."""
        if isinstance(self.content, str):
            return [TextPart(text=Text(value=self.content))]
        return [part.materialised() for part in self.content]


class ModifyMessage(RequestBody):
    """`POST /threads/{id}/messages/{id}`."""

    metadata: Metadata | None = None


class CreateThread(RequestBody):
    """`POST /threads`."""

    messages: list[CreateMessage] | None = None
    tool_resources: ToolResourcesCreationBody | None = None
    metadata: Metadata | None = None
