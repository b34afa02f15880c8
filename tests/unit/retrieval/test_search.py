"""Hybrid search over a real database: both legs, filters, passages, budgets, thresholds, and what must not surface."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from localassist.errors import InvalidRequest
from localassist.protocols import ChunkingStrategy, ChunkStore, FoundChunk, SearchOptions, SourceText
from localassist.retrieval.chunking import chunk_text
from localassist.retrieval.retriever import HybridRetriever
from localassist.retrieval.tokens import count_tokens
from localassist.store.sql import SqliteStore
from tests.unit.retrieval.doubles import WordEmbedder, put_text

OPTIONS = SearchOptions(max_results=5)
LONG = "\n\n".join(f"Section {n} tells about subject{n} and nothing else but subject{n} at length." for n in range(60))


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    opened = SqliteStore(None)
    yield opened
    opened.close()


@pytest.fixture
def chunks(store: SqliteStore) -> ChunkStore:
    return store.chunk_store()


@pytest.fixture
def embedder() -> WordEmbedder:
    return WordEmbedder()


@pytest.fixture
def retriever(chunks: ChunkStore, embedder: WordEmbedder) -> Iterator[HybridRetriever]:
    opened = HybridRetriever(chunks, embedder)
    yield opened
    opened.close()


def texts(passages: Sequence[FoundChunk]) -> list[str]:
    return [passage.text for passage in passages]


def files(passages: Sequence[FoundChunk]) -> list[str]:
    return [passage.file_id for passage in passages]


def test_a_passage_says_where_it_stands(chunks: ChunkStore, embedder: WordEmbedder, retriever: HybridRetriever) -> None:
    put_text(chunks, LONG, "file-a", embedder=embedder, attributes={"year": 2024})

    best = retriever.search(["vs_1"], ["subject42"], OPTIONS)[0]

    assert "subject42" in best.text
    assert best.text == LONG[best.start : best.end]
    assert (best.vector_store_id, best.file_id, best.file_name) == ("vs_1", "file-a", "file-a.txt")
    assert best.attributes == {"year": 2024}
    assert 0.7 < best.score <= 1.0


def test_no_two_passages_share_a_character(
    chunks: ChunkStore, embedder: WordEmbedder, retriever: HybridRetriever
) -> None:
    put_text(chunks, LONG, "file-a", embedder=embedder)

    passages = retriever.search(["vs_1"], ["subject10 subject11 subject12 section"], replace(OPTIONS, max_results=50))

    taken = sorted((passage.start, passage.end) for passage in passages)
    assert len(taken) > 3
    assert all(a[1] <= b[0] for a, b in pairwise(taken))
    assert all(passage.text == LONG[passage.start : passage.end] for passage in passages)


def test_a_file_in_two_stores_is_found_once(
    chunks: ChunkStore, embedder: WordEmbedder, retriever: HybridRetriever
) -> None:
    for store_id in ("vs_1", "vs_2"):
        put_text(chunks, "Refunds take fourteen days.", "file-a", store_id=store_id, embedder=embedder)

    assert texts(retriever.search(["vs_1", "vs_2"], ["refunds"], OPTIONS)) == ["Refunds take fourteen days."]


def test_both_stores_are_searched(chunks: ChunkStore, embedder: WordEmbedder, retriever: HybridRetriever) -> None:
    put_text(chunks, "Refunds take fourteen days.", "file-a", store_id="vs_1", embedder=embedder)
    put_text(chunks, "Refunds need a receipt.", "file-b", store_id="vs_2", embedder=embedder)

    assert sorted(files(retriever.search(["vs_1", "vs_2"], ["refunds"], OPTIONS))) == ["file-a", "file-b"]
    assert files(retriever.search(["vs_2"], ["refunds"], OPTIONS)) == ["file-b"]


def test_each_query_has_its_answer_found(
    chunks: ChunkStore, embedder: WordEmbedder, retriever: HybridRetriever
) -> None:
    put_text(chunks, LONG, "file-a", embedder=embedder)

    found = texts(retriever.search(["vs_1"], ["subject5", "subject50"], replace(OPTIONS, max_results=2)))

    assert any("subject5 " in text for text in found)
    assert any("subject50 " in text for text in found)


@pytest.mark.parametrize(("filters", "expected"), [
    ({"type": "eq", "key": "lang", "value": "ko"}, ["file-ko"]),
    ({"type": "ne", "key": "lang", "value": "ko"}, ["file-en", "file-none"]),
    ({"type": "eq", "key": "lang", "value": "fr"}, []),
    ({"type": "gt", "key": "year", "value": 2019}, ["file-en", "file-ko"]),
])  # fmt: skip
def test_filters_admit_files_in_both_legs(
    chunks: ChunkStore, embedder: WordEmbedder, retriever: HybridRetriever, filters: object, expected: list[str]
) -> None:
    put_text(chunks, "refund one", "file-ko", embedder=embedder, attributes={"lang": "ko", "year": 2020})
    put_text(chunks, "refund two", "file-en", embedder=embedder, attributes={"lang": "en", "year": 2024})
    put_text(chunks, "refund three", "file-none", embedder=embedder)

    found = retriever.search(["vs_1"], ["refund"], replace(OPTIONS, filters=filters))

    assert sorted(files(found)) == expected


def test_changed_attributes_are_seen_at_once(
    chunks: ChunkStore, embedder: WordEmbedder, retriever: HybridRetriever
) -> None:
    put_text(chunks, "refund", "file-a", embedder=embedder, attributes={"year": 2020})
    recent = replace(OPTIONS, filters={"type": "gt", "key": "year", "value": 2023})
    assert retriever.search(["vs_1"], ["refund"], recent) == []

    chunks.set_attributes("vs_1", "file-a", {"year": 2024})

    assert files(retriever.search(["vs_1"], ["refund"], recent)) == ["file-a"]


def test_filters_that_are_none_are_refused(
    chunks: ChunkStore, embedder: WordEmbedder, retriever: HybridRetriever
) -> None:
    put_text(chunks, "refund", "file-a", embedder=embedder)

    with pytest.raises(InvalidRequest, match=r"Invalid 'filters\.type'"):
        retriever.search(["vs_1"], ["refund"], replace(OPTIONS, filters={"type": "near"}))


def test_a_removed_file_is_gone_and_a_new_one_is_there_at_once(
    chunks: ChunkStore, embedder: WordEmbedder, retriever: HybridRetriever
) -> None:
    put_text(chunks, "refund old", "file-a", embedder=embedder)
    assert files(retriever.search(["vs_1"], ["refund"], OPTIONS)) == ["file-a"]

    chunks.remove("vs_1", "file-a")
    put_text(chunks, "refund new", "file-b", embedder=embedder)

    assert files(retriever.search(["vs_1"], ["refund"], OPTIONS)) == ["file-b"]


def test_a_query_in_a_language_the_model_cannot_read_is_searched_by_words(
    chunks: ChunkStore, embedder: WordEmbedder, retriever: HybridRetriever
) -> None:
    put_text(chunks, "환불은 14일 안에 처리됩니다.", "file-a", embedder=embedder)
    put_text(chunks, "배송은 무료입니다.", "file-b", embedder=embedder)

    assert files(retriever.search(["vs_1"], ["환불 기간"], OPTIONS)) == ["file-a"]


def test_a_text_the_model_cannot_read_is_not_embedded(chunks: ChunkStore, embedder: WordEmbedder) -> None:
    put_text(chunks, "환불은 14일 안에 처리됩니다. " * 50, "file-ko", embedder=embedder)
    put_text(chunks, "환불은 14일. " * 50 + "Refunds take fourteen days. " * 50, "file-both", embedder=embedder)

    korean, both = chunks.files("vs_1")

    assert (korean.key, korean.num_windows) == (None, 0)
    assert both.num_windows > 3


def test_weights_choose_the_leg(chunks: ChunkStore, embedder: WordEmbedder, retriever: HybridRetriever) -> None:
    put_text(chunks, "The zebra is striped.", "file-a", embedder=embedder)
    put_text(chunks, "Nothing in common.", "file-b", embedder=embedder)

    by_words = retriever.search(["vs_1"], ["zebras"], replace(OPTIONS, embedding_weight=0.0, text_weight=1.0))
    by_meaning = retriever.search(["vs_1"], ["zebra"], replace(OPTIONS, embedding_weight=1.0, text_weight=0.0))

    assert files(by_words) == ["file-a"]
    assert files(by_meaning) == ["file-a", "file-b"]


def test_the_threshold_and_the_number_of_results_are_kept(
    chunks: ChunkStore, embedder: WordEmbedder, retriever: HybridRetriever
) -> None:
    put_text(chunks, LONG, "file-a", embedder=embedder)

    assert len(retriever.search(["vs_1"], ["section"], replace(OPTIONS, max_results=3))) == 3
    above = retriever.search(["vs_1"], ["subject42"], replace(OPTIONS, max_results=50, score_threshold=0.6))
    assert above
    assert all(passage.score >= 0.6 for passage in above)
    assert retriever.search(["vs_1"], ["nothing"], replace(OPTIONS, max_results=0)) == []


def test_passages_keep_to_the_budget_and_the_first_is_shortened_to_it(
    chunks: ChunkStore, embedder: WordEmbedder, retriever: HybridRetriever
) -> None:
    put_text(chunks, LONG, "file-a", embedder=embedder)

    within = retriever.search(["vs_1"], ["section"], replace(OPTIONS, max_results=50, max_tokens=250))
    tiny = retriever.search(["vs_1"], ["section"], replace(OPTIONS, max_tokens=10))

    assert len(within) > 1
    assert sum(count_tokens(passage.text) for passage in within) <= 250
    assert [count_tokens(passage.text) for passage in tiny] == [10]
    assert tiny[0].text == LONG[tiny[0].start : tiny[0].end]


@pytest.mark.parametrize("queries", [[], [""], ["  \n"]])
def test_nothing_asked_is_nothing_found(
    chunks: ChunkStore, embedder: WordEmbedder, retriever: HybridRetriever, queries: list[str]
) -> None:
    put_text(chunks, "refund", "file-a", embedder=embedder)

    assert retriever.search(["vs_1"], queries, OPTIONS) == []


def test_a_store_without_files_is_empty_and_needs_no_model(chunks: ChunkStore) -> None:
    class Unloaded(WordEmbedder):
        def can_read(self, text: str) -> bool:
            raise AssertionError("the model was asked for")

    retriever = HybridRetriever(chunks, Unloaded())

    assert retriever.search(["vs_none"], ["refund"], OPTIONS) == []
    retriever.close()


def test_vectors_of_another_model_are_left_out_with_a_warning_until_rebuilt(
    chunks: ChunkStore, embedder: WordEmbedder, caplog: pytest.LogCaptureFixture
) -> None:
    put_text(chunks, LONG, "file-a", embedder=WordEmbedder("older"))
    retriever = HybridRetriever(chunks, embedder)
    dense = replace(OPTIONS, text_weight=0.0)

    with caplog.at_level(logging.WARNING):
        found = retriever.search(["vs_1"], ["subject42"], dense)
    assert "embedded by another model (older:1, now words:1)" in caplog.text
    assert "subject42" in found[0].text  # by its words, whatever the weights

    retriever.rebuild()

    assert chunks.files("vs_1")[0].key is not None
    assert chunks.files("vs_1")[0].key.fingerprint == embedder.fingerprint
    assert "subject42" in retriever.search(["vs_1"], ["subject42"], dense)[0].text
    retriever.close()


def test_pages_of_joined_passages_are_exact(
    chunks: ChunkStore, embedder: WordEmbedder, retriever: HybridRetriever
) -> None:
    from localassist.protocols import FilePassages
    from localassist.retrieval.windows import embed_text

    starts = tuple(range(0, len(LONG), 300))
    source = SourceText(LONG, page_starts=starts)
    key, num_windows = embed_text(LONG, embedder, chunks)
    made = chunk_text(source, ChunkingStrategy(100, 50))
    chunks.put(FilePassages("vs_1", "file-a", "a.pdf", made, key, num_windows, page_starts=starts))

    passages = retriever.search(["vs_1"], ["subject20 subject21", "section"], replace(OPTIONS, max_results=50))

    assert any(len(passage.text) > max(len(chunk.text) for chunk in made) for passage in passages)
    for passage in passages:
        assert (passage.page, passage.last_page) == (passage.start // 300 + 1, (passage.end - 1) // 300 + 1)


class Reversing:
    """Likes passages that are far down."""

    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        return [place / len(passages) for place in range(len(passages))]

    def close(self) -> None:
        """Nothing to release."""


def test_a_reranker_has_the_last_word(chunks: ChunkStore, embedder: WordEmbedder) -> None:
    put_text(chunks, LONG, "file-a", embedder=embedder)
    retriever = HybridRetriever(chunks, embedder, reranker=Reversing())

    plain = retriever.search(["vs_1"], ["section"], replace(OPTIONS, rerank=False))
    judged = retriever.search(["vs_1"], ["section"], OPTIONS)

    assert texts(judged) == texts(plain)[::-1]
    assert judged[0].score == 0.8
    retriever.close()
