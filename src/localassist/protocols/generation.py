"""A loaded model that generates: what is asked of it and what comes back."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

# Around text in a prompt that must not be read as special tokens (user content that spells one, say).
GUARD_OPEN = "\ue0f0"
GUARD_CLOSE = "\ue0f1"

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a generation may consist of: an llguidance Lark grammar, JSON schemas in it as `%json` lines.

    A marker that may be one special token of the vocabulary is written `@@marker@@`; the backend puts a token
    reference or a plain literal in its place, whichever the model needs. `looser` is used where the grammar cannot be
    compiled; without it that is an error.
    """

    grammar: str
    looser: str | None = None


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
    """A piece of generated text. `text` may be "" (bytes of an unfinished character); the last one has the outcome.

    The first one has the usage of the prompt, for who does not read on.
    """

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

    @property
    def is_ready(self) -> bool:
        """False when the model was lost and has to be loaded again; `generate` and the others do, and wait for it."""

    def wake(self, on_progress: Callable[[float], None] | None = None) -> None:
        """Load the model again where it was lost. Raises ModelLoadFailed."""

    def generate(self, request: GenerationRequest) -> TokenStream:
        """Queue a generation. The stream's last token has `finish_reason` and `usage`; closing it cancels.

        Raises ContextLengthExceeded when the prompt leaves no room, GenerationFailed when the engine fails.
        """

    def check(self, constraint: Constraint) -> None:
        """Compile a constraint; raises InvalidRequest with the compiler's reason."""

    def count_tokens(self, prompt: str) -> int:
        """Tokens of a prompt, read the way `generate` reads it."""

    def close(self) -> None: ...
