"""Embeds a text as windows: short enough for the model to read whole, staged block by block, so that work resumes."""

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from localassist.protocols import ChunkStore, Embedder, Progress, TextKey, WindowBlock
from localassist.retrieval.chunking import Span, cut

WINDOW_TOKENS = 220
WINDOW_OVERLAP_TOKENS = 20
_BATCH = 16  # windows given to the embedder at once: where progress is told and a cancellation is seen
_BLOCK = 64  # windows stored at once


_SAMPLES, _SAMPLE_CHARACTERS = 20, 500
_LEAST_READABLE = 0.2  # of the samples of a text, for embedding it to be worth the time


class EmbeddedText(NamedTuple):
    """Under which key a text's windows are staged, and how many there are. No key: it is searched by words only."""

    key: TextKey | None
    num_windows: int


def embed_text(
    text: str,
    embedder: Embedder,
    chunks: ChunkStore,
    *,
    max_tokens: int = WINDOW_TOKENS,
    on_progress: Progress | None = None,
    check: Callable[[], None] | None = None,
) -> EmbeddedText:
    """Stage all windows of a text, going on where an earlier call stopped.

    A text in a language the model does not know is left as it is: its vectors would say nothing.
    `max_tokens` is the size of the chunks: a window that spans several small ones could not tell which is meant.
    Before the first batch and after each, `on_progress` is told (windows done, windows in all), and `check` may raise
    to stop.
    """
    if not _is_worth_embedding(text, embedder):
        return EmbeddedText(None, 0)
    size = min(WINDOW_TOKENS, max_tokens, embedder.max_tokens)
    spans = plan_windows(text, embedder, size)
    key = TextKey(_digest(text, size), embedder.fingerprint)
    done = min(chunks.staged(key), len(spans))

    def at(num_done: int) -> None:
        if on_progress is not None:
            on_progress(num_done, len(spans))
        if check is not None:
            check()

    at(done)
    while done < len(spans):
        block = spans[done : done + _BLOCK]
        chunks.stage(key, _embedded(text, embedder, done, block, at))
        done += len(block)
    return EmbeddedText(key, len(spans))


def _is_worth_embedding(text: str, embedder: Embedder) -> bool:
    """Whether the model can read a fair part of the text, told by samples spread over it."""
    step = max(1, len(text) // _SAMPLES)
    samples = [text[at : at + _SAMPLE_CHARACTERS] for at in range(0, len(text), step)]
    return not samples or sum(map(embedder.can_read, samples)) >= _LEAST_READABLE * len(samples)


def plan_windows(text: str, embedder: Embedder, size: int) -> list[Span]:
    """The windows of a text, in order: at most `size` of the embedder's tokens each."""
    return list(cut(text, embedder.token_starts(text), size, min(WINDOW_OVERLAP_TOKENS, size // 4)))


def _digest(text: str, size: int) -> str:
    """Tells texts apart, and the same text cut otherwise."""
    return hashlib.sha256(f"{size} {text}".encode("utf-8", "surrogatepass")).hexdigest()


def _embedded(
    text: str, embedder: Embedder, first: int, spans: Sequence[Span], at: Callable[[int], None]
) -> WindowBlock:
    """The vectors of some windows of a text; `at` is told after each batch how many windows of the text are done."""
    vectors = []
    for done in range(0, len(spans), _BATCH):
        batch = spans[done : done + _BATCH]
        vectors.append(embedder.embed_passages([text[start:end] for start, end in batch]))
        at(first + done + len(batch))
    return WindowBlock(first, [span.start for span in spans], [span.end for span in spans], b"".join(vectors))
