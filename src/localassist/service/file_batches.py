"""Batches of files for a vector store: create, retrieve, list the files, cancel."""

from collections.abc import Callable

from localassist.errors import NotFound
from localassist.objects.base import new_id
from localassist.objects.vector_stores import CreateFileBatch, FileBatch, VectorStoreFile
from localassist.protocols import Page, Slice, Store
from localassist.service.references import check_searchable, fetch
from localassist.service.store_files import page_of_files
from localassist.service.store_ledger import StoreLedger
from localassist.service.vector_stores import VectorStoreService


class FileBatchService:
    def __init__(
        self, store: Store, stores: VectorStoreService, ledger: StoreLedger, *, clock: Callable[[], int]
    ) -> None:
        self._store = store
        self._stores = stores
        self._ledger = ledger
        self._clock = clock

    def create(self, store_id: str, body: CreateFileBatch) -> FileBatch:
        """Queue all files of the batch, or none: one that is missing or cannot be searched refuses the batch."""
        self._stores.usable(store_id)
        entries = body.entries()
        param = "file_ids" if body.files is None else "files"
        check_searchable(self._store, [entry.file_id for entry in entries], param=param)
        batch = FileBatch(id=new_id("vsfb_"), created_at=self._clock(), vector_store_id=store_id)
        with self._store.transaction():
            self._store.insert(batch)
            self._ledger.add(store_id, entries, at=self._clock(), batch=batch)
            return self._store.get(FileBatch, batch.id)

    def get(self, store_id: str, batch_id: str) -> FileBatch:
        self._stores.get(store_id)
        batch = fetch(self._store, FileBatch, batch_id, param="batch_id")
        if batch.vector_store_id != store_id:
            raise NotFound.of(FileBatch.kind, batch_id)
        return batch

    def files(self, store_id: str, batch_id: str, page: Page, *, status: str | None = None) -> Slice[VectorStoreFile]:
        """The files of the batch that are still in the store."""
        self.get(store_id, batch_id)
        return page_of_files(self._store, store_id, page, status=status, batch_id=batch_id)

    def cancel(self, store_id: str, batch_id: str) -> FileBatch:
        """Stop what is not finished. A batch that has come to its end stays as it is."""
        with self._store.transaction():
            batch = self.get(store_id, batch_id)
            if batch.status == "in_progress":
                self._store.update(batch.model_copy(update={"status": "cancelled"}))
                self._ledger.cancel(self._store.all(VectorStoreFile, batch_id=batch_id, status="in_progress"))
            return self._store.get(FileBatch, batch_id)
