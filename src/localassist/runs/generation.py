"""One generation: what the model writes, parsed as it comes, and what it cost."""

from collections.abc import Generator, Sequence

from localassist.errors import GenerationFailed
from localassist.protocols import (
    Cancellation,
    FinishReason,
    FunctionSpec,
    GenerationRequest,
    GenerationUsage,
    LoadedModel,
    ParsedPiece,
    ReasoningPiece,
    TextPiece,
    Token,
)


class Generation:
    """Runs once, through `pieces`; `usage` and `finish_reason` are there when it has ended."""

    def __init__(self, model: LoadedModel, tools: Sequence[FunctionSpec], request: GenerationRequest) -> None:
        self._backend = model.backend
        self._parser = model.dialect.parser(tools, prompt=request.prompt)
        self._request = request
        self._num_reasoned = 0
        self._num_tokens = 0
        self._written = ""
        self._has_text = False
        self.num_tokens_before_text = 0
        self.text_before_answer = ""  # as the model wrote it: reasoning, and what opens the answer
        self.usage = GenerationUsage(0, 0)
        self.finish_reason: FinishReason | None = None

    @property
    def num_reasoning_tokens(self) -> int:
        """The tokens of the reasoning, with those that open and close it."""
        return self._num_reasoned

    @property
    def is_reasoning(self) -> bool:
        """Whether the model had not come to its answer when it ended."""
        return self._parser.is_reasoning

    def pieces(self, cancellation: Cancellation) -> Generator[ParsedPiece, None, None]:
        """What was written, as it comes. Cancelled, it ends early, without an outcome."""
        stream = self._backend.generate(self._request)
        cancellation.subscribe(stream.close)
        try:
            for token in stream:
                if token.usage is not None:
                    self.usage, self.finish_reason = token.usage, token.finish_reason
                yield from self._parse(token)
        finally:
            stream.close()
        if self.finish_reason is None and not cancellation.is_set():
            raise GenerationFailed("The model's answer ended without an outcome.")
        yield from self._parser.finish()

    def _parse(self, token: Token) -> list[ParsedPiece]:
        was_reasoning = self._parser.is_reasoning
        pieces = self._parser.feed(token.text)
        is_token = token.finish_reason is None or self._num_tokens < self.usage.completion_tokens
        is_thought = all(isinstance(piece, ReasoningPiece) for piece in pieces)
        self._num_reasoned += is_token and is_thought and (was_reasoning or self._parser.is_reasoning)
        self._written += token.text
        first = next((piece.text for piece in pieces if isinstance(piece, TextPiece)), "")
        if first and not self._has_text:
            self._has_text = True
            self.num_tokens_before_text = self._num_tokens
            at = self._written.rfind(first)
            self.text_before_answer = self._written[: at if at >= 0 else len(self._written) - len(token.text)]
        self._num_tokens += is_token
        return pieces
