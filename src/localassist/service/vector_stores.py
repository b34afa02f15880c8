"""Vector stores: create, retrieve, list, modify, delete, expire; what runs and messages ask of them."""

from collections.abc import Callable, Sequence
from typing import Any

from localassist.errors import InvalidRequest
from localassist.objects.assistants import Assistant
from localassist.objects.base import Deleted, new_id
from localassist.objects.threads import Thread
from localassist.objects.tools import FileSearchResources, VectorStoreHelperBody
from localassist.objects.vector_stores import (
    CreateStoreFile,
    CreateVectorStore,
    FileBatch,
    ModifyVectorStore,
    StoreExpiry,
    StoreInternal,
    VectorStore,
    VectorStoreFile,
)
from localassist.protocols import Page, Slice, Store
from localassist.service.references import check_searchable, fetch
from localassist.service.store_ledger import StoreLedger

IMPLICIT_EXPIRY = StoreExpiry(days=7)  # contract §6.4: of stores made for a thread


class VectorStoreService:
    def __init__(self, store: Store, ledger: StoreLedger, *, clock: Callable[[], int]) -> None:
        self._store = store
        self._ledger = ledger
        self._clock = clock

    def create(self, body: CreateVectorStore) -> VectorStore:
        """Create the store and queue its files."""
        entries = [
            CreateStoreFile(file_id=file_id, chunking_strategy=body.chunking_strategy)
            for file_id in dict.fromkeys(body.file_ids or ())
        ]
        check_searchable(self._store, [entry.file_id for entry in entries], param="file_ids")
        expiry = None if body.expires_after is None else StoreExpiry(days=body.expires_after.days)
        made = self._new(expiry, name=body.name or "", description=body.description, metadata=body.metadata or {})
        return self._insert(made, entries)

    def create_for(
        self,
        helper: VectorStoreHelperBody,
        *,
        expires: bool,
        param: str,
        urgent: bool = False,
        made_for_v1: bool = False,
    ) -> VectorStore:
        """The creation helper of `tool_resources`; a thread's store `expires`, an assistant's does not."""
        file_ids = list(dict.fromkeys(helper.file_ids or ()))
        check_searchable(self._store, file_ids, param=f"{param}.file_ids")
        entries = [CreateStoreFile(file_id=one, chunking_strategy=helper.chunking_strategy) for one in file_ids]
        made = self._new(IMPLICIT_EXPIRY if expires else None, metadata=helper.metadata or {})
        made = made.model_copy(update={"internal": StoreInternal(made_for_v1=made_for_v1)})
        return self._insert(made, entries, urgent=urgent)

    def attach(self, thread: Thread, file_ids: Sequence[str]) -> Thread:
        """Add files to the thread's store, which is made when there is none that can be used; before a run does."""
        entries = [CreateStoreFile(file_id=file_id) for file_id in dict.fromkeys(file_ids)]
        for store_id in thread.tool_resources.vector_store_ids:
            present = self._store.find(VectorStore, store_id)
            if present is not None and self._current(present).status != "expired":
                self._ledger.add(store_id, entries, at=self._clock(), urgent=True)
                return thread
        made = self._insert(self._new(IMPLICIT_EXPIRY), entries, urgent=True)
        resources = thread.tool_resources.model_copy(
            update={"file_search": FileSearchResources(vector_store_ids=[made.id])}
        )
        changed = thread.model_copy(update={"tool_resources": resources})
        self._store.update(changed)
        return changed

    def get(self, store_id: str) -> VectorStore:
        return self._current(fetch(self._store, VectorStore, store_id, param="vector_store_id"))

    def usable(self, store_id: str) -> VectorStore:
        """As `get`; raises InvalidRequest when the store has expired."""
        found = self.get(store_id)
        if found.status == "expired":
            raise InvalidRequest(f"Vector store '{store_id}' has expired")
        return found

    def use(self, store_id: str) -> VectorStore:
        """As `usable`, and its expiry begins anew."""
        with self._store.transaction():
            used = self.usable(store_id).used(self._clock())
            self._store.update(used)
        return used

    def awaits_urgent(self, store_id: str) -> bool:
        """Whether files are being read for which runs wait."""
        unfinished = self._store.all(VectorStoreFile, vector_store_id=store_id, status="in_progress")
        return any(file.ingestion is not None and file.ingestion.urgent for file in unfinished)

    def page(self, page: Page) -> Slice[VectorStore]:
        self.expire_due()
        return self._store.page(VectorStore, page)

    def modify(self, store_id: str, body: ModifyVectorStore) -> VectorStore:
        """Setting `expires_after` counts as an activity, so that no store expires by being changed."""
        with self._store.transaction():
            changed = self.get(store_id)
            changes: dict[str, Any] = {}
            if body.given("name"):
                changes["name"] = body.name or ""
            if body.given("description"):
                changes["description"] = body.description
            if body.given("metadata"):
                changes["metadata"] = body.metadata or {}
            if body.given("expires_after"):
                changed = self.usable(store_id)
                days = body.expires_after and body.expires_after.days
                changes["expires_after"] = StoreExpiry(days=days) if days else None
            changed = changed.model_copy(update=changes)
            if body.given("expires_after"):
                changed = changed.used(self._clock())
            self._store.update(changed)
        return changed

    def delete(self, store_id: str) -> Deleted:
        """Delete the store, and every mention of it; its files stay."""
        self.get(store_id)
        with self._store.transaction():
            self._ledger.forget_store(store_id)
            self._store.delete_where(VectorStoreFile, vector_store_id=store_id)
            self._store.delete_where(FileBatch, vector_store_id=store_id)
            self._store.delete(VectorStore, store_id)
            for assistant in self._store.mentioning(Assistant, store_id):
                self._store.update(_without(assistant, store_id))
            for thread in self._store.mentioning(Thread, store_id):
                self._store.update(_without(thread, store_id))
        return Deleted(id=store_id, object="vector_store.deleted")

    def expire_due(self) -> None:
        """Let stores expire whose time is up: nothing is found in them any more; what they held is still listed."""
        for due in self._store.due(VectorStore, at=self._clock()):
            self._current(due)

    def _new(self, expiry: StoreExpiry | None, **given: Any) -> VectorStore:
        at = self._clock()
        made = VectorStore(id=new_id("vs_"), created_at=at, last_active_at=at, expires_after=expiry, **given)
        return made.used(at)

    def _insert(self, made: VectorStore, entries: Sequence[CreateStoreFile], *, urgent: bool = False) -> VectorStore:
        with self._store.transaction():
            self._store.insert(made)
            self._ledger.add(made.id, entries, at=self._clock(), urgent=urgent)
            return self._store.get(VectorStore, made.id)

    def _current(self, found: VectorStore) -> VectorStore:
        """The store as it is now: one whose time is up expires."""
        if found.expires_at is None or found.expires_at > self._clock() or found.status == "expired":
            return found
        with self._store.transaction():
            unfinished = self._store.all(VectorStoreFile, vector_store_id=found.id, status="in_progress")
            self._ledger.cancel(unfinished)
            self._ledger.forget_store(found.id)
            counted = self._store.get(VectorStore, found.id)
            expired = counted.model_copy(update={"status": "expired", "usage_bytes": 0})
            self._store.update(expired)
        return expired


def _without(owner: Assistant | Thread, store_id: str) -> Assistant | Thread:
    """The owner with the store taken out of its resources."""
    kept = [other for other in owner.tool_resources.vector_store_ids if other != store_id]
    resources = owner.tool_resources.model_copy(update={"file_search": FileSearchResources(vector_store_ids=kept)})
    return owner.model_copy(update={"tool_resources": resources})
