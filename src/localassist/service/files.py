"""Files: create, retrieve, list, content, delete."""

from collections.abc import Callable
from typing import BinaryIO

from localassist.errors import FileNotFound, InvalidRequest
from localassist.objects.assistants import Assistant
from localassist.objects.base import Deleted, new_id
from localassist.objects.files import DOWNLOADABLE, UPLOAD_PURPOSES, File, FileExpiry
from localassist.objects.threads import Thread
from localassist.objects.vector_stores import VectorStoreFile
from localassist.protocols import BlobStore, Page, Slice, Store
from localassist.service.store_ledger import StoreLedger

MAX_FILE_BYTES = 512 * 1024 * 1024


class FileService:
    def __init__(self, store: Store, blobs: BlobStore, ledger: StoreLedger, *, clock: Callable[[], int]) -> None:
        self._store = store
        self._blobs = blobs
        self._ledger = ledger
        self._clock = clock

    def create(self, *, filename: str, purpose: str, source: BinaryIO, expires_after: FileExpiry | None = None) -> File:
        """Keep the bytes of `source` as a file; the bytes are durable before the object exists."""
        if purpose not in UPLOAD_PURPOSES:
            raise InvalidRequest(f"'{purpose}' is not one of {list(UPLOAD_PURPOSES)} - 'purpose'", param="purpose")
        seconds = None if expires_after is None else expires_after.seconds
        return self.keep(filename=filename, purpose=purpose, source=source, expires_after_s=seconds)

    def keep(
        self,
        *,
        filename: str,
        purpose: str,
        source: BinaryIO,
        expires_after_s: int | None = None,
        max_bytes: int = MAX_FILE_BYTES,
    ) -> File:
        """As `create`, for files the engine makes itself and for finished uploads."""
        file_id = new_id("file-")
        size = self._blobs.write(file_id, source, max_bytes=max_bytes)
        at = self._clock()
        file = File(
            id=file_id,
            purpose=purpose,
            filename=filename,
            bytes=size,
            created_at=at,
            expires_at=None if expires_after_s is None else at + expires_after_s,
        )
        self._store.insert(file)
        return file

    def keep_output(self, filename: str, source: BinaryIO) -> File:
        """Keep a file that an assistant's code made."""
        return self.keep(filename=filename, purpose="assistants_output", source=source)

    def get(self, file_id: str) -> File:
        file = self._store.find(File, file_id)
        if file is None:
            raise FileNotFound(file_id)
        if file.expires_at is not None and file.expires_at <= self._clock():
            self._remove(file)
            raise FileNotFound(file_id)
        return file

    def page(self, page: Page, *, purpose: str | None = None) -> Slice[File]:
        self._remove_expired()
        if purpose is None:
            return self._store.page(File, page)
        return self._store.page(File, page, purpose=purpose)

    def open_content(self, file_id: str) -> tuple[File, BinaryIO]:
        """The file and its bytes, for the caller to close. Raises InvalidRequest for purposes that stay private."""
        file = self.get(file_id)
        if file.purpose not in DOWNLOADABLE:
            raise InvalidRequest(f"Not allowed to download files of purpose: {file.purpose}")
        return file, self._blobs.open(file.id)

    def delete(self, file_id: str) -> Deleted:
        """Delete the file everywhere it is used."""
        self._remove(self.get(file_id))
        return Deleted(id=file_id, object="file")

    def _remove_expired(self) -> None:
        now = self._clock()
        for file in self._store.due(File, at=now):
            self._remove(file)

    def _remove(self, file: File) -> None:
        with self._store.transaction():
            for owner in self._store.mentioning(Assistant, file.id):
                self._store.update(_without(owner, file.id))
            for thread in self._store.mentioning(Thread, file.id):
                self._store.update(_without(thread, file.id))
            self._ledger.remove(self._store.all(VectorStoreFile, file_id=file.id))
            self._store.delete(File, file.id)
        self._ledger.forget_file(file.id)
        self._blobs.delete(file.id)


def _without(owner: Assistant | Thread, file_id: str) -> Assistant | Thread:
    """The owner with the file taken out of its code interpreter's resources."""
    code = owner.tool_resources.code_interpreter
    if code is None:
        return owner
    kept = [other for other in code.file_ids if other != file_id]
    resources = owner.tool_resources.model_copy(update={"code_interpreter": code.model_copy(update={"file_ids": kept})})
    return owner.model_copy(update={"tool_resources": resources})
