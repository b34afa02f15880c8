"""Checks that ids in requests name something, in the contract's words; shared by the services."""

from collections.abc import Iterable
from typing import TypeVar

from localassist.errors import InvalidRequest, NotFound
from localassist.objects.base import StoredObject, check_id
from localassist.objects.file_types import extension_of, is_searchable
from localassist.objects.files import File
from localassist.objects.threads import CreateMessage, ImageFilePartBody
from localassist.protocols import Store

ObjectT = TypeVar("ObjectT", bound=StoredObject)


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


def check_searchable(store: Store, file_ids: Iterable[str], *, param: str) -> None:
    """Refuse ids of files that do not exist, and files of types that cannot be searched."""
    ids = list(dict.fromkeys(file_ids))
    check_files(store, ids, param=param)
    names = [store.get(File, file_id).filename for file_id in ids]
    refused = sorted({extension_of(name) for name in names if not is_searchable(name)})
    if refused:
        raise InvalidRequest(
            f"Files with extensions [{', '.join(refused)}] are not supported for retrieval. "
            "See https://platform.openai.com/docs/assistants/tools/file-search/supported-files",
            param=param,
            code="unsupported_file",
        )


def check_message_files(store: Store, body: CreateMessage, *, path: str = "") -> None:
    """Refuse a message that refers to files that do not exist; `path` is the message's place in the body."""
    attached = [attachment.file_id for attachment in body.attachments or ()]
    check_files(store, attached, param=f"{path}attachments")
    searched = [
        attachment.file_id
        for attachment in body.attachments or ()
        if any(tool.type == "file_search" for tool in attachment.tools or ())
    ]
    check_searchable(store, searched, param=f"{path}attachments")
    if not isinstance(body.content, str):
        images = [part.image_file.file_id for part in body.content if isinstance(part, ImageFilePartBody)]
        check_files(store, images, param=f"{path}content")
