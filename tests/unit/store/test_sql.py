"""What only the SQLite file can do: readers beside a writer, damage, and other people's files."""

import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from localassist.errors import InvalidRequest, StoreFailed
from localassist.objects.threads import ContentPart, Message, Text, TextPart, Thread
from localassist.protocols import Page
from localassist.store.sql import SqliteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "50% off? [a#b]" / "localassist.db"


@pytest.fixture(autouse=True)
def _folder(path: Path) -> None:
    path.parent.mkdir()


def thread(object_id: str) -> Thread:
    return Thread(id=object_id, created_at=1)


def filled(path: Path, count: int = 400) -> bytes:
    """Write a database of several hundred pages; its bytes."""
    store = SqliteStore(path)
    with store.transaction():
        for number in range(count):
            content: list[ContentPart] = [TextPart(text=Text(value="word " * 200))]
            store.insert(Message(id=f"msg_{number}", created_at=1, thread_id="thread_a", role="user", content=content))
    store.close()
    return path.read_bytes()


def test_objects_are_there_when_the_file_is_opened_again(path: Path) -> None:
    store = SqliteStore(path)
    store.insert(thread("thread_a"))
    store.close()

    store = SqliteStore(path)
    assert store.get(Thread, "thread_a") == thread("thread_a")
    store.close()


def test_closing_leaves_one_file(path: Path) -> None:
    filled(path, 10)

    assert list(path.parent.iterdir()) == [path]


def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    store = SqliteStore(path)
    store.insert(thread("thread_a"))

    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    store.close()


def test_two_stores_in_memory_are_two_stores() -> None:
    one, other = SqliteStore(None), SqliteStore(None)
    one.insert(thread("thread_a"))

    assert other.find(Thread, "thread_a") is None
    one.close()
    other.close()


def test_a_reader_does_not_wait_for_the_writer(path: Path) -> None:
    store = SqliteStore(path)
    seen: list[Thread | None] = []

    with store.transaction():
        store.insert(thread("thread_a"))
        reader = threading.Thread(target=lambda: seen.append(store.find(Thread, "thread_a")))
        reader.start()
        reader.join(timeout=30)

    assert seen == [None]
    store.close()


def test_a_store_closed_while_another_thread_reads_closes_everything(path: Path) -> None:
    store = SqliteStore(path)
    store.insert(thread("thread_a"))
    errors: list[StoreFailed] = []

    def read_until_closed() -> None:
        try:
            while True:
                store.get(Thread, "thread_a")
        except StoreFailed as exc:
            errors.append(exc)

    readers = [threading.Thread(target=read_until_closed) for _ in range(4)]
    for reader in readers:
        reader.start()
    store.close()
    for reader in readers:
        reader.join()

    assert len(errors) == 4
    assert all("closed" in error.message for error in errors)
    assert list(path.parent.iterdir()) == [path]


def test_only_the_last_deleted_places_are_remembered(path: Path) -> None:
    store = SqliteStore(path, num_deleted_kept=2)
    for number in range(4):
        store.insert(thread(f"thread_{number}"))
    for number in range(3):
        store.delete(Thread, f"thread_{number}")

    assert [item.id for item in store.page(Thread, Page(order="asc", after="thread_1")).items] == ["thread_3"]
    with pytest.raises(InvalidRequest):
        store.page(Thread, Page(after="thread_0"))
    store.close()


# --- damage -------------------------------------------------------------------------------------------------------


def assert_refused(path: Path, content: bytes, words: str) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreFailed, match=words) as failed:
        SqliteStore(path)
    assert str(path) in failed.value.message
    assert path.read_bytes() == content


def test_a_file_that_is_no_database_is_named_and_left_alone(path: Path) -> None:
    assert_refused(path, b"These are my notes.\n" * 500, "damaged.*Nothing was deleted.*move it aside")


@pytest.mark.parametrize("kept", [60, 1000, 4096, 50_000])
def test_a_truncated_database_is_named_and_left_alone(path: Path, kept: int) -> None:
    assert_refused(path, filled(path)[:kept], "damaged.*Restore a backup")


def test_damage_in_the_middle_is_reported_when_it_is_met(path: Path) -> None:
    content = bytearray(filled(path))
    content[len(content) // 2 : -8192] = os.urandom(len(content) - 8192 - len(content) // 2)
    path.write_bytes(content)
    store = SqliteStore(path)

    with pytest.raises(StoreFailed, match="damaged") as failed:
        store.all(Message)

    assert str(path) in failed.value.message
    store.close()
    assert path.read_bytes() == content


def test_an_object_that_cannot_be_read_is_named(path: Path) -> None:
    store = SqliteStore(path)
    store.insert(thread("thread_a"))
    with sqlite3.connect(path) as connection:
        connection.execute("""UPDATE threads SET body = '{"id": "thread_a"'""")
    connection.close()

    with pytest.raises(StoreFailed, match=r"holds a thread that cannot be read.*thread_a"):
        store.get(Thread, "thread_a")
    store.close()


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match=r"nowhere.*cannot be created"):
        SqliteStore(tmp_path / "nowhere" / "localassist.db")


def test_a_folder_in_place_of_the_file_is_named(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreFailed, match="cannot be opened"):
        SqliteStore(path)
