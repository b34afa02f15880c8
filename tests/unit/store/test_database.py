"""How connections are set up, and transactions that SQLite itself gives up."""

from pathlib import Path

import pytest

from localassist.errors import StoreFailed
from localassist.store.database import Database


def test_commits_are_on_the_disk_when_they_return(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")

    with database.writing() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }

    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
    database.close()


def test_what_users_wrote_is_not_in_the_error(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")

    with pytest.raises(StoreFailed) as failed, database.reading() as connection:
        connection.exec_driver_sql("SELECT ? FROM nothing", ("my secret",))

    assert "my secret" not in f"{failed.value} {failed.value.__cause__}"
    database.close()


def test_a_transaction_that_sqlite_undid_takes_no_more_writes(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")

    def go_on_after_the_end() -> None:
        with database.transaction():
            with database.writing() as connection:
                connection.exec_driver_sql("CREATE TABLE notes (text)")
                connection.connection.rollback()
            with database.writing() as connection:
                connection.exec_driver_sql("CREATE TABLE more_notes (text)")

    with pytest.raises(StoreFailed, match="was undone"):
        go_on_after_the_end()
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT name FROM sqlite_master").all() == []
    database.close()


def test_a_full_disk_undoes_the_transaction_and_reading_goes_on(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (text)")

    def fill_the_disk() -> None:
        with database.transaction(), database.writing() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 3")
            connection.exec_driver_sql("INSERT INTO notes VALUES (zeroblob(100000))")

    with pytest.raises(StoreFailed, match=r"a\.db is full.*Make room"):
        fill_the_disk()
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM notes").scalar() == 0
    database.close()
