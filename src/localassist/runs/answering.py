"""What a model writes in one turn, when the form of its answer is enforced but it may refuse.

A grammar that admits only the form makes a model that would decline invent something; one that admits any text makes
the form worth nothing. So the model is heard first without the form. If it begins to refuse, that is its answer; if it
begins any other text, the few tokens of it are dropped and it goes on from there, held to the form.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from localassist.protocols import (
    Cancellation,
    Constraint,
    FinishReason,
    FunctionSpec,
    GenerationRequest,
    GenerationUsage,
    LoadedModel,
    ParsedPiece,
    ReasoningPiece,
    TextPiece,
)
from localassist.runs.generation import Generation

# How models begin to decline.
_OPENINGS = (
    "I'm sorry",
    "I am sorry",
    "Sorry",
    "I apologize",
    "I can't",
    "I cannot",
    "I'm unable",
    "I am unable",
    "I'm not able",
    "I am not able",
    "I won't",
    "I must decline",
    "I have to decline",
    "Es tut mir leid",
    "Ich kann nicht",
    "Ich kann dabei nicht",
    "Je suis désolé",
    "Désolé",
    "Je ne peux pas",
    "Lo siento",
    "No puedo",
    "Mi dispiace",
    "Non posso",
    "Desculpe",
    "Não posso",
    "抱歉",
    "很抱歉",
    "对不起",
    "我不能",
    "我无法",
    "申し訳",
    "죄송",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a turn is to be: `constrain` gives the grammar of the turn, in its form, for a prompt.

    `freely` is the grammar before the form, None where the form is enforced at once or there is none.
    """

    request: GenerationRequest
    constrain: Callable[[str], Constraint | None]
    may_refuse: bool = False
    freely: Constraint | None = None


class Answering:
    """Runs once, through `pieces`; then the outcome is known."""

    def __init__(self, model: LoadedModel, tools: Sequence[FunctionSpec], wanted: Wanted) -> None:
        self._model = model
        self._tools = tools
        self._wanted = wanted
        self._heard: Generation | None = None  # without the form, and dropped from its text on
        self._generation = Generation(model, tools, wanted.request)
        self.is_refusal = False

    @property
    def finish_reason(self) -> FinishReason | None:
        """None when it was cancelled."""
        return self._generation.finish_reason

    @property
    def is_reasoning(self) -> bool:
        """Whether the model had not come to its answer when it ended."""
        return self._generation.is_reasoning

    @property
    def usage(self) -> GenerationUsage:
        """What was read and written, but for the text that was dropped."""
        usage = self._generation.usage
        if self._heard is None:
            return usage
        before = self._heard.usage
        return replace(before, completion_tokens=self._heard.num_tokens_before_text + usage.completion_tokens)

    @property
    def num_reasoning_tokens(self) -> int:
        heard = self._heard.num_reasoning_tokens if self._heard is not None else 0
        return heard + self._generation.num_reasoning_tokens

    def pieces(self, cancellation: Cancellation) -> Iterator[ParsedPiece]:
        """What was written, as it comes."""
        if not self._wanted.may_refuse:
            yield from self._generation.pieces(cancellation)
            return
        free = Generation(self._model, self._tools, replace(self._wanted.request, constraint=self._wanted.freely))
        self._generation = free
        pieces = free.pieces(cancellation)
        text = yield from self._until_text(pieces)
        if self.is_refusal:
            yield TextPiece(text)
        elif text and not cancellation.is_set():
            pieces.close()
            self._heard, self._generation = free, self._in_form(free)
            pieces = self._generation.pieces(cancellation)
        yield from pieces

    def _until_text(self, pieces: Iterator[ParsedPiece]) -> Generator[ParsedPiece, None, str]:
        """Pass on reasoning and calls; returns the text that comes first, read until it is clear what it is."""
        text = ""
        for piece in pieces:
            if not isinstance(piece, TextPiece):
                yield piece
                if not isinstance(piece, ReasoningPiece):
                    return ""
                continue
            text += piece.text
            verdict = _is_refusal(text)
            if verdict is not None:
                self.is_refusal = verdict
                return text
        return text

    def _in_form(self, heard: Generation) -> Generation:
        """The rest of the turn behind what was heard before the text began."""
        request = self._wanted.request
        prompt = request.prompt + heard.text_before_answer
        left = None if request.max_tokens is None else max(request.max_tokens - heard.num_tokens_before_text, 1)
        constraint = self._wanted.constrain(prompt)
        return Generation(
            self._model, self._tools, replace(request, prompt=prompt, max_tokens=left, constraint=constraint)
        )


def _is_refusal(text: str) -> bool | None:
    """Whether a text declines; None while it is too short to say."""
    begun = text.lstrip().replace("’", "'")
    if begun.startswith(_OPENINGS):
        return True
    return None if any(opening.startswith(begun) for opening in _OPENINGS) else False
