"""What every `ChunkStore` does: SQLite in a file, and in memory."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localassist.errors import Conflict
from localassist.protocols import Chunk, ChunkCounts, ChunkStore, FilePassages, TextKey, WindowBlock
from localassist.store.sql import SqliteStore

STORES: dict[str, Callable[[Path], SqliteStore]] = {
    "sqlite_file": lambda folder: SqliteStore(folder / "localassist.db"),
    "sqlite_memory": lambda folder: SqliteStore(None),
}
KEY = TextKey("sha-1", "model:1")
BLOCK = WindowBlock(0, [0, 20], [25, 45], bytes(range(32)))


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteStore]:
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def chunks(store: SqliteStore) -> ChunkStore:
    return store.chunk_store()


def passages(file_id: str = "file-a", *texts: str, store_id: str = "vs_1", **fields: object) -> FilePassages:
    """A file of the given chunks with the two windows of KEY."""
    made, start = [], 0
    for text in texts or ("Refunds take fourteen days.", "Shipping is free."):
        made.append(Chunk(start, start + len(text), text, page=1, last_page=2, line=3, last_line=4, heading="Terms"))
        start += len(text)
    given = {"key": KEY, "num_windows": 2, "page_starts": (0, 30)} | fields
    return FilePassages(store_id, file_id, f"{file_id}.txt", made, **given)  # type: ignore[arg-type]


def found(chunks: ChunkStore, query: str, **options: object) -> list[str]:
    hits = chunks.match_words("vs_1", query, limit=10, **options)  # type: ignore[arg-type]
    stored = chunks.fetch([hit.chunk_id for hit in hits])
    return [stored[hit.chunk_id].chunk.text for hit in hits]


def test_a_file_comes_back_as_it_went_in(chunks: ChunkStore) -> None:
    chunks.stage(KEY, BLOCK)
    asked = passages(attributes={"year": 2024, "draft": False})

    stored = chunks.put(asked)

    assert (stored.file_id, stored.file_name, stored.store_id) == ("file-a", "file-a.txt", "vs_1")
    assert stored.attributes == {"year": 2024, "draft": False}
    assert (stored.key, stored.num_windows, list(stored.page_starts)) == (KEY, 2, [0, 30])
    assert chunks.files("vs_1") == [stored]
    assert chunks.chunks_of("vs_1", "file-a") == asked.chunks
    assert [span[1:] for span in chunks.spans(stored.number)] == [(0, 27), (27, 44)]
    assert [(list(b.starts), list(b.ends), b.vectors) for b in chunks.windows(KEY)] == [
        ([0, 20], [25, 45], BLOCK.vectors)
    ]
    assert list(chunks.window_starts(KEY)) == [0, 20]
    assert chunks.counts("vs_1") == ChunkCounts(1, 2, 2, 27 + 17 + 2 * 2 * 4 + 32)
    assert chunks.store_ids() == ["vs_1"]


def test_fetching_leaves_out_what_is_gone(chunks: ChunkStore) -> None:
    stored = chunks.put(passages(key=None))
    first = stored.first_chunk_id

    assert set(chunks.fetch([first, first + 1, first + 99])) == {first, first + 1}


def test_putting_again_replaces_the_file_under_a_new_number(chunks: ChunkStore) -> None:
    chunks.stage(KEY, BLOCK)
    first = chunks.put(passages())

    second = chunks.put(passages("file-a", "Only returns now."))

    assert second.number > first.number
    assert [file.number for file in chunks.files("vs_1")] == [second.number]
    assert found(chunks, "refunds") == []
    assert found(chunks, "returns") == ["Only returns now."]
    assert chunks.staged(KEY) == 2
    assert [removed.number for removed in chunks.removed()] == [first.number]


def test_windows_stay_as_long_as_a_file_has_their_text(chunks: ChunkStore) -> None:
    chunks.stage(KEY, BLOCK)
    chunks.put(passages("file-a"))
    chunks.put(passages("file-b", store_id="vs_2"))

    assert chunks.remove("vs_1", "file-a") is True
    assert chunks.staged(KEY) == 2
    assert chunks.remove("vs_2", "file-b") is True
    assert chunks.staged(KEY) == 0
    assert chunks.remove("vs_2", "file-b") is False


def test_staging_resumes_where_blocks_are_missing(chunks: ChunkStore) -> None:
    chunks.stage(KEY, BLOCK)
    chunks.stage(KEY, WindowBlock(4, [80], [90], b"\0" * 16))
    assert chunks.staged(KEY) == 2

    chunks.stage(KEY, WindowBlock(2, [40, 60], [60, 80], b"\0" * 32))
    chunks.stage(KEY, WindowBlock(2, [41, 61], [61, 81], b"\1" * 32))  # the same block again

    assert chunks.staged(KEY) == 5
    assert list(chunks.window_starts(KEY)) == [0, 20, 40, 60, 80]


def test_a_file_whose_windows_are_not_there_is_refused_whole(chunks: ChunkStore) -> None:
    chunks.stage(KEY, BLOCK)

    with pytest.raises(Conflict, match=r"windows of 'file-a\.txt' are gone"):
        chunks.put(passages(num_windows=3))

    assert chunks.files("vs_1") == []
    assert found(chunks, "refunds") == []


def test_staged_windows_that_no_file_uses_can_be_discarded(chunks: ChunkStore) -> None:
    chunks.stage(KEY, BLOCK)
    chunks.put(passages())
    chunks.stage(TextKey("sha-2", "model:1"), BLOCK)
    chunks.stage(TextKey("sha-3", "model:1"), BLOCK)

    assert chunks.discard_unused(keep=["sha-3"]) == 1
    assert [chunks.staged(TextKey(sha, "model:1")) for sha in ("sha-1", "sha-2", "sha-3")] == [2, 0, 2]


def test_a_failed_transaction_leaves_nothing(store: SqliteStore, chunks: ChunkStore) -> None:
    def cancelled_job() -> None:
        with store.transaction():
            chunks.put(passages(key=None))
            assert found(chunks, "refunds") == ["Refunds take fourteen days."]
            raise RuntimeError("the job was cancelled")

    with pytest.raises(RuntimeError):
        cancelled_job()

    assert found(chunks, "refunds") == []
    assert chunks.files("vs_1") == []


def test_removing_a_store_leaves_the_others(chunks: ChunkStore) -> None:
    chunks.put(passages("file-a", key=None))
    chunks.put(passages("file-b", "Other words.", key=None, store_id="vs_2"))

    chunks.remove_store("vs_1")

    assert chunks.store_ids() == ["vs_2"]
    assert chunks.version("vs_1") == 0
    assert chunks.counts("vs_1") == ChunkCounts(0, 0, 0, 0)
    assert found(chunks, "refunds other") == []
    assert len(chunks.match_words("vs_2", "other", limit=5)) == 1


def test_the_version_changes_with_every_change_of_the_files(chunks: ChunkStore) -> None:
    seen = [chunks.version("vs_1")]
    for change in (
        lambda: chunks.put(passages(key=None)),
        lambda: chunks.set_attributes("vs_1", "file-a", {"year": 2025}),
        lambda: chunks.mark_indexed([chunks.files("vs_1")[0].number]),
        lambda: chunks.mark_unindexed("vs_1"),
        lambda: chunks.remove("vs_1", "file-a"),
    ):
        change()
        seen.append(chunks.version("vs_1"))

    assert len(set(seen)) == len(seen)
    assert chunks.set_attributes("vs_1", "file-a", {}) is False


def test_words_are_searched_within_the_store_and_the_files_named(chunks: ChunkStore) -> None:
    first = chunks.put(passages("file-a", "Refunds in Korea.", key=None))
    second = chunks.put(passages("file-b", "Refunds in Japan.", key=None))
    chunks.put(passages("file-c", "Refunds elsewhere.", key=None, store_id="vs_2"))

    assert sorted(found(chunks, "refund")) == ["Refunds in Japan.", "Refunds in Korea."]
    assert found(chunks, "refund", file_numbers=[second.number]) == ["Refunds in Japan."]
    assert found(chunks, "refund korea")[0] == "Refunds in Korea."
    assert found(chunks, "refund", file_numbers=[]) == []
    assert first.number != second.number


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("환불", "환불은 14일 안에 처리됩니다."),
        ("환불 규정이 어떻게 되나요?", "환불은 14일 안에 처리됩니다."),
        ("退款", "如需退款，请联系客服。"),
        ("客服", "如需退款，请联系客服。"),
        ("款", "如需退款，请联系客服。"),
        ("返金", "返金については窓口へどうぞ。"),
        ("ＲＥＦＵＮＤ", "A refund is possible."),
        ("naive", "The naïve approach."),
        ("max_length", "Set max_length to 5."),
        ("refunding", "A refund is possible."),
        ("what is it", "what is it"),
    ],
)
def test_words_of_every_language_are_found(chunks: ChunkStore, query: str, text: str) -> None:
    chunks.put(passages("file-a", text, "Something else entirely, über Häuser.", "전혀 다른 문장입니다.", key=None))

    assert found(chunks, query)[:1] == [text]


@pytest.mark.parametrize("query", ["", "?!", "zebra", '"', "OR AND NOT", "a*b:c (d)"])
def test_a_query_that_is_no_word_of_the_text_finds_nothing(chunks: ChunkStore, query: str) -> None:
    chunks.put(passages(key=None))

    assert found(chunks, query) == []


def test_the_word_index_can_be_written_again(chunks: ChunkStore) -> None:
    chunks.put(passages(key=None))

    chunks.rebuild_words()

    assert found(chunks, "refunds") == ["Refunds take fourteen days."]
    chunks.remove("vs_1", "file-a")
    assert found(chunks, "refunds") == []


def test_what_waits_for_the_index_is_remembered(chunks: ChunkStore) -> None:
    first, second = chunks.put(passages("file-a", key=None)), chunks.put(passages("file-b", key=None))
    assert [file.number for file in chunks.unindexed("vs_1")] == [first.number, second.number]

    chunks.mark_indexed([first.number])
    chunks.remove("vs_1", "file-b")

    assert chunks.unindexed("vs_1") == []
    assert chunks.files("vs_1")[0].is_indexed
    assert [removed.number for removed in chunks.removed()] == [second.number]
    chunks.forget_removed([second.number])
    assert chunks.removed() == []


def test_a_file_can_be_given_windows_of_another_model(chunks: ChunkStore) -> None:
    chunks.stage(KEY, BLOCK)
    stored = chunks.put(passages())
    other = TextKey("sha-1", "model:2")
    assert chunks.replace_windows(stored.number, other, 2) is False

    chunks.stage(other, BLOCK)

    assert chunks.replace_windows(stored.number, other, 2) is True
    assert chunks.files("vs_1")[0].key == other
    assert chunks.staged(KEY) == 0
    assert chunks.replace_windows(stored.number + 1, other, 2) is False
