"""Brings a database to the present schema when it is opened. Alembic is imported only when there is work to do."""

import threading
from pathlib import Path

from sqlalchemy import Connection

from localassist.errors import StoreFailed
from localassist.store.database import Database

HEAD = "0003"  # the newest revision in migrations/versions
_MIGRATIONS = Path(__file__).parent / "migrations"
_alembic = threading.Lock()  # Alembic keeps its context in a module: one migration at a time in this process


def prepare(database: Database) -> None:
    """Create or upgrade the tables, in one transaction. A database of a newer version is refused."""
    with database.reading() as connection:
        if _revision(connection) == HEAD:
            return
    with _alembic, database.writing() as connection:
        _upgrade(connection, database.name)


def _revision(connection: Connection) -> str | None:
    """The recorded revision; None for an empty database."""
    marker = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
    if connection.exec_driver_sql(marker).first() is None:
        return None
    recorded: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return recorded


def _upgrade(connection: Connection, name: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    recorded = _revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if recorded is not None and recorded not in known:
        raise StoreFailed(
            f"The database {name} was made by a newer version of localassist (schema {recorded}; this version knows "
            f"schemas up to {HEAD}). Nothing was changed. Upgrade localassist, or choose another data directory."
        )
    if recorded is None and connection.exec_driver_sql("SELECT 1 FROM sqlite_master").first() is not None:
        raise StoreFailed(
            f"The database {name} is not one of localassist's: it holds other tables. Nothing was changed. "
            "Move it aside, or choose another data directory."
        )
    command.upgrade(config, "head")
