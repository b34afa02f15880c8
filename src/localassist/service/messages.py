"""Messages of a thread: create, retrieve, list, modify, delete."""

from collections.abc import Callable

from localassist.errors import Conflict
from localassist.objects.base import Deleted, check_id, new_id
from localassist.objects.runs import Run
from localassist.objects.threads import (
    Attachment,
    AttachmentToolEcho,
    CreateMessage,
    Message,
    ModifyMessage,
    Thread,
)
from localassist.protocols import Page, Slice, Store
from localassist.runs.lifecycle import ACTIVE
from localassist.service.references import check_message_files, fetch, fetch_in_thread
from localassist.service.resources import with_code_files
from localassist.service.vector_stores import VectorStoreService


class MessageService:
    def __init__(self, store: Store, stores: VectorStoreService, *, clock: Callable[[], int]) -> None:
        self._store = store
        self._stores = stores
        self._clock = clock

    def create(self, thread_id: str, body: CreateMessage) -> Message:
        """Add a message. Raises Conflict while a run of the thread is active."""
        fetch(self._store, Thread, thread_id, param="thread_id")
        check_message_files(self._store, body)
        with self._store.transaction():
            for run in self._store.all(Run, thread_id=thread_id, status=ACTIVE):
                raise Conflict(f"Can't add messages to {thread_id} while a run {run.id} is active.")
            return self.append(thread_id, body)

    def append(self, thread_id: str, body: CreateMessage) -> Message:
        """Store a checked message and give the thread what it brings; inside the caller's transaction."""
        at = self._clock()
        attachments = [
            Attachment(file_id=given.file_id, tools=[AttachmentToolEcho(type=tool.type) for tool in given.tools or ()])
            for given in body.attachments or ()
        ]
        message = Message(
            id=new_id("msg_"),
            created_at=at,
            thread_id=thread_id,
            completed_at=at,
            role=body.role,
            content=body.parts(),
            attachments=attachments,
            metadata=body.metadata or {},
        )
        self._store.insert(message)
        if attachments:
            self._attach(thread_id, attachments, max_code_files=body.max_code_files)
        return message

    def _attach(self, thread_id: str, attachments: list[Attachment], *, max_code_files: int | None) -> None:
        """Attached files become the thread's: for the code interpreter, and in its vector store (contract §6.4)."""
        thread = self._store.get(Thread, thread_id)
        if code_files := _attached_for("code_interpreter", attachments):
            resources = with_code_files(
                thread.tool_resources, code_files, max_files=max_code_files, param="attachments"
            )
            thread = thread.model_copy(update={"tool_resources": resources})
            self._store.update(thread)
        if searched := _attached_for("file_search", attachments):
            self._stores.attach(thread, searched)

    def get(self, thread_id: str, message_id: str) -> Message:
        return fetch_in_thread(self._store, Message, thread_id, message_id, param="message_id")

    def page(self, thread_id: str, page: Page, *, run_id: str | None = None) -> Slice[Message]:
        fetch(self._store, Thread, thread_id, param="thread_id")
        if run_id is None:
            return self._store.page(Message, page, thread_id=thread_id)
        check_id(run_id, "run_id", "run")
        return self._store.page(Message, page, thread_id=thread_id, run_id=run_id)

    def modify(self, thread_id: str, message_id: str, body: ModifyMessage) -> Message:
        with self._store.transaction():
            message = self.get(thread_id, message_id)
            if body.given("metadata"):
                message = message.model_copy(update={"metadata": body.metadata or {}})
                self._store.update(message)
        return message

    def delete(self, thread_id: str, message_id: str) -> Deleted:
        self.get(thread_id, message_id)
        self._store.delete(Message, message_id)
        return Deleted(id=message_id, object="thread.message.deleted")


def _attached_for(tool_type: str, attachments: list[Attachment]) -> list[str]:
    return [
        attachment.file_id for attachment in attachments if any(tool.type == tool_type for tool in attachment.tools)
    ]
