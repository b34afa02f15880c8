"""Reads and writes in a directory that hostile code shares: no link, pipe or name in it leads anywhere else."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from localassist.interpreter.sandbox import trees

_CHUNK_BYTES = 1 << 20
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class FileState(NamedTuple):
    """What tells whether a file has changed. The change time, unlike the others, cannot be set at will."""

    inode: int
    size_bytes: int
    mtime_ns: int
    ctime_ns: int


class FileRefused(OSError):
    """A file cannot be taken out; the message says why."""


class Copied(NamedTuple):
    """A copy that was made: its size, and the SHA-256 of its content in hex."""

    size_bytes: int
    sha256: str


class LocalDirectory:
    """A directory on this machine, as a workspace uses it. `uid` is whose the files laid in shall be, if not ours."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.uid: int | None = None

    def files(self, *, max_files: int) -> dict[str, FileState]:
        return files_below(self.root, max_files=max_files)

    def has(self, name: str) -> bool:
        return os.path.lexists(self.root / name)

    def copy_in(self, names: tuple[str, ...], source: BinaryIO) -> Copied:
        return copy_in(self.root, names, source, uid=self.uid)

    def copy_out(self, path: str, target: Path, *, max_bytes: int) -> Copied:
        return copy_out(self.root, path, target, max_bytes=max_bytes)

    def use(self, *, most_files: int) -> trees.TreeUse:
        return trees.measure(self.root, most_files=most_files)

    def trim(self, *, most_bytes: int, most_files: int) -> list[str]:
        return trees.trim(self.root, most_bytes=most_bytes, most_files=most_files)


def files_below(root: Path, *, max_files: int) -> dict[str, FileState]:
    """The regular files below a directory by their paths, at most `max_files`; hidden ones and caches left out."""
    found: dict[str, FileState] = {}
    parts: list[str] = []
    for entry in trees.walk(root):
        parts[entry.level - 1 :] = [entry.name]
        is_shown = not any(part.startswith(".") or part == "__pycache__" for part in parts)
        if is_shown and stat.S_ISREG(entry.status.st_mode):
            found["/".join(parts)] = _state(entry.status)
            if len(found) >= max_files:
                break
    return found


def copy_out(root: Path, path: str, target: Path, *, max_bytes: int) -> Copied:
    """Copy a file below `root` to `target`, which must not exist. Raises FileRefused."""
    try:
        file_fd = _open_below(root, path)
    except OSError as exc:
        raise FileRefused(f"it cannot be read ({exc.strerror})") from exc
    with os.fdopen(file_fd, "rb") as source:
        status = os.fstat(file_fd)
        if not stat.S_ISREG(status.st_mode):
            raise FileRefused("it is not a regular file")
        if status.st_size > max_bytes:
            raise FileRefused(f"its {status.st_size >> 20} MiB are more than the {max_bytes >> 20} MiB allowed")
        with target.open("xb") as copy:
            return _copy(source, copy, max_bytes=status.st_size)


def _open_below(root: Path, path: str) -> int:
    """Open a file one component at a time, so that no link on the way is followed."""
    *directories, name = path.split("/")
    directory_fd = os.open(root, _DIRECTORY & ~os.O_NOFOLLOW)
    try:
        for directory in directories:
            inner_fd = os.open(directory, _DIRECTORY, dir_fd=directory_fd)
            os.close(directory_fd)
            directory_fd = inner_fd
        return os.open(name, _FILE, dir_fd=directory_fd)
    finally:
        os.close(directory_fd)


def copy_in(root: Path, names: tuple[str, ...], source: BinaryIO, *, uid: int | None) -> Copied:
    """Write a file into `root` under each of its names, replacing whatever stands there, links themselves included."""
    token = os.urandom(8).hex()
    with _opened(os.open(root, _DIRECTORY & ~os.O_NOFOLLOW)) as root_fd:
        drafts = [f".la-{token}-{i}" for i in range(len(names))]
        try:
            with os.fdopen(_create(root_fd, drafts[0]), "wb") as draft:
                copied = _copy(source, draft)
                os.fchmod(draft.fileno(), 0o644)
                if uid is not None:
                    os.fchown(draft.fileno(), uid, uid)
            for other in drafts[1:]:
                os.link(drafts[0], other, src_dir_fd=root_fd, dst_dir_fd=root_fd, follow_symlinks=False)
            for draft_name, name in zip(drafts, names, strict=True):
                os.rename(draft_name, name, src_dir_fd=root_fd, dst_dir_fd=root_fd)
        except BaseException:
            for draft_name in drafts:
                _unlink_if_there(root_fd, draft_name)
            raise
    return copied


def _create(directory_fd: int, name: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(name, flags, 0o600, dir_fd=directory_fd)


def _unlink_if_there(directory_fd: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=directory_fd)
    except FileNotFoundError:
        return


def _copy(source: BinaryIO, target: BinaryIO, max_bytes: int | None = None) -> Copied:
    digest, num_bytes = hashlib.sha256(), 0
    while True:
        room = _CHUNK_BYTES if max_bytes is None else min(_CHUNK_BYTES, max_bytes - num_bytes)
        piece = source.read(room) if room else b""
        if not piece:
            return Copied(num_bytes, digest.hexdigest())
        digest.update(piece)
        target.write(piece)
        num_bytes += len(piece)


def _state(status: os.stat_result) -> FileState:
    return FileState(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@contextmanager
def _opened(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)
