"""Short words for what the tests do again and again."""

from collections.abc import Iterable

from localassist.protocols import GenerationRequest, GenerationUsage, ModelBackend, Token

TURN = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"


def turn(text: str) -> str:
    """A prompt of one question."""
    return TURN.format(text)


def greedy(prompt: str, max_tokens: int | None = 20, **options: object) -> GenerationRequest:
    return GenerationRequest(prompt, max_tokens=max_tokens, temperature=0, **options)  # type: ignore[arg-type]


def text_of(tokens: Iterable[Token]) -> str:
    return "".join(token.text for token in tokens)


def answer(backend: ModelBackend, prompt: str, **options: object) -> str:
    return text_of(backend.generate(greedy(prompt, **options)))  # type: ignore[arg-type]


def outcome(backend: ModelBackend, request: GenerationRequest) -> tuple[str, str | None, GenerationUsage]:
    """The text, the finish reason and the usage of a generation."""
    tokens = list(backend.generate(request))
    assert all(token.finish_reason is None for token in tokens[:-1])
    assert tokens[-1].usage is not None
    return text_of(tokens), tokens[-1].finish_reason, tokens[-1].usage
