"""Makes passages of ranked chunks: neighbours that overlap are joined, nothing is shown twice, budgets are kept."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from localassist.protocols import Chunk, FoundChunk, StoredChunk, StoredFile
from localassist.retrieval import tokens

# A passage may grow by what its neighbours add until it is this many times as long as the chunk that joins it.
MAX_GROWTH = 1.5


class ScoredChunk(NamedTuple):
    """A chunk and its score."""

    stored: StoredChunk
    score: float


def build_passages(chunks: Iterable[ScoredChunk]) -> list[FoundChunk]:
    """Passages in the order of their best chunks (which come in best first). No two share a character of a file."""
    passages: list[FoundChunk] = []
    places_by_file: dict[str, list[int]] = {}
    for stored, score in chunks:
        places = places_by_file.setdefault(stored.file.file_id, [])
        taken = sorted((passages[place].start, passages[place].end) for place in places)
        for start, end in _not_taken(stored.chunk, taken):
            part = _passage(stored, start, end, score)
            touching = next((place for place in places if _may_join(passages[place], part, stored.chunk)), None)
            if touching is not None:
                passages[touching] = _join(passages[touching], part, stored.file)
            elif part.text.strip():
                places.append(len(passages))
                passages.append(part)
    return passages


def within_budget(passages: Sequence[FoundChunk], max_tokens: int | None) -> Iterator[FoundChunk]:
    """The passages that fit, the first one shortened if it alone does not."""
    if max_tokens is None:
        yield from passages
        return
    left = max_tokens
    for place, passage in enumerate(passages):
        starts = tokens.token_starts(passage.text)
        if len(starts) <= left:
            left -= len(starts)
            yield passage
        elif place == 0 and left > 0:
            text = passage.text[: starts[left]].rstrip()
            yield replace(passage, text=text, end=passage.start + len(text))
            return


def _not_taken(chunk: Chunk, taken: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The stretches of a chunk that lie in none of the others, which are in order."""
    start = chunk.start
    for taken_start, taken_end in taken:
        if taken_end > start and taken_start < chunk.end:
            if taken_start > start:
                yield start, taken_start
            start = taken_end
    if start < chunk.end:
        yield start, chunk.end


def _passage(stored: StoredChunk, start: int, end: int, score: float) -> FoundChunk:
    chunk, file = stored.chunk, stored.file
    text = chunk.text[start - chunk.start : end - chunk.start]
    line = None if chunk.line is None else chunk.line + chunk.text.count("\n", 0, start - chunk.start)
    return FoundChunk(
        vector_store_id=file.store_id,
        file_id=file.file_id,
        file_name=file.file_name,
        start=start,
        end=end,
        text=text,
        score=score,
        page=_page(file, start),
        last_page=_page(file, end - 1),
        heading=chunk.heading,
        line=line,
        last_line=None if line is None else line + text.count("\n"),
        attributes=file.attributes,
    )


def _page(file: StoredFile, offset: int) -> int | None:
    return bisect_right(file.page_starts, offset) if file.page_starts else None


def _may_join(passage: FoundChunk, part: FoundChunk, chunk: Chunk) -> bool:
    if part.start != passage.end and part.end != passage.start:
        return False
    return len(passage.text) + len(part.text) <= MAX_GROWTH * len(chunk.text)


def _join(passage: FoundChunk, part: FoundChunk, file: StoredFile) -> FoundChunk:
    """Both as one, with the passage's score."""
    first, second = (passage, part) if passage.start < part.start else (part, passage)
    return replace(
        first,
        text=first.text + second.text,
        end=second.end,
        last_page=_page(file, second.end - 1),
        last_line=second.last_line,
        score=passage.score,
    )
