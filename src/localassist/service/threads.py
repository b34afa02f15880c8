"""Threads: create, retrieve, modify, delete."""

from collections.abc import Callable
from typing import Any

from localassist.objects.base import Deleted, new_id
from localassist.objects.runs import Run, RunStep
from localassist.objects.threads import CreateThread, Message, ModifyThread, Thread
from localassist.protocols import EventBus, Page, Slice, Store
from localassist.runs.lifecycle import ACTIVE
from localassist.runs.worker import RunWorkers
from localassist.service.messages import MessageService
from localassist.service.references import check_message_files, fetch
from localassist.service.resources import ResourceService


class ThreadService:
    def __init__(
        self,
        store: Store,
        bus: EventBus,
        workers: RunWorkers,
        messages: MessageService,
        resources: ResourceService,
        *,
        forget_session: Callable[[str], None],
        clock: Callable[[], int],
    ) -> None:
        """`forget_session` is told the id of each deleted thread, whose code session then goes as well."""
        self._store = store
        self._bus = bus
        self._workers = workers
        self._messages = messages
        self._resources = resources
        self._forget_session = forget_session
        self._clock = clock

    def create(self, body: CreateThread) -> Thread:
        """Create the thread with its first messages, in one transaction."""
        self.check(body)
        with self._store.transaction():
            thread = Thread(
                id=new_id("thread_"),
                created_at=self._clock(),
                metadata=body.metadata or {},
                tool_resources=self._resources.resolve(body.tool_resources, stores_expire=True),
            )
            self._store.insert(thread)
            for message in body.messages or ():
                self._messages.append(thread.id, message)
            return self._store.get(Thread, thread.id)

    def check(self, body: CreateThread, *, path: str = "") -> None:
        """Refuse what cannot be stored, before anything is."""
        for index, message in enumerate(body.messages or ()):
            check_message_files(self._store, message, path=f"{path}messages[{index}].")

    def get(self, thread_id: str) -> Thread:
        return fetch(self._store, Thread, thread_id, param="thread_id")

    def page(self, page: Page, *, search: str | None = None) -> Slice[Thread]:
        """An extension: the contract has no list of threads. `search` is a text in their titles or messages."""
        if search is None:
            return self._store.page(Thread, page)
        wanted = search.casefold()
        threads = {thread.id for thread in self._store.all(Thread) if _has(thread.metadata, wanted)}
        threads |= {message.thread_id for message in self._store.all(Message) if _has(message.content, wanted)}
        return self._store.page(Thread, page, id=threads)

    def modify(self, thread_id: str, body: ModifyThread) -> Thread:
        with self._store.transaction():
            thread = self.get(thread_id)
            changes: dict[str, Any] = {}
            if body.given("metadata"):
                changes["metadata"] = body.metadata or {}
            if body.tool_resources is not None:
                changes["tool_resources"] = self._resources.merge(thread.tool_resources, body.tool_resources)
            changed = thread.model_copy(update=changes)
            self._store.update(changed)
        return changed

    def delete(self, thread_id: str) -> Deleted:
        """Delete the thread with its messages, runs and code session; a run at work is stopped."""
        self.get(thread_id)
        with self._store.transaction():
            active = self._store.all(Run, thread_id=thread_id, status=ACTIVE)
            self._store.delete_where(RunStep, thread_id=thread_id)
            self._store.delete_where(Run, thread_id=thread_id)
            self._store.delete_where(Message, thread_id=thread_id)
            self._store.delete(Thread, thread_id)
        for run in active:
            if not self._workers.stop(run.id, "cancelled"):
                self._bus.end(run.id)
        self._forget_session(thread_id)
        return Deleted(id=thread_id, object="thread.deleted")


def _has(value: Any, wanted: str) -> bool:
    """Whether a metadata value or a text part has the wanted text, whatever the case of its letters."""
    if isinstance(value, dict):
        return any(wanted in text.casefold() for text in value.values())
    return any(part.type == "text" and wanted in part.text.value.casefold() for part in value)
