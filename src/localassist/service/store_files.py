"""Files in vector stores: add, retrieve, list, change attributes, remove, text."""

from collections.abc import Callable
from dataclasses import replace

from localassist.errors import Conflict, InvalidRequest, NotFound
from localassist.objects.base import Deleted
from localassist.objects.store_search import FileContentPage, PassageText
from localassist.objects.vector_stores import CreateStoreFile, ModifyStoreFile, VectorStoreFile
from localassist.protocols import ChunkStore, Page, Slice, Store
from localassist.service.references import check_searchable
from localassist.service.store_ledger import StoreLedger
from localassist.service.vector_stores import VectorStoreService

STATUSES = ("in_progress", "completed", "failed", "cancelled")


class StoreFileService:
    """Files in vector stores: add, retrieve, list, change attributes, remove, and their text."""

    def __init__(
        self,
        store: Store,
        stores: VectorStoreService,
        ledger: StoreLedger,
        chunks: ChunkStore | None,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._stores = stores
        self._ledger = ledger
        self._chunks = chunks
        self._clock = clock

    def add(
        self, store_id: str, body: CreateStoreFile, *, urgent: bool = False, at: int | None = None
    ) -> VectorStoreFile:
        """Queue a file for ingestion, as added `at` a time, or now.

        Raises InvalidRequest for a file that is missing or cannot be searched.
        """
        self._stores.usable(store_id)
        check_searchable(self._store, [body.file_id], param="file_id")
        (added,) = self._ledger.add(store_id, [body], at=self._clock() if at is None else at, urgent=urgent)
        return added

    def get(self, store_id: str, file_id: str) -> VectorStoreFile:
        self._stores.get(store_id)
        found = self._store.find(VectorStoreFile, VectorStoreFile.key(store_id, file_id))
        if found is None:
            raise NotFound(f"No file found with id '{file_id}' in vector store '{store_id}'.")
        return found

    def page(self, store_id: str, page: Page, *, status: str | None = None) -> Slice[VectorStoreFile]:
        """Cursors are the ids of files."""
        self._stores.get(store_id)
        return page_of_files(self._store, store_id, page, status=status)

    def modify(self, store_id: str, file_id: str, body: ModifyStoreFile) -> VectorStoreFile:
        with self._store.transaction():
            return self._ledger.change(self.get(store_id, file_id), attributes=body.attributes or {})

    def remove(self, store_id: str, file_id: str) -> Deleted:
        """Take the file out of the store; the file itself stays."""
        with self._store.transaction():
            self._ledger.remove([self.get(store_id, file_id)])
        return Deleted(id=file_id, object="vector_store.file.deleted")

    def content(self, store_id: str, file_id: str) -> FileContentPage:
        """The text as it was extracted. Raises Conflict while there is none, and after a failure."""
        file = self.get(store_id, file_id)
        self._stores.usable(store_id)
        if file.status != "completed" or self._chunks is None:
            raise Conflict(f"The file '{file_id}' has status '{file.status}'; only a completed file has content.")
        text = ""
        for chunk in self._chunks.chunks_of(store_id, file_id):
            text += "\n" * (chunk.start - len(text))  # only white space lies between chunks
            text += chunk.text[len(text) - chunk.start :]
        return FileContentPage(data=[PassageText(text=text)])


def page_of_files(
    store: Store, store_id: str, page: Page, *, status: str | None, batch_id: str | None = None
) -> Slice[VectorStoreFile]:
    """A page of a store's files, or of those of one batch, by the ids of files."""
    if status is not None and status not in STATUSES:
        raise InvalidRequest(
            f"Invalid value: '{status}'. Supported values are: 'in_progress', 'completed', 'failed', and 'cancelled'.",
            param="filter",
            code="invalid_value",
        )
    after = page.after and VectorStoreFile.key(store_id, page.after)
    before = page.before and VectorStoreFile.key(store_id, page.before)
    filters = {"vector_store_id": store_id, "status": status, "batch_id": batch_id}
    given = {name: value for name, value in filters.items() if value is not None}
    return store.page(VectorStoreFile, replace(page, after=after, before=before), **given)
