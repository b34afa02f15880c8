"""The files of vector stores and the counts that go with them: every change of a file's status passes through here.

All of it joins the caller's transaction, so that a store's counts, a batch's counts, the files and what is searchable
never tell different stories.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from localassist.errors import RetrievalFailed
from localassist.objects.chunking import ChunkingStrategy
from localassist.objects.files import File
from localassist.objects.vector_stores import (
    CreateStoreFile,
    FileBatch,
    FileStatus,
    Ingestion,
    Progress,
    VectorStore,
    VectorStoreFile,
)
from localassist.protocols import ChunkStore, IngestionQueue, Store

NO_FILE_SEARCH = "This engine was put together without file search, so it cannot make files searchable."


class StoreLedger:
    """Adds, changes and removes files of vector stores. `chunks` is None in an engine without file search."""

    def __init__(self, store: Store, chunks: ChunkStore | None) -> None:
        self._store = store
        self._chunks = chunks
        self._queue: IngestionQueue | None = None

    def attend(self, queue: IngestionQueue) -> None:
        """Tell these workers of every new job."""
        self._queue = queue

    # --- files come -------------------------------------------------------------------------------------------------

    def add(
        self,
        store_id: str,
        entries: Sequence[CreateStoreFile],
        *,
        at: int,
        batch: FileBatch | None = None,
        urgent: bool = False,
    ) -> list[VectorStoreFile]:
        """Queue existing files for ingestion; one that is in the store already is only ingested again when it must be.

        `urgent` files go first: a run may be waiting for them.
        """
        if not entries:
            return []
        if self._chunks is None or self._queue is None:
            raise RetrievalFailed(NO_FILE_SEARCH)
        with self._store.transaction():
            tally = _Tally(self._store, store_id)
            files = [self._add(tally, entry, at=at, batch=batch, urgent=urgent) for entry in entries]
            tally.save()
        self._queue.notify()
        return files

    def _add(
        self, tally: "_Tally", entry: CreateStoreFile, *, at: int, batch: FileBatch | None, urgent: bool
    ) -> VectorStoreFile:
        key = VectorStoreFile.key(tally.store_id, entry.file_id)
        present = self._store.find(VectorStoreFile, key)
        strategy = entry.chunking_strategy.resolved() if entry.chunking_strategy else ChunkingStrategy()
        added = VectorStoreFile(
            id=key,
            file_id=entry.file_id,
            created_at=at if present is None else present.created_at,
            vector_store_id=tally.store_id,
            chunking_strategy=strategy,
            attributes=entry.attributes or {},
            localassist=Progress(),
            batch_id=None if batch is None else batch.id,
            filename=self._store.get(File, entry.file_id).filename,
            ingestion=Ingestion(urgent=urgent),
        )
        if present is not None and _is_kept(present, strategy):
            attributes = present.attributes if entry.attributes is None else entry.attributes
            added = present.model_copy(
                update={"batch_id": added.batch_id or present.batch_id, "attributes": attributes}
            )
            self._set_attributes(added)
        elif present is not None:  # what an earlier ingestion brought is found until the new one takes its place
            added = added.model_copy(update={"usage_bytes": present.usage_bytes})
        self._save(tally, present, added)
        return added

    # --- files change -----------------------------------------------------------------------------------------------

    def change(self, file: VectorStoreFile, **changes: Any) -> VectorStoreFile:
        """Store a file with changes, and the counts that follow. The file must be as it is stored now."""
        changed = file.model_copy(update=changes)
        with self._store.transaction():
            tally = _Tally(self._store, file.vector_store_id)
            self._save(tally, file, changed)
            if "attributes" in changes:
                self._set_attributes(changed)
            tally.save()
        return changed

    def settle(self, file: VectorStoreFile, status: FileStatus, **changes: Any) -> None:
        """Store how the ingestion of a file has ended; nothing of one that failed is found."""
        with self._store.transaction():
            if status != "completed":
                self._forget_passages(file)
            self.change(file, **_finished(status), **changes)

    def cancel(self, files: Iterable[VectorStoreFile]) -> None:
        """Stop the ingestion of files of one store that are in progress."""
        with self._tallied(files) as pairs:
            for tally, file in pairs:
                if file.status == "in_progress":
                    self._forget_passages(file)
                    self._save(tally, file, file.model_copy(update=_finished("cancelled") | {"usage_bytes": 0}))

    def remove(self, files: Iterable[VectorStoreFile]) -> None:
        """Take files out of a store. What they brought cannot be found any more when the transaction ends."""
        with self._tallied(files) as pairs:
            for tally, file in pairs:
                self._forget_passages(file)
                self._save(tally, file, None)

    @contextmanager
    def _tallied(self, files: Iterable[VectorStoreFile]) -> Iterator[Iterator[tuple["_Tally", VectorStoreFile]]]:
        """Each file with the tally of its store, in one transaction."""
        tallies: dict[str, _Tally] = {}

        def pairs() -> Iterator[tuple[_Tally, VectorStoreFile]]:
            for file in files:
                tally = tallies.get(file.vector_store_id) or _Tally(self._store, file.vector_store_id)
                tallies[file.vector_store_id] = tally
                yield tally, file

        with self._store.transaction():
            yield pairs()
            for tally in tallies.values():
                tally.save()

    def forget_file(self, file_id: str) -> None:
        """A file was deleted for good."""
        if self._queue is not None:
            self._queue.forget(file_id)

    def forget_store(self, store_id: str) -> None:
        """Forget what the files of a store brought; the files themselves stay as they are."""
        if self._chunks is not None:
            self._chunks.remove_store(store_id)

    def _forget_passages(self, file: VectorStoreFile) -> None:
        if self._chunks is not None:
            self._chunks.remove(file.vector_store_id, file.file_id)

    def _set_attributes(self, file: VectorStoreFile) -> None:
        if self._chunks is not None:
            self._chunks.set_attributes(file.vector_store_id, file.file_id, file.attributes)

    def _save(self, tally: "_Tally", before: VectorStoreFile | None, after: VectorStoreFile | None) -> None:
        if after is None:
            assert before is not None
            self._store.delete(VectorStoreFile, before.id)
        elif before is None:
            self._store.insert(after)
        else:
            self._store.update(after)
        tally.note(before, after)


def _is_kept(present: VectorStoreFile, strategy: ChunkingStrategy) -> bool:
    """Whether a file that is added again need not be ingested again."""
    return present.status in ("completed", "in_progress") and present.chunking_strategy == strategy


def _finished(status: FileStatus) -> dict[str, Any]:
    """What changes when nothing is to be done for a file any more."""
    return {"status": status, "localassist": None, "ingestion": None}


class _Tally:
    """Changes of one store's counts, and of its batches', gathered and stored once.

    A batch keeps the count of a file that leaves the store: what became of it in this batch does not change any more.
    """

    def __init__(self, store: Store, store_id: str) -> None:
        self._store = store
        self.store_id = store_id
        found = store.get(VectorStore, store_id)
        self._vector_store = found
        self._counts = found.file_counts
        self._usage_bytes = found.usage_bytes
        self._batches: dict[str, FileBatch] = {}

    def note(self, before: VectorStoreFile | None, after: VectorStoreFile | None) -> None:
        """A file is now `after` what was `before`."""
        self._counts = self._counts.moved(before.status if before else None, after.status if after else None)
        self._usage_bytes += (after.usage_bytes if after else 0) - (before.usage_bytes if before else 0)
        left, joined = before and before.batch_id, after and after.batch_id
        if left and left == joined:
            assert before is not None
            assert after is not None
            self._move_in_batch(left, before.status, after.status)
            return
        if left and before is not None and before.status == "in_progress":
            self._move_in_batch(left, before.status, "cancelled")
        if joined and after is not None:
            self._move_in_batch(joined, None, after.status)

    def _move_in_batch(self, batch_id: str, before: FileStatus | None, after: FileStatus | None) -> None:
        batch = self._batches.get(batch_id) or self._store.find(FileBatch, batch_id)
        if batch is not None:
            moved = batch.file_counts.moved(before, after)
            self._batches[batch_id] = batch.model_copy(update={"file_counts": moved})

    def save(self) -> None:
        self._store.update(self._vector_store.with_counts(self._counts, usage_bytes=self._usage_bytes))
        for batch in self._batches.values():
            self._store.update(batch.with_counts(batch.file_counts))
