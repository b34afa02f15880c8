"""One generation: what the model writes, parsed as it comes, and what it cost."""

from collections.abc import Iterator, Sequence

from localassist.errors import GenerationFailed
from localassist.protocols import (
    Cancellation,
    FinishReason,
    FunctionSpec,
    GenerationRequest,
    GenerationUsage,
    LoadedModel,
    ParsedPiece,
)


class Generation:
    """Runs once, through `pieces`; `usage` and `finish_reason` are there when it has ended."""

    def __init__(self, model: LoadedModel, tools: Sequence[FunctionSpec], request: GenerationRequest) -> None:
        self._backend = model.backend
        self._parser = model.dialect.parser(tools, prompt=request.prompt)
        self._request = request
        self._num_reasoned = 0
        self.usage = GenerationUsage(0, 0)
        self.finish_reason: FinishReason | None = None

    @property
    def num_reasoning_tokens(self) -> int:
        """The tokens of the reasoning, with those that open and close it."""
        return min(self._num_reasoned, self.usage.completion_tokens)

    @property
    def is_reasoning(self) -> bool:
        """Whether the model had not come to its answer when it ended."""
        return self._parser.is_reasoning

    def pieces(self, cancellation: Cancellation) -> Iterator[ParsedPiece]:
        """What was written, as it comes. Cancelled, it ends early, without an outcome."""
        stream = self._backend.generate(self._request)
        cancellation.subscribe(stream.close)
        try:
            for token in stream:
                was_reasoning = self._parser.is_reasoning
                yield from self._parser.feed(token.text)
                self._num_reasoned += was_reasoning or self._parser.is_reasoning
                if token.usage is not None:
                    self.usage, self.finish_reason = token.usage, token.finish_reason
        finally:
            stream.close()
        if self.finish_reason is None and not cancellation.is_set():
            raise GenerationFailed("The model's answer ended without an outcome.")
        yield from self._parser.finish()
