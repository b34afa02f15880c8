"""Directory trees that hostile code has made: measured, handed over, deleted. No link is followed."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

T = TypeVar("T")

MOST_LEVELS = 64  # of directories within each other; nothing below is looked at, and the watchdog stops who makes more
_MOST_LOCKS = 20  # times that code may lock a directory while it is read; more is an error, which ends its session
OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Entry(NamedTuple):
    """Something in a tree, as its directory (an open descriptor) lists it. `level` is 1 in the tree's root."""

    directory: int
    name: str
    status: os.stat_result
    level: int


class TreeUse(NamedTuple):
    """Bytes allocated, entries of any kind, and levels of directories."""

    size_bytes: int
    num_files: int
    num_levels: int


def measure(root: Path, *, most_files: int) -> TreeUse:
    """What the tree takes up. Counting ends beyond `most_files`, and one level beyond those allowed."""
    size_bytes = num_files = num_levels = 0
    for entry in walk(root):
        size_bytes += entry.status.st_blocks * 512
        num_files += 1
        num_levels = max(num_levels, entry.level)
        if num_files > most_files:
            break
    return TreeUse(size_bytes, num_files, num_levels)


def change_owner(root: Path, uid: int) -> None:
    """Of the tree and all in it."""
    os.chown(root, uid, uid, follow_symlinks=False)
    if stat.S_ISDIR(root.lstat().st_mode):
        for entry in walk(root):
            os.chown(entry.name, uid, uid, dir_fd=entry.directory, follow_symlinks=False)


def walk(root: Path) -> Iterator[Entry]:
    """Every entry, directories before what is in them, down to one level more than allowed; none without a root."""
    try:
        directory = _open(root)
    except FileNotFoundError:
        return
    try:
        yield from _walk(directory, level=1)
    finally:
        os.close(directory)


def trim(root: Path, *, most_bytes: int, most_files: int) -> list[str]:
    """Delete of what the root itself holds, newest first, until all keeps within limits; returns the names deleted.

    What is nested too deeply goes in any case. No code may be at work in the tree.
    """
    os.close(_open(root))
    uses = {path: _use_of(path, most_files=most_files) for path in root.iterdir()}
    size_bytes, num_files = sum(use.size_bytes for use in uses.values()), sum(use.num_files for use in uses.values())
    deleted: list[str] = []
    for path in sorted(uses, key=lambda path: (path.lstat().st_ctime_ns, path.name), reverse=True):
        use = uses[path]
        if size_bytes > most_bytes or num_files > most_files or use.num_levels > MOST_LEVELS:
            delete(path) if stat.S_ISDIR(path.lstat().st_mode) else path.unlink()
            size_bytes, num_files = size_bytes - use.size_bytes, num_files - use.num_files
            deleted.append(path.name)
    return deleted


def _use_of(path: Path, *, most_files: int) -> TreeUse:
    status = path.lstat()
    below = measure(path, most_files=most_files) if stat.S_ISDIR(status.st_mode) else TreeUse(0, 0, 0)
    return TreeUse(below.size_bytes + status.st_blocks * 512, below.num_files + 1, below.num_levels + 1)


def _open(root: Path) -> int:
    return _despite_locks(lambda: os.open(root, OPEN_DIRECTORY), lambda: _unlock(None, str(root)))


def _walk(directory: int, level: int) -> Iterator[Entry]:
    for name in _list(directory):
        try:
            status = _stat(directory, name)
        except FileNotFoundError:
            continue  # code is still at work in it
        yield Entry(directory, name, status, level)
        if stat.S_ISDIR(status.st_mode) and level <= MOST_LEVELS:
            below = _enter(directory, name)
            if below is not None:
                try:
                    yield from _walk(below, level + 1)
                finally:
                    os.close(below)


def _stat(directory: int, name: str) -> os.stat_result:
    """Of an entry, even where the directory was locked after it had been opened."""
    return _despite_locks(
        lambda: os.stat(name, dir_fd=directory, follow_symlinks=False), lambda: os.fchmod(directory, 0o700)
    )


def _list(directory: int) -> list[str]:
    try:
        return os.listdir(directory)
    except FileNotFoundError:
        return []


def _enter(directory: int, name: str) -> int | None:
    """Open a directory even where its owner has locked it; None when it is gone, or no directory any more."""

    def unlock() -> None:
        os.fchmod(directory, 0o700)
        _unlock(directory, name)

    try:
        return _despite_locks(lambda: os.open(name, OPEN_DIRECTORY, dir_fd=directory), unlock)
    except OSError as exc:
        if exc.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return None
        raise


def _despite_locks(deed: Callable[[], T], unlock: Callable[[], None]) -> T:
    """Do what a locked directory forbids, unlocking as often as code may lock. Raises PermissionError after that."""
    for _ in range(_MOST_LOCKS):
        with suppress(PermissionError):
            return deed()
        with suppress(PermissionError):
            unlock()
    return deed()


def _unlock(directory: int | None, name: str) -> None:
    """Give the owner of a directory all rights to it, without following a link put in its place."""
    descriptor = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory)
    try:
        os.chmod(f"/proc/self/fd/{descriptor}", 0o700)
    finally:
        os.close(descriptor)


def delete(root: Path) -> None:
    """Remove the tree of a session that has ended, however deep: directories are moved up before they are emptied."""
    try:
        top = _open(root)
    except FileNotFoundError:
        return
    try:
        _empty(top)
    finally:
        os.close(top)
    root.rmdir()


def _empty(top: int) -> None:
    num_moved = 0
    while names := os.listdir(top):
        for name in names:
            if not stat.S_ISDIR(os.stat(name, dir_fd=top, follow_symlinks=False).st_mode):
                os.unlink(name, dir_fd=top)
                continue
            below = _enter(top, name)
            if below is None:
                raise FileNotFoundError(errno.ENOENT, "somebody else is at work in the tree", name)
            try:
                num_moved = _move_up(below, top, num_moved)
            finally:
                os.close(below)
            os.rmdir(name, dir_fd=top)


def _move_up(below: int, top: int, num_moved: int) -> int:
    """Delete what a directory holds, but move directories in it to the top, under names that are free there."""
    for name in os.listdir(below):
        if not stat.S_ISDIR(os.stat(name, dir_fd=below, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=below)
            continue
        num_moved += 1
        while _exists(free := f"{num_moved}.moved", top):
            num_moved += 1
        os.rename(name, free, src_dir_fd=below, dst_dir_fd=top)
    return num_moved


def _exists(name: str, directory: int) -> bool:
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
