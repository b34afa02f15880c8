"""The bytes of files: one file per key in a directory, or in memory."""

import hashlib
import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from localassist.errors import InvalidRequest, StoreFailed
from localassist.store.durable import make_folder, remove_leftovers, replacing, sync_folder

_CHUNK_BYTES = 1 << 20
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", re.ASCII)


class DirectoryBlobs:
    """A `BlobStore` in a directory. One engine at a time may use it; see `DataDirectory`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._incoming = path / "incoming"
        with _translated(f"The folder {path}", "Check that it is yours and that the disk has room."):
            make_folder(self._incoming)
            remove_leftovers(self._incoming)

    def write(self, key: str, source: BinaryIO, *, max_bytes: int | None = None) -> int:
        """An error leaves what was stored under the key as it was."""
        target = self._place(key)
        remedy = "Check that the disk has room and that the folder is yours."
        with _translated(f"Writing the bytes of '{key}' to {self._path}", remedy):
            make_folder(target.parent)
            with replacing(target, self._incoming) as file:
                return _copy(key, source, file, max_bytes)

    def open(self, key: str) -> BinaryIO:
        with self._reading(key):
            return self._place(key).open("rb")

    def size(self, key: str) -> int:
        with self._reading(key):
            return self._place(key).stat().st_size

    def has(self, key: str) -> bool:
        return self._place(key).exists()

    def delete(self, key: str) -> None:
        """Nothing happens when the bytes are gone already."""
        target = self._place(key)
        with _translated(f"Deleting the bytes of '{key}' from {self._path}", "Check that the folder is yours."):
            if target.exists():
                target.unlink(missing_ok=True)
                sync_folder(target.parent)

    def _place(self, key: str) -> Path:
        """Spread over folders by hash, since the ids of imported files may all begin alike."""
        _check(key)
        digest = hashlib.sha256(key.encode()).hexdigest()
        return self._path / digest[:2] / digest[2:4] / key

    @contextmanager
    def _reading(self, key: str) -> Iterator[None]:
        with _translated(f"Reading the bytes of '{key}' from {self._path}", "Check the disk."):
            try:
                yield
            except FileNotFoundError as exc:
                raise _gone(key, f"from {self._path}") from exc


class MemoryBlobs:
    """A `BlobStore` that lasts as long as the process."""

    def __init__(self) -> None:
        self._bytes_by_key: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def write(self, key: str, source: BinaryIO, *, max_bytes: int | None = None) -> int:
        _check(key)
        target = io.BytesIO()
        size = _copy(key, source, target, max_bytes)
        with self._lock:
            self._bytes_by_key[key] = target.getvalue()
        return size

    def open(self, key: str) -> BinaryIO:
        return io.BytesIO(self._bytes(key))

    def size(self, key: str) -> int:
        return len(self._bytes(key))

    def has(self, key: str) -> bool:
        with self._lock:
            return key in self._bytes_by_key

    def delete(self, key: str) -> None:
        _check(key)
        with self._lock:
            self._bytes_by_key.pop(key, None)

    def _bytes(self, key: str) -> bytes:
        _check(key)
        with self._lock:
            if key not in self._bytes_by_key:
                raise _gone(key, "from memory")
            return self._bytes_by_key[key]


def _check(key: str) -> None:
    """Only what an id can be, so that no key names a place outside the directory."""
    if not _KEY.fullmatch(key):
        raise InvalidRequest(f"Invalid file id: {key!r}. Expected letters, digits, '-' and '_', at most 128.")


def _copy(key: str, source: BinaryIO, target: BinaryIO, max_bytes: int | None) -> int:
    size = 0
    while chunk := source.read(_CHUNK_BYTES):
        size += len(chunk)
        if max_bytes is not None and size > max_bytes:
            raise InvalidRequest(f"The file '{key}' is too large: the limit is {max_bytes} bytes.", param="file")
        target.write(chunk)
    return size


def _gone(key: str, where: str) -> StoreFailed:
    return StoreFailed(f"The bytes of '{key}' are gone {where}. Restore them from a backup, or upload the file again.")


@contextmanager
def _translated(what: str, remedy: str) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise StoreFailed(f"{what} failed ({exc.strerror or exc}). {remedy}") from exc
