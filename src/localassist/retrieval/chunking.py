"""Cuts a text into chunks: at most so many tokens, overlapping, ending where a paragraph or a sentence does.

Offsets are exact by construction: a chunk is a slice of the text.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from localassist.protocols import Chunk, ChunkingStrategy, SourceText
from localassist.retrieval.tokens import token_starts

# Ends of a piece of text, the best first. Each matches up to where the next piece begins.
_ENDS = (
    re.compile(r"\n[^\S\n]*\n\s*"),
    re.compile(r"[.!?…][\"'”’)\]]*\s+|[。！？][」』”’）]*\s*"),
    re.compile(r"\n\s*"),
    re.compile(r"\s+"),
)


class Span(NamedTuple):
    """A stretch of a text in characters, `end` exclusive."""

    start: int
    end: int


def chunk_text(source: SourceText, strategy: ChunkingStrategy) -> list[Chunk]:
    """The chunks of a text in order; none for a text without a visible character."""
    size, overlap = strategy.max_chunk_size_tokens, strategy.chunk_overlap_tokens
    line_ends = [match.start() for match in re.finditer("\n", source.text)] if source.has_lines else []
    heading_starts = [offset for offset, _ in source.headings]
    chunks = []
    for start, end in cut(source.text, token_starts(source.text), size, overlap):
        heading = bisect_right(heading_starts, start)
        chunks.append(
            Chunk(
                start=start,
                end=end,
                text=source.text[start:end],
                page=_page(source, start),
                last_page=_page(source, end - 1),
                line=bisect_left(line_ends, start) + 1 if source.has_lines else None,
                last_line=bisect_left(line_ends, end - 1) + 1 if source.has_lines else None,
                heading=source.headings[heading - 1][1] if heading else None,
            )
        )
    return chunks


def _page(source: SourceText, offset: int) -> int | None:
    return bisect_right(source.page_starts, offset) if source.page_starts else None


def cut(text: str, token_starts: Sequence[int], size: int, overlap: int) -> Iterator[Span]:
    """Spans of at most `size` tokens that share about `overlap` (at most half of it) and cover all visible text.

    `token_starts` are offsets in order. A span gives up to a quarter of its size to end at a boundary of the text.
    """
    if not 0 <= overlap <= size // 2:
        raise ValueError(f"an overlap of {overlap} tokens is not within half of {size}")
    num_tokens = len(token_starts)
    begin = 0
    while begin < len(text):
        first = bisect_right(token_starts, begin) - 1  # a boundary may lie inside a token, behind its space
        if first + size >= num_tokens:
            yield from _visible(text, begin, len(text))
            return
        earliest = token_starts[first + size - size // 4]
        end = _last_boundary(text, earliest, token_starts[first + size])
        yield from _visible(text, begin, end)
        begin = _next_begin(text, token_starts, end, overlap)


def _next_begin(text: str, token_starts: Sequence[int], end: int, overlap: int) -> int:
    """`overlap` tokens before the end of the last span, or up to a quarter fewer to begin at a boundary."""
    following = bisect_left(token_starts, end)
    if overlap == 0:
        return end
    earliest = token_starts[following - overlap]
    latest = min(end, token_starts[following - overlap + overlap // 4])
    for ends in _ENDS:
        match = ends.search(text, earliest, latest)
        if match is not None:
            return match.end()
    return earliest


def _last_boundary(text: str, earliest: int, latest: int) -> int:
    """The last place between two offsets where the text may be cut, of the best kind there is."""
    for ends in _ENDS:
        last = None
        for last in ends.finditer(text, earliest, latest):  # noqa: B007
            pass
        if last is not None:
            return last.end()
    return latest


def _visible(text: str, start: int, end: int) -> Iterator[Span]:
    """The span without white space around it; nothing when there is nothing else."""
    piece = text[start:end]
    inner = piece.strip()
    if inner:
        left = len(piece) - len(piece.lstrip())
        yield Span(start + left, start + left + len(inner))
