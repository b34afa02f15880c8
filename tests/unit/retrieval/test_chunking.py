"""Chunks: exact slices that cover the text, of at most so many tokens, ending where paragraphs and sentences do."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localassist.protocols import ChunkingStrategy, SourceText
from localassist.retrieval.chunking import chunk_text, cut
from localassist.retrieval.tokens import count_tokens, token_starts

ALPHABET = st.sampled_from("ab cd\n\n.!?。 한국어漢字 1234 _-()\t")
SENTENCE = "The refund is paid within fourteen days after the goods came back. "


@settings(deadline=None, max_examples=200)
@given(st.text(ALPHABET, max_size=600), st.integers(4, 60), st.data())
def test_chunks_cover_all_visible_text_and_keep_to_their_size(text: str, size: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, size // 2))

    spans = list(cut(text, token_starts(text), size, overlap))

    covered = {place for start, end in spans for place in range(start, end)}
    assert all(place in covered or character.isspace() for place, character in enumerate(text))
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    assert all(count_tokens(text[start:end]) <= size + 1 for start, end in spans)
    assert spans == sorted(set(spans))


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=300))
def test_tokens_cover_any_text(text: str) -> None:
    starts = list(token_starts(text))

    assert starts == sorted(set(starts))
    assert not text or starts[0] == 0
    assert all(b - a <= 17 for a, b in pairwise([*starts, len(text)]))


def test_a_chunk_is_the_text_between_its_offsets() -> None:
    text = SENTENCE * 100
    chunks = chunk_text(SourceText(text), ChunkingStrategy(100, 40))

    assert len(chunks) > 5
    assert all(text[chunk.start : chunk.end] == chunk.text for chunk in chunks)


def test_neighbours_share_about_the_overlap() -> None:
    text = SENTENCE * 200
    chunks = chunk_text(SourceText(text), ChunkingStrategy(400, 200))

    shared = [count_tokens(text[b.start : a.end]) for a, b in pairwise(chunks)]
    assert all(140 <= tokens <= 201 for tokens in shared)


def test_without_overlap_nothing_is_shared() -> None:
    chunks = chunk_text(SourceText(SENTENCE * 100), ChunkingStrategy(100, 0))

    assert all(a.end <= b.start for a, b in pairwise(chunks))


def test_a_chunk_ends_at_a_paragraph_rather_than_at_a_sentence_near_it() -> None:
    text = SENTENCE * 6 + "\n\n" + SENTENCE * 30

    first = chunk_text(SourceText(text), ChunkingStrategy(100, 0))[0]

    assert first.text == (SENTENCE * 6).strip()


def test_a_text_without_any_boundary_is_cut_at_the_token() -> None:
    chunks = chunk_text(SourceText("漢" * 250), ChunkingStrategy(100, 0))

    assert [len(chunk.text) for chunk in chunks] == [100, 100, 50]


def test_pages_lines_and_headings_are_those_of_the_offsets() -> None:
    pages = ["First page. " * 30, "Second page. " * 30, "Third page. " * 30]
    starts = (0, len(pages[0]), len(pages[0]) + len(pages[1]))
    source = SourceText("".join(pages), page_starts=starts, headings=((0, "One"), (starts[1], "Two")))

    chunks = chunk_text(source, ChunkingStrategy(100, 0))

    assert (chunks[0].page, chunks[0].last_page, chunks[0].heading) == (1, 2, "One")
    assert (chunks[-1].page, chunks[-1].last_page, chunks[-1].heading) == (3, 3, "Two")
    assert all(chunk.line is None for chunk in chunks)


def test_lines_count_from_one_and_include_the_last() -> None:
    text = "\n".join(f"line number {number}" for number in range(1, 101))

    chunks = chunk_text(SourceText(text, has_lines=True), ChunkingStrategy(100, 0))

    for chunk in chunks:
        assert chunk.text.startswith(f"line number {chunk.line}\n")
        assert chunk.text.endswith(f"line number {chunk.last_line}")


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_an_invisible_text_has_no_chunks(text: str) -> None:
    assert chunk_text(SourceText(text), ChunkingStrategy()) == []


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("The committee decided to postpone the meeting until next Thursday afternoon.", 3.8, 6),
        ("위원회는 회의를 다음 주 목요일 오후로 연기하기로 결정했습니다.", 1.2, 2.4),
        ("委员会决定将会议推迟到下周四下午。", 0.9, 1.2),
        ("def add(first, second):\n    return first + second\n", 2, 4),
    ],
)
def test_a_token_is_worth_as_many_characters_as_in_models_vocabularies(text: str, least: float, most: float) -> None:
    assert least <= len(text) / count_tokens(text) <= most


def test_a_long_text_is_cut_in_one_pass() -> None:
    words = random.Random(1).choices(["alpha", "beta", "gamma.", "delta\n"], k=100_000)
    text = " ".join(words)

    chunks = chunk_text(SourceText(text), ChunkingStrategy())

    assert chunks[-1].end == len(text.rstrip())
