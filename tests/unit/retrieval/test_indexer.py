"""The index follows the store of record, and no failure of it is ever seen in a result."""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localassist.errors import RetrievalFailed
from localassist.protocols import ChunkStore, SearchOptions
from localassist.retrieval.chroma_index import CLEAN_MARKER, ChromaIndex
from localassist.retrieval.retriever import HybridRetriever
from localassist.store.sql import SqliteStore
from tests.unit.retrieval.doubles import MemoryIndex, WordEmbedder, put_text

EXACT_WINDOWS = 3  # stores of more go into the index
DENSE = SearchOptions(max_results=3, text_weight=0.0)


@pytest.fixture
def chunks(tmp_path: Path) -> Iterator[ChunkStore]:
    store = SqliteStore(tmp_path / "localassist.db")
    yield store.chunk_store()
    store.close()


def fill(chunks: ChunkStore, embedder: WordEmbedder, count: int = 6, store_id: str = "vs_big") -> None:
    for number in range(count):
        put_text(chunks, f"word{number} " * 300, f"file-{number}", store_id=store_id, embedder=embedder)


def opened(chunks: ChunkStore, embedder: WordEmbedder, open_index: Callable[[], object]) -> HybridRetriever:
    return HybridRetriever(chunks, embedder, open_index=open_index, exact_windows=EXACT_WINDOWS)  # type: ignore[arg-type]


def caught_up(retriever: HybridRetriever) -> None:
    """Do now what the thread would do soon."""
    retriever._indexer.catch_up()


def found(retriever: HybridRetriever, query: str, store_id: str = "vs_big") -> str:
    return retriever.search([store_id], [query], DENSE)[0].file_id


def test_a_large_store_is_indexed_and_a_small_one_is_not(chunks: ChunkStore) -> None:
    embedder, index = WordEmbedder(), MemoryIndex()
    fill(chunks, embedder)
    put_text(chunks, "small", "file-small", store_id="vs_small", embedder=embedder)
    retriever = opened(chunks, embedder, lambda: index)

    caught_up(retriever)

    states = {finding.store_id: finding.state for finding in retriever.verify()}
    assert states == {"vs_big": "complete", "vs_small": "not needed"}
    assert index.store_ids() == ["vs_big"]
    assert found(retriever, "word3") == "file-3"
    retriever.close()


def test_a_file_that_is_not_indexed_yet_is_found_and_a_stale_vector_is_not(chunks: ChunkStore) -> None:
    embedder, index = WordEmbedder(), MemoryIndex()
    fill(chunks, embedder)
    retriever = opened(chunks, embedder, lambda: index)
    caught_up(retriever)

    put_text(chunks, "novelty " * 50, "file-new", store_id="vs_big", embedder=embedder)
    chunks.remove("vs_big", "file-3")

    assert found(retriever, "novelty") == "file-new"
    assert found(retriever, "word3") != "file-3"
    caught_up(retriever)
    assert retriever.verify()[0].state == "complete"
    retriever.close()


def test_a_deleted_store_leaves_the_index(chunks: ChunkStore) -> None:
    embedder, index = WordEmbedder(), MemoryIndex()
    fill(chunks, embedder)
    fill(chunks, embedder, store_id="vs_gone")
    retriever = opened(chunks, embedder, lambda: index)
    caught_up(retriever)

    chunks.remove_store("vs_gone")
    caught_up(retriever)

    assert index.store_ids() == ["vs_big"]
    retriever.close()


def test_an_index_that_fails_while_searching_is_told_and_searched_around(
    chunks: ChunkStore, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(MemoryIndex):
        def search(self, store_id: str, vector: bytes, limit: int) -> list[object]:  # type: ignore[override]
            raise RetrievalFailed("The index is wedged.")

    embedder = WordEmbedder()
    fill(chunks, embedder)
    retriever = opened(chunks, embedder, Failing)
    caught_up(retriever)

    with caplog.at_level(logging.WARNING):
        assert found(retriever, "word3") == "file-3"

    assert "The index is wedged. Searching without it." in caplog.text
    retriever.close()


def test_an_index_that_fails_while_adding_is_made_again_by_the_thread(chunks: ChunkStore) -> None:
    recovered = threading.Event()

    class FailsOnce(MemoryIndex):
        num_adds = 0

        def add(self, store_id: str, file_number: int, block: object) -> None:  # type: ignore[override]
            self.num_adds += 1
            if self.num_adds == 3:
                raise RetrievalFailed("The index is wedged.")
            super().add(store_id, file_number, block)  # type: ignore[arg-type]
            if self.num_adds == 9:
                recovered.set()

    embedder, index = WordEmbedder(), FailsOnce()
    fill(chunks, embedder)

    retriever = opened(chunks, embedder, lambda: index)

    assert recovered.wait(30)
    retriever.close()
    assert index.count("vs_big") == sum(file.num_windows for file in chunks.files("vs_big"))


def test_verify_tells_of_windows_that_are_missing_and_rebuild_mends_it(chunks: ChunkStore) -> None:
    embedder, index = WordEmbedder(), MemoryIndex()
    fill(chunks, embedder)
    retriever = opened(chunks, embedder, lambda: index)
    caught_up(retriever)
    index.remove("vs_big", chunks.files("vs_big")[0].number, 1)

    assert retriever.verify()[0].state == "incomplete"
    assert [finding.state for finding in retriever.rebuild()] == ["complete"]
    retriever.close()


# --- Chroma -------------------------------------------------------------------------------------------------------


def test_chroma_keeps_its_vectors_when_closed_in_order(chunks: ChunkStore, tmp_path: Path) -> None:
    embedder = WordEmbedder()
    fill(chunks, embedder)
    first = opened(chunks, embedder, lambda: ChromaIndex(tmp_path / "index"))
    caught_up(first)
    first.close()
    assert (tmp_path / "index" / CLEAN_MARKER).exists()

    index = ChromaIndex(tmp_path / "index")

    assert not index.was_wiped
    assert index.count("vs_big") == chunks.counts("vs_big").num_windows
    index.close()


def test_a_sound_index_of_a_process_that_died_is_kept(tmp_path: Path, chunks: ChunkStore) -> None:
    embedder = WordEmbedder()
    fill(chunks, embedder)
    first = opened(chunks, embedder, lambda: ChromaIndex(tmp_path / "index"))
    caught_up(first)
    first.close()
    (tmp_path / "index" / CLEAN_MARKER).unlink()

    index = ChromaIndex(tmp_path / "index")

    assert not index.was_wiped
    index.close()


def test_a_damaged_index_is_wiped_made_again_and_nothing_is_lost(
    tmp_path: Path, chunks: ChunkStore, caplog: pytest.LogCaptureFixture
) -> None:
    embedder = WordEmbedder()
    fill(chunks, embedder)
    first = opened(chunks, embedder, lambda: ChromaIndex(tmp_path / "index"))
    caught_up(first)
    first.close()
    (tmp_path / "index" / CLEAN_MARKER).unlink()
    with sqlite3.connect(tmp_path / "index" / "chroma.sqlite3") as database:
        database.execute("DROP TABLE embeddings_queue")
    database.close()

    with caplog.at_level(logging.WARNING):
        second = opened(chunks, embedder, lambda: ChromaIndex(tmp_path / "index"))
        caught_up(second)

    assert "was damaged when the last process died" in caplog.text
    assert second.verify()[0].state == "complete"
    assert found(second, "word3") == "file-3"
    second.close()
