"""Migrations: they end where `tables` says, run once, and never spoil what is there."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from localassist.errors import StoreFailed
from localassist.store import schema
from localassist.store.database import Database
from localassist.store.sql import SqliteStore
from localassist.store.tables import metadata


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "localassist.db"


def objects_in(path: Path) -> dict[str, str]:
    """Tables and indexes with the SQL that makes them."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: " ".join(sql.split()) for name, sql in rows if name != "alembic_version"}


def run_sql(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def test_migrations_end_at_the_tables_of_this_version(tmp_path: Path, path: Path) -> None:
    SqliteStore(path).close()
    engine = create_engine(f"sqlite:///{tmp_path / 'direct.db'}")
    metadata.create_all(engine)
    engine.dispose()

    assert objects_in(path) == objects_in(tmp_path / "direct.db")


def test_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))

    assert ScriptDirectory.from_config(config).get_current_head() == schema.HEAD


def test_opening_a_database_of_this_version_does_not_import_alembic(path: Path) -> None:
    SqliteStore(path).close()
    program = (
        "import sys; from pathlib import Path; from localassist.store.sql import SqliteStore\n"
        "SqliteStore(Path(sys.argv[1])).close(); sys.exit('alembic' in sys.modules)"
    )

    subprocess.run([sys.executable, "-c", program, str(path)], check=True)


def test_a_database_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    SqliteStore(path).close()
    run_sql(path, "UPDATE alembic_version SET version_num = '9999'; CREATE TABLE from_the_future (id TEXT);")
    before = path.read_bytes()

    with pytest.raises(StoreFailed, match=r"newer version.*schema 9999.*Upgrade localassist") as failed:
        SqliteStore(path)

    assert str(path) in failed.value.message
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    run_sql(path, "CREATE TABLE photos (id TEXT);")

    with pytest.raises(StoreFailed, match=r"not one of localassist's.*Move it aside"):
        SqliteStore(path)

    assert objects_in(path) == {"photos": "CREATE TABLE photos (id TEXT)"}


def test_a_migration_that_fails_leaves_nothing(path: Path) -> None:
    database = Database(path)
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 12")

    with pytest.raises(StoreFailed, match="is full"):
        schema.prepare(database)

    database.close()
    assert objects_in(path) == {}


def test_many_threads_may_make_stores_at_once(tmp_path: Path) -> None:
    paths = [tmp_path / "a.db", tmp_path / "b.db", None, None]
    with ThreadPoolExecutor(4) as pool:
        for store in pool.map(SqliteStore, paths):
            store.close()

    assert objects_in(tmp_path / "a.db").keys() >= metadata.tables.keys()
