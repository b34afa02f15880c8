"""How a model writes conversations, tools and calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from localassist.protocols.generation import Constraint


@dataclass(frozen=True, slots=True)
class ChatToolCall:
    """A call in the transcript. `arguments` is JSON text."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One entry of the transcript the dialect renders. `tool_call_id` and `name` belong to role "tool"."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ChatToolCall, ...] = ()
    tool_call_id: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """A function as offered to the model; `parameters` is a JSON schema, `strict` asks for it to be enforced.

    `enforced` is a narrower schema that calls are held to, where the model is not to read all of it.
    """

    name: str
    description: str | None = None
    parameters: Mapping[str, Any] | None = None
    strict: bool = False
    enforced: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """`mode` auto, none or required; `name` forces one function."""

    mode: Literal["auto", "none", "required"] = "auto"
    name: str | None = None
    parallel: bool = True


@dataclass(frozen=True, slots=True)
class AnswerFormat:
    """What the text of an answer must be: JSON that fits a schema. `strict` asks for every word of it to be enforced.

    With `may_refuse` the model may decline in words of its own instead, which no grammar has to admit.
    """

    schema: Mapping[str, Any]
    strict: bool = False
    may_refuse: bool = False


@dataclass(frozen=True, slots=True)
class TextPiece:
    """Text of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningPiece:
    """What the model thinks before it answers or calls: no part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A call begins; `index` counts the calls of this turn from 0."""

    index: int
    name: str


@dataclass(frozen=True, slots=True)
class CallArguments:
    """The next fragment of a call's arguments, as JSON text."""

    index: int
    fragment: str


ParsedPiece = TextPiece | ReasoningPiece | CallStarted | CallArguments


class DialectParser(Protocol):
    """Reads one turn's output as it comes. The fragments of a call always add up to valid JSON text."""

    @property
    def is_reasoning(self) -> bool:
        """Whether what comes next belongs to the reasoning."""

    def feed(self, text: str) -> list[ParsedPiece]: ...

    def finish(self) -> list[ParsedPiece]:
        """What was held back; an unfinished call is closed into valid JSON or given back as text."""


class Dialect(Protocol):
    """How one model writes conversations, tools and calls."""

    def at_effort(self, effort: str | None) -> "Dialect":
        """The same dialect, whose prompts ask for this much reasoning where the model's template offers that."""

    def render(self, messages: Sequence[ChatMessage], tools: Sequence[FunctionSpec]) -> str:
        """The prompt up to where the assistant begins to write. Raises ModelLoadFailed when the template fails."""

    def constraint(
        self,
        tools: Sequence[FunctionSpec],
        choice: ToolChoice,
        *,
        answer: AnswerFormat | None = None,
        markers: Sequence[str] | None = None,
        prompt: str = "",
    ) -> Constraint | None:
        """What the turn after `prompt` may consist of; None where nothing has to be enforced.

        `markers` are the citations that text may have, other text in such brackets stays free; None: anything goes.
        Reasoning comes first, if the model wants any, and is free. Raises InvalidRequest for what cannot be enforced.
        """

    def enforces(self, tool: FunctionSpec) -> bool:
        """Whether the grammar can hold a call's arguments to all that its schema says, as far as it compiles."""

    def parser(self, tools: Sequence[FunctionSpec], *, prompt: str = "") -> DialectParser:
        """A parser for the turn after `prompt`, whose end says whether the model is reasoning already."""
