"""Checks that ids in requests name something, in the contract's words; shared by the services."""

from collections.abc import Iterable
from typing import TypeVar

from localassist.errors import InvalidRequest, NotFound
from localassist.objects.base import StoredObject, check_id
from localassist.objects.files import File
from localassist.objects.threads import CreateMessage, ImageFilePartBody
from localassist.objects.tools import (
    CodeInterpreterResources,
    FileSearchResources,
    Tool,
    ToolResources,
    ToolResourcesBody,
    ToolResourcesCreationBody,
)
from localassist.protocols import Store

ObjectT = TypeVar("ObjectT", bound=StoredObject)

NO_VECTOR_STORES = (
    "Vector stores are not part of this version of localassist yet, so files cannot be attached for file_search."
)


def fetch(store: Store, kind: type[ObjectT], object_id: str, *, param: str) -> ObjectT:
    """The object, after a check that the id can be one of its kind. Raises InvalidRequest or NotFound."""
    check_id(object_id, param, kind.id_prefix.rstrip("_"))
    return store.get(kind, object_id)


def fetch_in_thread(store: Store, kind: type[ObjectT], thread_id: str, object_id: str, *, param: str) -> ObjectT:
    """As `fetch`, for what belongs to a thread: the thread's id has to be right as well."""
    check_id(thread_id, "thread_id", "thread")
    found = fetch(store, kind, object_id, param=param)
    if getattr(found, "thread_id", None) != thread_id:
        raise NotFound.of(kind.kind, object_id)
    return found


def check_files(store: Store, file_ids: Iterable[str], *, param: str) -> None:
    """Refuse ids of files that do not exist."""
    missing = [file_id for file_id in dict.fromkeys(file_ids) if store.find(File, file_id) is None]
    if missing:
        raise InvalidRequest(f"Files {missing} are invalid: they were not found", param=param)


def check_message_files(store: Store, body: CreateMessage, *, path: str = "") -> None:
    """Refuse a message that refers to files that do not exist; `path` is the message's place in the body."""
    attached = [attachment.file_id for attachment in body.attachments or ()]
    check_files(store, attached, param=f"{path}attachments")
    for attachment in body.attachments or ():
        if any(tool.type == "file_search" for tool in attachment.tools or ()):
            raise InvalidRequest(NO_VECTOR_STORES, param=f"{path}attachments")
    if not isinstance(body.content, str):
        images = [part.image_file.file_id for part in body.content if isinstance(part, ImageFilePartBody)]
        check_files(store, images, param=f"{path}content")


def resolve_resources(
    store: Store, asked: ToolResourcesBody | ToolResourcesCreationBody | None, tools: list[Tool] | None = None
) -> ToolResources:
    """Tool resources as stored: references checked, and the empty entry of a code interpreter materialised."""
    wants_code = any(tool.type == "code_interpreter" for tool in tools or ())
    code = CodeInterpreterResources() if wants_code else None
    search = None
    if asked is not None and asked.code_interpreter is not None:
        file_ids = asked.code_interpreter.file_ids or []
        check_files(store, file_ids, param="tool_resources.code_interpreter.file_ids")
        code = CodeInterpreterResources(file_ids=list(dict.fromkeys(file_ids)))
    if asked is not None and asked.file_search is not None:
        for store_id in asked.file_search.vector_store_ids or ():
            check_id(store_id, "tool_resources.file_search.vector_store_ids", "vs")
            raise NotFound.of("vector store", store_id)
        if getattr(asked.file_search, "vector_stores", None):
            raise InvalidRequest(NO_VECTOR_STORES, param="tool_resources.file_search.vector_stores")
        search = FileSearchResources()
    return ToolResources(code_interpreter=code, file_search=search)


def merge_resources(store: Store, stored: ToolResources, asked: ToolResourcesBody) -> ToolResources:
    """A given kind of resource replaces the stored one, null clears it, and one not given stays."""
    resolved = resolve_resources(store, asked)
    changes: dict[str, object] = {}
    if asked.given("code_interpreter"):
        changes["code_interpreter"] = resolved.code_interpreter or CodeInterpreterResources()
    if asked.given("file_search"):
        changes["file_search"] = resolved.file_search
    return stored.model_copy(update=changes)
