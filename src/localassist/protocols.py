"""The seams: what the run loop and the services ask of the parts that touch the outside world.

Values go in and out; no type or exception of a library crosses. Adapters implement these and never import each other.
"""

import json
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Generic, Literal, Protocol, TypeVar

from localassist.objects.base import StoredObject
from localassist.objects.events import Event
from localassist.objects.models import Model
from localassist.objects.runs import Run

ObjectT = TypeVar("ObjectT", bound=StoredObject)
ItemT = TypeVar("ItemT")

# Around text in a prompt that must not be read as special tokens (user content that spells one, say).
GUARD_OPEN = "\ue0f0"
GUARD_CLOSE = "\ue0f1"

FinishReason = Literal["stop", "length"]


# --- models -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a generation may consist of: an llguidance Lark grammar, JSON schemas in it as `%json` lines.

    A marker that may be one special token of the vocabulary is written `@@marker@@`; the backend puts a token
    reference or a plain literal in its place, whichever the model needs.
    """

    grammar: str


class Cancellation:
    """Set once, from any thread. Whoever waits subscribes a callback, which runs at once when it is already set."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []
        self.reason: str | None = None

    def set(self, reason: str) -> None:
        """Cancel; only the first reason counts."""
        with self._lock:
            if self.reason is not None:
                return
            self.reason = reason
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def is_set(self) -> bool:
        return self.reason is not None

    def subscribe(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if self.reason is None:
                self._callbacks.append(callback)
                return
        callback()


def grammar_json(value: Any) -> str:
    """JSON text for a constraint's grammar, in which nothing the value says can be taken for a marker."""
    return json.dumps(value, ensure_ascii=False).replace("@@", "@\\u0040")


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One turn to generate. `prompt` may hold guarded spans (GUARD_OPEN … GUARD_CLOSE), read without special tokens."""

    prompt: str
    max_tokens: int | None = None  # None: the rest of the window
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    constraint: Constraint | None = None
    may_be_empty: bool = False  # False: the end of the text is forbidden until something visible was written
    cache_key: str | None = None  # same key, same conversation: a hint which cached prefix to prefer


@dataclass(frozen=True, slots=True)
class GenerationUsage:
    """Counts in tokens. `cached_tokens` is the part of the prompt that was not computed again."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of generated text. `text` may be "" (bytes of an unfinished character); the last one has the outcome."""

    text: str
    finish_reason: FinishReason | None = None
    usage: GenerationUsage | None = None


class TokenStream(Protocol):
    """The tokens of one generation, for one reader."""

    def __iter__(self) -> Iterator[Token]: ...

    def __next__(self) -> Token: ...

    def close(self) -> None:
        """Cancel, from any thread, also while the reader waits: the stream then ends without an outcome."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a loaded model says about itself. `chat_template` is None where the file carries none."""

    name: str
    context_window: int
    chat_template: str | None
    bos_token: str
    eos_token: str
    special_tokens: frozenset[str]
    architecture: str = ""
    size_bytes: int = 0
    num_parameters: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)


class ModelBackend(Protocol):
    """One loaded model that generates. Methods may be called from any thread."""

    @property
    def facts(self) -> ModelFacts: ...

    def generate(self, request: GenerationRequest) -> TokenStream:
        """Queue a generation. The stream's last token has `finish_reason` and `usage`; closing it cancels.

        Raises ContextLengthExceeded when the prompt leaves no room, GenerationFailed when the engine fails.
        """

    def check(self, constraint: Constraint) -> None:
        """Compile a constraint; raises InvalidRequest with the compiler's reason."""

    def count_tokens(self, prompt: str) -> int:
        """Tokens of a prompt, read the way `generate` reads it."""

    def close(self) -> None: ...


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
    """A function as offered to the model; `parameters` is a JSON schema, `strict` asks for it to be enforced."""

    name: str
    description: str | None = None
    parameters: Mapping[str, Any] | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """`mode` auto, none or required; `name` forces one function."""

    mode: Literal["auto", "none", "required"] = "auto"
    name: str | None = None
    parallel: bool = True


@dataclass(frozen=True, slots=True)
class TextPiece:
    """Text of the answer."""

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


ParsedPiece = TextPiece | CallStarted | CallArguments


class DialectParser(Protocol):
    """Reads one turn's output as it comes. The fragments of a call always add up to valid JSON text."""

    def feed(self, text: str) -> list[ParsedPiece]: ...

    def finish(self) -> list[ParsedPiece]:
        """What was held back; an unfinished call is closed into valid JSON or given back as text."""


class Dialect(Protocol):
    """How one model writes conversations, tools and calls."""

    def render(self, messages: Sequence[ChatMessage], tools: Sequence[FunctionSpec]) -> str:
        """The prompt up to where the assistant begins to write. Raises ModelLoadFailed when the template fails."""

    def constraint(self, tools: Sequence[FunctionSpec], choice: ToolChoice) -> Constraint | None: ...

    def parser(self, tools: Sequence[FunctionSpec]) -> DialectParser: ...


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model ready for use."""

    backend: ModelBackend
    dialect: Dialect


class ModelLibrary(Protocol):
    """Names to models: what exists, what a requested name stands for, and loading on demand."""

    def resolve(self, requested: str, *, param: str = "model") -> str:
        """The name of the model that serves `requested`. Raises InvalidRequest (`model_not_found`)."""

    def use(
        self, name: str, *, on_progress: Callable[[float], None] | None = None
    ) -> AbstractContextManager[LoadedModel]:
        """The model, loaded if it is not; it stays loaded while the context is open. Raises ModelLoadFailed.

        `on_progress` is called while it loads, with how much is there, from 0 to 1.
        """

    def models(self) -> Sequence[Model]: ...

    def close(self) -> None: ...


class EmbeddingModel(Protocol):
    """A loaded model that embeds."""

    def embed(self, texts: Sequence[str]) -> tuple[list[list[float]], int]:
        """One normalised vector per text, and how many tokens were read. Raises InvalidRequest for a text too long."""

    def close(self) -> None: ...


# --- storage ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """A cursor page: `after` and `before` are object ids."""

    limit: int = 20
    order: Literal["asc", "desc"] = "desc"
    after: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Slice(Generic[ItemT]):
    """One page of objects in the requested order."""

    items: list[ItemT]
    has_more: bool


class Store(Protocol):
    """The store of record. Every write is durable when the call (or the outermost transaction) returns."""

    def transaction(self) -> AbstractContextManager[None]:
        """All reads and writes of this thread inside succeed or fail together. May be nested."""

    def insert(self, item: StoredObject) -> None: ...

    def find(self, kind: type[ObjectT], object_id: str) -> ObjectT | None: ...

    def get(self, kind: type[ObjectT], object_id: str) -> ObjectT:
        """Raises NotFound with the contract's words."""

    def update(self, item: StoredObject, *, only_if_status: Collection[str] | None = None) -> bool:
        """Replace the stored object; False (and nothing written) when its stored status is not among those given.

        Raises NotFound when the object is gone.
        """

    def delete(self, kind: type[StoredObject], object_id: str) -> bool: ...

    def delete_where(self, kind: type[StoredObject], **equals: str) -> int: ...

    def page(self, kind: type[ObjectT], page: Page, **equals: str | Collection[str]) -> Slice[ObjectT]:
        """Objects in order of creation. Filters name indexed columns (thread_id, run_id, status, purpose, …).

        Raises InvalidRequest when a cursor names nothing.
        """

    def all(self, kind: type[ObjectT], **equals: str | Collection[str]) -> list[ObjectT]:
        """Every match, oldest first."""

    def mentioning(self, kind: type[ObjectT], object_id: str) -> list[ObjectT]:
        """Objects whose stored JSON mentions an id, oldest first."""

    def due(self, kind: type[ObjectT], *, at: int) -> list[ObjectT]:
        """Objects whose `expires_at` is not after `at`, oldest first."""

    def claim_run(self, claim: Callable[[Run], Run]) -> Run | None:
        """Take the oldest queued run, replace it by `claim(run)`, return the new one; None when nothing is queued."""

    def close(self) -> None: ...


class BlobStore(Protocol):
    """Bytes of files, by key. Writes are durable and atomic."""

    def write(self, key: str, source: BinaryIO, *, max_bytes: int | None = None) -> int:
        """Copy to the end and return the size in bytes. Raises InvalidRequest over `max_bytes`."""

    def open(self, key: str) -> BinaryIO:
        """Raises StoreFailed naming the key when the bytes are gone."""

    def size(self, key: str) -> int: ...

    def delete(self, key: str) -> None: ...


# --- events -------------------------------------------------------------------------------------------------------


class Subscription(Protocol):
    """A reader's place in a run's event log."""

    def take(self) -> tuple[list[Event], bool]:
        """Events not yet taken, without waiting, and whether the log has ended."""

    def close(self) -> None: ...


class EventBus(Protocol):
    """Keeps each run's events in order; a reader replays, then follows. Publishing never waits for a reader."""

    def publish(self, run_id: str, event: Event) -> None: ...

    def position(self, run_id: str) -> int:
        """How many events the run has so far."""

    def subscribe(self, run_id: str, *, after: int, wake: Callable[[], None]) -> Subscription:
        """`wake` is called, from any thread, whenever there is something new to take."""

    def follow(self, run_id: str, *, after: int = 0) -> Iterator[Event]:
        """Replay from `after`, then wait for more until the log ends."""

    def end(self, run_id: str) -> None:
        """The run will publish nothing more."""

    def close(self) -> None: ...
