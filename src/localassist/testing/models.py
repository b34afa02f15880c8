"""A model that says what a script says. No llama.cpp."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

from localassist.errors import InvalidRequest, LocalAssistError
from localassist.objects.models import Model
from localassist.protocols import (
    AnswerFormat,
    CallArguments,
    CallStarted,
    Cancellation,
    ChatMessage,
    Constraint,
    FinishReason,
    FunctionSpec,
    GenerationRequest,
    GenerationUsage,
    LoadedModel,
    ModelFacts,
    ParsedPiece,
    ReasoningPiece,
    TextPiece,
    Token,
    ToolChoice,
)

SCRIPTED_MODEL = "scripted"


class Hold:
    """A place in a script where the model waits, so that a test can act in the middle of a turn."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.released = threading.Event()


class Turn:
    """What the model does in one turn: pieces, holds, and how it ends. An error is raised when its place is reached."""

    def __init__(self, *pieces: ParsedPiece | Hold | LocalAssistError, finish_reason: FinishReason = "stop") -> None:
        self.pieces = pieces
        self.finish_reason = finish_reason


def say(text: str) -> Turn:
    """A turn that answers, word by word."""
    words = text.split(" ")
    return Turn(*(TextPiece(word if i == 0 else f" {word}") for i, word in enumerate(words)))


def call(name: str, *, before: str = "", **arguments: object) -> Turn:
    """A turn that calls one function, after some text if given."""
    return Turn(*([TextPiece(before)] if before else []), *_call_pieces(0, name, arguments))


def call_all(*calls: tuple[str, dict[str, object]]) -> Turn:
    """A turn that calls several functions at once."""
    return Turn(*(piece for i, (name, arguments) in enumerate(calls) for piece in _call_pieces(i, name, arguments)))


def _call_pieces(index: int, name: str, arguments: dict[str, object]) -> list[ParsedPiece]:
    text = json.dumps(arguments)
    half = len(text) // 2
    return [CallStarted(index, name), CallArguments(index, text[:half]), CallArguments(index, text[half:])]


class ScriptedModel:
    """Backend, dialect and library in one. Each generation takes the next turn of the script.

    `requests`, `transcripts` and `efforts` keep what it was asked, for assertions.
    """

    def __init__(self, *turns: Turn, context_window: int = 100_000) -> None:
        self._turns = list(turns)
        self._current: dict[str, ParsedPiece] = {}
        self._num_tokens = 0
        self._lock = threading.Lock()
        self.requests: list[GenerationRequest] = []
        self.transcripts: list[list[ChatMessage]] = []
        self.markers: list[tuple[str, ...] | None] = []
        self.efforts: list[str | None] = []
        self.facts = ModelFacts(
            name=SCRIPTED_MODEL,
            context_window=context_window,
            chat_template=None,
            bos_token="",
            eos_token="",
            special_tokens=frozenset(),
        )

    # --- ModelBackend ------------------------------------------------------------------------------------------------

    def generate(self, request: GenerationRequest) -> "ScriptedStream":
        with self._lock:
            self.requests.append(request)
            turn = self._turns.pop(0) if self._turns else say("(the script has ended)")
        return ScriptedStream(self._tokens(turn, request), turn)

    def _tokens(self, turn: Turn, request: GenerationRequest) -> Iterator[Token]:
        prompt_tokens = self.count_tokens(request.prompt)
        num_tokens = 0
        for piece in turn.pieces:
            if isinstance(piece, Hold):
                piece.reached.set()
                piece.released.wait()
                continue
            if isinstance(piece, LocalAssistError):
                raise piece
            if request.max_tokens is not None and num_tokens >= request.max_tokens:
                yield self._last("length", prompt_tokens, num_tokens)
                return
            num_tokens += 1
            usage = GenerationUsage(prompt_tokens, num_tokens) if num_tokens == 1 else None
            yield Token(self._encode(piece), usage=usage)
        yield self._last(turn.finish_reason, prompt_tokens, num_tokens)

    def _last(self, reason: FinishReason, prompt_tokens: int, num_tokens: int) -> Token:
        return Token("", reason, GenerationUsage(prompt_tokens, num_tokens))

    def _encode(self, piece: ParsedPiece) -> str:
        """Pieces travel through the token's text as keys, which the parser looks up."""
        with self._lock:
            self._num_tokens += 1
            key = str(self._num_tokens)
            self._current[key] = piece
        return key

    def check(self, constraint: Constraint) -> None:
        """Every constraint compiles."""

    def count_tokens(self, prompt: str) -> int:
        return len(prompt.split())

    @property
    def is_ready(self) -> bool:
        return True

    def wake(self, on_progress: Callable[[float], None] | None = None) -> None:
        """It is never lost."""

    def close(self) -> None:
        """Nothing to release."""

    # --- Dialect -----------------------------------------------------------------------------------------------------

    def render(self, messages: Sequence[ChatMessage], tools: Sequence[FunctionSpec]) -> str:
        with self._lock:
            self.transcripts.append(list(messages))
        shown = [f"{m.role} {m.content} {' '.join(c.arguments for c in m.tool_calls)}" for m in messages]
        return "\n".join([*(tool.name for tool in tools), *shown])

    def at_effort(self, effort: str | None) -> "ScriptedModel":
        with self._lock:
            self.efforts.append(effort)
        return self

    def constraint(
        self,
        tools: Sequence[FunctionSpec],
        choice: ToolChoice,
        *,
        answer: AnswerFormat | None = None,
        markers: Sequence[str] | None = None,
        prompt: str = "",
    ) -> Constraint | None:
        with self._lock:
            self.markers.append(None if markers is None else tuple(markers))
        return Constraint(f"{choice.mode} {choice.name or ''}".strip()) if tools or answer else None

    def enforces(self, tool: FunctionSpec) -> bool:
        return True

    def parser(self, tools: Sequence[FunctionSpec], *, prompt: str = "") -> "ScriptedParser":
        return ScriptedParser(self._decode)

    def _decode(self, key: str) -> ParsedPiece:
        with self._lock:
            return self._current.pop(key)

    # --- ModelLibrary ------------------------------------------------------------------------------------------------

    def resolve(self, requested: str, *, param: str = "model") -> str:
        if requested != SCRIPTED_MODEL:
            raise InvalidRequest(
                f"The requested model '{requested}' does not exist.", param=param, code="model_not_found"
            )
        return requested

    def use(
        self,
        name: str,
        *,
        on_progress: Callable[[float], None] | None = None,
        cancellation: Cancellation | None = None,
    ) -> AbstractContextManager[LoadedModel]:
        return nullcontext(LoadedModel(self, self))

    def dialect(self, name: str) -> "ScriptedModel":
        return self

    def models(self) -> Sequence[Model]:
        return [Model(id=SCRIPTED_MODEL, created=0)]


class ScriptedParser:
    """Gives back the pieces that stand behind a turn's tokens."""

    def __init__(self, decode: Callable[[str], ParsedPiece]) -> None:
        self._decode = decode
        self.is_reasoning = False

    def feed(self, text: str) -> list[ParsedPiece]:
        if not text:
            return []
        piece = self._decode(text)
        self.is_reasoning = isinstance(piece, ReasoningPiece)
        return [piece]

    def finish(self) -> list[ParsedPiece]:
        return []


class ScriptedStream:
    """The stream of one scripted turn; closing it lets go of its holds."""

    def __init__(self, tokens: Iterator[Token], turn: Turn) -> None:
        self._tokens = tokens
        self._turn = turn
        self._is_closed = False

    def __iter__(self) -> Iterator[Token]:
        return self

    def __next__(self) -> Token:
        token = None if self._is_closed else next(self._tokens)
        if token is None or self._is_closed:
            raise StopIteration
        return token

    def close(self) -> None:
        self._is_closed = True
        for piece in self._turn.pieces:
            if isinstance(piece, Hold):
                piece.released.set()
