"""One table per kind of object: what can be filtered by is a column, the whole object is JSON in `body`.

A new kind is one entry in `TABLES` and one migration.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

from localassist.errors import FileNotFound, NotFound
from localassist.objects.assistants import Assistant
from localassist.objects.base import StoredObject
from localassist.objects.files import File, Upload, UploadPart
from localassist.objects.runs import Run, RunStep
from localassist.objects.threads import Message, Thread
from localassist.objects.vector_stores import FileBatch, VectorStore, VectorStoreFile

metadata = MetaData()

# Where deleted objects were, so that a reader who deletes while paging can go on from there.
deleted = Table(
    "deleted",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("table_name", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Index("ix_deleted_id", "table_name", "id", unique=True),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class ObjectTable:
    """The table of one kind. `attributes` fill the columns of the same name; `filters` are the columns to select by."""

    table: Table
    attributes: tuple[str, ...]
    filters: frozenset[str]

    def row(self, item: StoredObject) -> dict[str, Any]:
        """The columns an update writes; `id`, `created_at` and `seq` never change."""
        row = {name: getattr(item, name) for name in self.attributes}
        row["body"] = item.model_dump_json()
        return row


def _object_table(name: str, *filters: str, times: tuple[str, ...] = ()) -> ObjectTable:
    """A table in which text columns `filters` and integer columns `times` are indexed, in order of creation."""
    attributes = (*filters, *times)
    table = Table(
        name,
        metadata,
        Column("seq", Integer, primary_key=True),
        Column("id", Text, nullable=False, unique=True),
        Column("created_at", Integer, nullable=False),
        *(Column(column, Text) for column in filters),
        *(Column(column, Integer) for column in times),
        Column("body", Text, nullable=False),
        Index(f"ix_{name}_order", "created_at", "seq"),
        *(Index(f"ix_{name}_{column}", column, "created_at", "seq") for column in attributes),
        sqlite_autoincrement=True,
    )
    return ObjectTable(table, attributes, frozenset({"id", *filters}))


TABLES: Mapping[type[StoredObject], ObjectTable] = {
    Assistant: _object_table("assistants"),
    Thread: _object_table("threads"),
    Message: _object_table("messages", "thread_id", "run_id", "status"),
    Run: _object_table("runs", "thread_id", "assistant_id", "status", times=("expires_at",)),
    RunStep: _object_table("run_steps", "thread_id", "run_id", "status"),
    File: _object_table("files", "purpose", "status", times=("expires_at",)),
    Upload: _object_table("uploads", "purpose", "status", times=("expires_at",)),
    UploadPart: _object_table("upload_parts", "upload_id"),
    VectorStore: _object_table("vector_stores", "status", times=("expires_at",)),
    VectorStoreFile: _object_table("vector_store_files", "vector_store_id", "file_id", "batch_id", "status", "work"),
    FileBatch: _object_table("file_batches", "vector_store_id"),
}


def table_of(kind: type[StoredObject]) -> ObjectTable:
    try:
        return TABLES[kind]
    except KeyError:
        raise TypeError(f"{kind.__name__} has no table") from None


def missing(kind: type[StoredObject], object_id: str) -> NotFound:
    """The contract's error for an id that names nothing."""
    return FileNotFound(object_id) if kind is File else NotFound.of(kind.kind, object_id)
