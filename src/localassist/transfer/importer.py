"""Takes objects in under their own ids. A second time, nothing changes."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, BinaryIO, Protocol

from localassist.errors import FileNotFound, InvalidRequest, NotFound
from localassist.objects.base import StoredObject
from localassist.objects.files import File
from localassist.objects.tools import ToolResources
from localassist.objects.vector_stores import CreateStoreFile, VectorStore, VectorStoreFile
from localassist.protocols import BlobStore, Store
from localassist.transfer.reading import READERS, STORE_FILE, Changes, read_store_file
from localassist.transfer.report import Report
from localassist.transfer.shapes import Json, Unreadable, check_shape, record_fault


class AddToStore(Protocol):
    def __call__(self, store_id: str, body: CreateStoreFile, /, *, at: int) -> VectorStoreFile:
        """Queue a file for ingestion. Raises InvalidRequest when it cannot be searched."""


class Importer:
    """Imports records: single objects, and threads with their messages, runs, steps and files."""

    def __init__(
        self,
        store: Store,
        blobs: BlobStore,
        *,
        add_to_store: AddToStore,
        has_model: Callable[[str], bool],
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._add_to_store = add_to_store
        self._has_model = has_model
        self._clock = clock

    def take(self, body: Json, *, dry_run: bool = False) -> Report:
        """Import `objects` (single ones) and `threads` (records of the export format) of a body.

        Vector stores come first, for what searches them, and their files last, when all files are there. Each thread is
        taken in whole or not at all. Raises InvalidRequest for a body of another shape.
        """
        report = Report()
        for raw in sorted(_listed(body, "objects"), key=_rank):
            self._take_one(raw, report, dry_run=dry_run)
        for record in _listed(body, "threads"):
            if (fault := record_fault(record)) is not None:
                report.note("skipped", "thread", *fault)
                continue
            with nullcontext() if dry_run else self._store.transaction():
                self._take_thread(record, report, dry_run=dry_run)
        return report

    def take_bytes(self, file_id: str, *, filename: str, source: BinaryIO) -> File:
        """The bytes of a file, new or known by its record only; ones that are there already stay."""
        known = self._store.find(File, file_id)
        if known is not None and self._has_bytes(known):
            return known
        size = self._blobs.write(file_id, source)
        if known is None:
            known = File(id=file_id, purpose="assistants", filename=filename, bytes=size, created_at=self._clock())
            self._store.insert(known)
            return known
        complete = known.model_copy(update={"bytes": size, "status": "processed", "status_details": None})
        self._store.update(complete)
        return complete

    def open_bytes(self, file_id: str) -> tuple[File, BinaryIO]:
        """A file of any purpose and its bytes, for an export; for the caller to close."""
        file = self._store.find(File, file_id)
        if file is None:
            raise FileNotFound(file_id)
        return file, self._blobs.open(file_id)

    # --- threads -----------------------------------------------------------------------------------------------------

    def _take_thread(self, record: Json, report: Report, *, dry_run: bool) -> None:
        for error in record.get("errors") or ():
            report.note("missing", str(error.get("object")), str(error.get("id")), str(error.get("error")))
        if not record.get("thread"):
            return
        runs = record.get("runs") or []
        steps = [step for run in runs for step in run.get("steps") or ()]
        parts = sorted([*(record.get("messages") or ()), *runs, *steps], key=_created_at)
        for raw in (record.get("files") or {}).values():
            self._take_one(raw, report, dry_run=dry_run)
        if not self._take_one(record["thread"], report, dry_run=dry_run):
            return  # without it the others have no place
        for raw in parts:
            self._take_one({name: value for name, value in raw.items() if name != "steps"}, report, dry_run=dry_run)

    # --- single objects ----------------------------------------------------------------------------------------------

    def _take_one(self, raw: Any, report: Report, *, dry_run: bool) -> bool:
        """Import an object. False when it was skipped."""
        kind = str(raw.get("object")) if isinstance(raw, dict) else type(raw).__name__
        object_id = str(raw.get("id")) if isinstance(raw, dict) else ""
        if kind == STORE_FILE:
            return self._take_store_file(raw, report, dry_run=dry_run)
        read = READERS.get(kind)
        if read is None:
            report.note("skipped", kind, object_id, "objects of this kind are not imported")
            return False
        changes = Changes()
        try:
            check_shape(raw)
            item = read(raw, changes)
        except Unreadable as exc:
            report.note("skipped", kind, object_id, str(exc))
            return False
        if self._store.find(type(item), item.id) is not None:
            report.count(kind, "present")
            return True
        item = self._fitted(item, kind, changes, report)
        if not dry_run:
            self._store.insert(item)
        if changes.reasons:
            report.note("mapped", kind, item.id, "; ".join(changes.reasons))
        else:
            report.count(kind, "imported")
        return True

    def _take_store_file(self, raw: Json, report: Report, *, dry_run: bool) -> bool:
        """Queue a file of a vector store to be read again: what was searchable elsewhere is not part of an export."""
        file_id = str(raw.get("id"))
        try:
            store_id, body, added_at = read_store_file(raw)
        except Unreadable as exc:
            report.note("skipped", STORE_FILE, file_id, str(exc))
            return False
        if self._store.find(VectorStoreFile, VectorStoreFile.key(store_id, file_id)) is not None:
            report.count(STORE_FILE, "present")
            return True
        if not dry_run:
            file = self._store.find(File, file_id)
            if file is None or not self._has_bytes(file):
                report.note("missing", STORE_FILE, file_id, f"{store_id} cannot have it without its bytes")
                return False
            try:
                self._add_to_store(store_id, body, at=added_at)
            except (InvalidRequest, NotFound) as exc:
                report.note("skipped", STORE_FILE, file_id, exc.message)
                return False
        report.count(STORE_FILE, "imported")
        return True

    def _fitted(self, item: StoredObject, kind: str, changes: Changes, report: Report) -> StoredObject:
        """The item, without references to what cannot be here."""
        resources = getattr(item, "tool_resources", None)
        if isinstance(resources, ToolResources) and resources.file_search is not None:
            kept = [one for one in resources.vector_store_ids if self._store.find(VectorStore, one) is not None]
            for store_id in resources.vector_store_ids:
                if store_id not in kept:
                    reason = f"{kind} {item.id} searched it; make a vector store from its files again"
                    report.note("missing", "vector_store", store_id, reason)
            search = resources.file_search.model_copy(update={"vector_store_ids": kept})
            fitted = resources.model_copy(update={"file_search": search})
            item = item.model_copy(update={"tool_resources": fitted})
        if kind == "assistant" and not self._has_model(str(getattr(item, "model", ""))):
            changes.add(f"its model {getattr(item, 'model', '')!r} is not here: add an alias, or modify the assistant")
        if isinstance(item, VectorStore) and item.status != "expired":
            item = item.used(self._clock())
            if item.expires_after is not None:
                changes.add(f"its {item.expires_after.days} days begin today")
        if isinstance(item, File) and not self._has_bytes(item):
            report.note("missing", "file_content", item.id, f"the bytes of {item.filename!r} were not exported")
        return item

    def _has_bytes(self, file: File) -> bool:
        return self._blobs.has(file.id)


def _rank(raw: Any) -> int:
    kind = raw.get("object") if isinstance(raw, dict) else None
    return {"vector_store": 0, STORE_FILE: 2}.get(str(kind), 1)


def _created_at(raw: Any) -> int:
    at = raw.get("created_at") if isinstance(raw, dict) else None
    return at if isinstance(at, int) else 0


def _listed(body: Json, name: str) -> list[Any]:
    given = body.get(name, [])
    if not isinstance(given, list):
        raise InvalidRequest(f"Invalid type for '{name}': expected an array of objects.", param=name)
    return given
