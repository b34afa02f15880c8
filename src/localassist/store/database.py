"""Connections and transactions: many readers, one writer at a time, every commit on the disk when it returns."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, QueuePool, StaticPool, create_engine, event

from localassist.errors import StoreFailed
from localassist.store.failures import translated

# fullfsync matters on macOS only, where a plain fsync leaves the data in the drive's cache.
_SETTINGS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA foreign_keys = ON",
)


class Database:
    """A SQLite file, or memory when `path` is None. Safe to use from any thread."""

    def __init__(self, path: Path | None) -> None:
        self.name = "in memory" if path is None else str(path)
        self._engine = _create_engine(path)
        self._pool = self._engine.pool
        self._writer = threading.RLock()
        # In memory there is one connection, so a reader has to wait for the writer.
        self._reader: AbstractContextManager[Any] = self._writer if path is None else nullcontext()
        self._own = threading.local()
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with: inside a transaction its own, else one that does not wait for the writer."""
        joined = self._joined()
        with translated(self.name):
            if joined is not None:
                yield joined
                return
            with self._reader, self._connected() as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection to write with, in this thread's transaction or in one of its own."""
        joined = self._joined()
        with translated(self.name):
            if joined is not None:
                yield joined
                return
            with self._writer, self._connected() as connection, self._committed(connection):
                yield connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make this thread's reads and writes inside succeed or fail together; an inner one can fail on its own."""
        joined = self._joined()
        if joined is None:
            with self.writing():
                yield
            return
        with translated(self.name):
            joined.exec_driver_sql("SAVEPOINT inner_transaction")
            try:
                yield
            except BaseException:
                if _is_open(joined):
                    joined.exec_driver_sql("ROLLBACK TO inner_transaction")
                    joined.exec_driver_sql("RELEASE inner_transaction")
                raise
            joined.exec_driver_sql("RELEASE inner_transaction")

    def close(self) -> None:
        """Wait for the writer, then close all connections; a reader still at work closes its own when it is done."""
        with self._writer:
            self._closed = True
            self._pool.dispose()

    def _joined(self) -> Connection | None:
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is not None and not _is_open(connection):
            raise StoreFailed(f"The transaction on the database {self.name} has failed and was undone.")
        return connection

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        if self._closed:
            raise StoreFailed(f"The database {self.name} is closed.")
        try:
            with self._engine.connect() as connection:
                yield connection
        finally:
            if self._closed:
                self._pool.dispose()

    @contextmanager
    def _committed(self, connection: Connection) -> Iterator[None]:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        self._own.connection = connection
        try:
            yield
            connection.exec_driver_sql("COMMIT")
        finally:
            self._own.connection = None
            # Does nothing after a commit. SQLite may have rolled back by itself (a full disk), which is fine here.
            connection.connection.rollback()


def _is_open(connection: Connection) -> bool:
    driver: Any = connection.connection.dbapi_connection
    return bool(driver.in_transaction)


def _create_engine(path: Path | None) -> Engine:
    """AUTOCOMMIT, since transactions are begun and ended in SQL above. Errors must not show what users wrote."""
    options: dict[str, Any] = {
        "isolation_level": "AUTOCOMMIT",
        "hide_parameters": True,
        "connect_args": {"check_same_thread": False},
    }
    if path is None:
        engine = create_engine("sqlite://", poolclass=StaticPool, **options)
    else:
        url = URL.create("sqlite", database=str(path))
        engine = create_engine(url, poolclass=QueuePool, pool_size=8, max_overflow=-1, pool_use_lifo=True, **options)
    event.listen(engine, "connect", _configure)
    return engine


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    try:
        for setting in _SETTINGS:
            connection.execute(setting).close()
    except sqlite3.Error:
        connection.close()
        raise
