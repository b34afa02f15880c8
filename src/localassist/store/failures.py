"""What SQLAlchemy and SQLite raise, in our words. The only place that translates them."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from localassist.errors import StoreFailed

_DAMAGED = (
    "The database {name} is damaged ({reason}). Nothing was deleted. Restore a backup of it, or move it aside "
    "together with its -wal and -shm files to begin with an empty one."
)
_LOCKED = "The database {name} is locked by another program ({reason}). Close that program and try again."
_FORBIDDEN = "The database {name} cannot be opened for writing ({reason}). Check that it and its folder are yours."
_UNKNOWN = "The database {name} failed: {reason}."

# By the beginning of SQLite's own name for the error.
_MESSAGES = {
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_FULL": "The disk that holds the database {name} is full ({reason}). Make room on it and try again.",
    "SQLITE_IOERR": "Reading or writing the database {name} failed ({reason}). Check the disk.",
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_READONLY": _FORBIDDEN,
    "SQLITE_CANTOPEN": _FORBIDDEN,
    "SQLITE_PERM": _FORBIDDEN,
    "SQLITE_AUTH": _FORBIDDEN,
}


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turn failures of the database called `name` into StoreFailed with the remedy."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as exc:
        raise StoreFailed(_message(name, exc)) from exc


def _message(name: str, exc: Exception) -> str:
    cause = exc.orig if isinstance(exc, DBAPIError) else exc
    code = getattr(cause, "sqlite_errorname", "")
    template = next((text for start, text in _MESSAGES.items() if code.startswith(start)), _UNKNOWN)
    return template.format(name=name, reason=cause)
