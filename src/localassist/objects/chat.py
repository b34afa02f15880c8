"""Bodies of the chat-completions and embeddings endpoints, which serve the same models as runs do."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from localassist.objects.assistants import ModelName, ReasoningEffort, Temperature, TopP
from localassist.objects.base import Metadata, RequestBody
from localassist.objects.tags import tag_by_type
from localassist.objects.threads import ImageUrlPartBody
from localassist.objects.tools import (
    FunctionToolBody,
    JsonObjectFormat,
    JsonSchemaResponse,
    TextFormat,
    ToolChoiceBody,
)


class ChatTextPart(RequestBody):
    type: Literal["text"]
    text: str


ChatPart = Annotated[
    Annotated[ChatTextPart, Tag("#text")] | Annotated[ImageUrlPartBody, Tag("#image_url")],
    Discriminator(tag_by_type()),
]


def _content_tag(value: Any) -> str | None:
    if isinstance(value, str):
        return "#string"
    return "#parts" if isinstance(value, list) else None


ChatContent = Annotated[
    Annotated[str, Tag("#string")] | Annotated[list[ChatPart], Tag("#parts")], Discriminator(_content_tag)
]


class ChatCallFunction(RequestBody):
    name: str
    arguments: str


class ChatCall(RequestBody):
    id: str
    type: Literal["function"]
    function: ChatCallFunction


class ChatCompletionMessage(RequestBody):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: ChatContent | None = None
    name: str | None = None
    tool_calls: list[ChatCall] | None = None
    tool_call_id: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None  # what a model thought before is not shown to it again


class StreamOptions(RequestBody):
    include_usage: bool | None = None


ChatResponseFormat = Annotated[
    Annotated[TextFormat, Tag("#text")]
    | Annotated[JsonObjectFormat, Tag("#json_object")]
    | Annotated[JsonSchemaResponse, Tag("#json_schema")],
    Discriminator(tag_by_type()),
]


class ChatCompletionBody(RequestBody):
    """`POST /chat/completions`: what the run loop honours; any other parameter is refused."""

    model: ModelName
    messages: Annotated[list[ChatCompletionMessage], Field(min_length=1)]
    tools: Annotated[list[FunctionToolBody], Field(max_length=128)] | None = None
    tool_choice: ToolChoiceBody | None = None
    parallel_tool_calls: bool | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    stop: Any = None
    seed: int | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = None
    response_format: ChatResponseFormat | None = None
    reasoning_effort: ReasoningEffort | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    user: str | None = None
    metadata: Metadata | None = None


class EmbeddingBody(RequestBody):
    """`POST /embeddings`."""

    model: ModelName
    input: Any
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Field(ge=1)] | None = None
    user: str | None = None
