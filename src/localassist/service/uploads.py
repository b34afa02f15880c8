"""Uploads: a file sent in parts, completed in a given order."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from io import RawIOBase
from typing import BinaryIO, cast

from localassist.errors import Conflict, InvalidRequest, NotFound
from localassist.objects.base import new_id
from localassist.objects.files import CompleteUpload, CreateUpload, File, Upload, UploadInternal, UploadPart
from localassist.protocols import BlobStore, Store
from localassist.service.files import FileService
from localassist.service.references import fetch

EXPIRES_AFTER_S = 3600
MAX_PART_BYTES = 64 * 1024 * 1024
MAX_UPLOAD_BYTES = 8 * 1024 * 1024 * 1024


class UploadService:
    def __init__(self, store: Store, blobs: BlobStore, files: FileService, *, clock: Callable[[], int]) -> None:
        self._store = store
        self._blobs = blobs
        self._files = files
        self._clock = clock

    def create(self, body: CreateUpload) -> Upload:
        if body.bytes > MAX_UPLOAD_BYTES:
            raise InvalidRequest(
                f"Invalid 'bytes': integer above maximum value. Expected a value <= {MAX_UPLOAD_BYTES}, "
                f"but got {body.bytes} instead.",
                param="bytes",
                code="integer_above_max_value",
            )
        at = self._clock()
        expiry = None if body.expires_after is None else body.expires_after.seconds
        upload = Upload(
            id=new_id("upload_"),
            bytes=body.bytes,
            created_at=at,
            filename=body.filename,
            purpose=body.purpose,
            expires_at=at + EXPIRES_AFTER_S,
            internal=UploadInternal(mime_type=body.mime_type, expires_after_s=expiry),
        )
        self._store.insert(upload)
        return upload

    def add_part(self, upload_id: str, source: BinaryIO) -> UploadPart:
        self._pending(upload_id)
        part = UploadPart(id=new_id("part_"), created_at=self._clock(), upload_id=upload_id)
        self._blobs.write(part.id, source, max_bytes=MAX_PART_BYTES)
        self._store.insert(part)
        return part

    def complete(self, upload_id: str, body: CompleteUpload) -> Upload:
        """Join the parts in the given order into a file. Raises InvalidRequest when size or md5 do not match."""
        upload = self._pending(upload_id)
        self._check_parts(upload, body.part_ids)
        if body.md5 is not None:
            self._check_md5(body.part_ids, body.md5)
        file = self._join(upload, body.part_ids)
        completed = upload.model_copy(update={"status": "completed", "file": file})
        if not self._store.update(completed, only_if_status={"pending"}):
            self._files.delete(file.id)
            raise _not_pending(self._store.get(Upload, upload_id))
        self._drop_parts(upload_id)
        return completed

    def cancel(self, upload_id: str) -> Upload:
        upload = self._pending(upload_id)
        cancelled = upload.model_copy(update={"status": "cancelled"})
        if not self._store.update(cancelled, only_if_status={"pending"}):
            raise _not_pending(self._store.get(Upload, upload_id))
        self._drop_parts(upload_id)
        return cancelled

    def _pending(self, upload_id: str) -> Upload:
        upload = fetch(self._store, Upload, upload_id, param="upload_id")
        if upload.status == "pending" and upload.expires_at <= self._clock():
            upload = upload.model_copy(update={"status": "expired"})
            self._store.update(upload)
            self._drop_parts(upload_id)
        if upload.status != "pending":
            raise _not_pending(upload)
        return upload

    def _check_parts(self, upload: Upload, part_ids: Sequence[str]) -> None:
        if len(set(part_ids)) != len(part_ids):
            raise InvalidRequest("Each part can be used once.", param="part_ids", code="invalid_value")
        for part_id in part_ids:
            part = self._store.find(UploadPart, part_id)
            if part is None or part.upload_id != upload.id:
                raise NotFound(f"No upload part found with id '{part_id}'.", param="part_ids")
        size = sum(self._blobs.size(part_id) for part_id in part_ids)
        if size != upload.bytes:
            raise InvalidRequest(
                f"The parts are {size} bytes together, but the upload was declared with {upload.bytes} bytes.",
                param="part_ids",
            )

    def _check_md5(self, part_ids: Sequence[str], expected: str) -> None:
        digest = hashlib.md5(usedforsecurity=False)
        for part_id in part_ids:
            with self._blobs.open(part_id) as source:
                while block := source.read(1 << 20):
                    digest.update(block)
        if digest.hexdigest() != expected.lower():
            raise InvalidRequest(
                f"The md5 of the parts is {digest.hexdigest()}, not {expected}. Send the parts again.", param="md5"
            )

    def _join(self, upload: Upload, part_ids: Sequence[str]) -> File:
        with ExitStack() as stack:
            parts = [stack.enter_context(self._blobs.open(part_id)) for part_id in part_ids]
            return self._files.keep(
                filename=upload.filename,
                purpose=upload.purpose,
                source=cast(BinaryIO, _Joined(parts)),
                expires_after_s=upload.internal.expires_after_s,
                max_bytes=MAX_UPLOAD_BYTES,
            )

    def _drop_parts(self, upload_id: str) -> None:
        parts = self._store.all(UploadPart, upload_id=upload_id)
        self._store.delete_where(UploadPart, upload_id=upload_id)
        for part in parts:
            self._blobs.delete(part.id)


class _Joined(RawIOBase):
    """Several binary streams, one after the other."""

    def __init__(self, parts: Sequence[BinaryIO]) -> None:
        super().__init__()
        self._parts = list(parts)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while self._parts:
            if block := self._parts[0].read(size):
                return block
            self._parts.pop(0)
        return b""


def _not_pending(upload: Upload) -> Conflict:
    return Conflict(f"Upload {upload.id} has status '{upload.status}'; only a pending upload can be changed.")
