"""SQLite's errors in words a person can act on."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from localassist.errors import StoreFailed
from localassist.store.failures import translated


def test_a_database_locked_by_another_program(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as other, closing(sqlite3.connect(path, timeout=0)) as connection:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreFailed, match="locked by another program"), translated(str(path)):
            connection.execute("BEGIN IMMEDIATE")


def test_a_database_that_may_only_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.touch()
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    with pytest.raises(StoreFailed, match="cannot be opened for writing"), closing(connection), translated(str(path)):
        connection.execute("CREATE TABLE notes (text)")


def test_anything_else_keeps_the_reason_and_the_cause() -> None:
    connection = sqlite3.connect(":memory:")
    reason = r"^The database a\.db failed: no such table: notes\.$"
    with pytest.raises(StoreFailed, match=reason) as failed, closing(connection), translated("a.db"):
        connection.execute("SELECT * FROM notes")
    assert isinstance(failed.value.__cause__, sqlite3.Error)


def test_programming_errors_pass() -> None:
    with pytest.raises(KeyError), translated("a.db"):
        raise KeyError("run_1")
