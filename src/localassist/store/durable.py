"""Files that are on the disk, whole, or not there at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl

    _FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)
except ImportError:  # no such module on Windows
    _FULL_SYNC = None

_PREFIX, _SUFFIX = ".localassist-", ".part"


@contextmanager
def replacing(target: Path, scratch: Path) -> Iterator[BinaryIO]:
    """A file to write into that takes the place of `target` at the end, or vanishes when an error ends the block.

    `scratch` is a folder on the same file system; `remove_leftovers` clears what a crash leaves there.
    """
    descriptor, name = tempfile.mkstemp(dir=scratch, prefix=_PREFIX, suffix=_SUFFIX)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            _sync(file.fileno())
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    sync_folder(target.parent)


def remove_leftovers(scratch: Path) -> None:
    """Delete what writers that were killed have left. Nobody may be writing there."""
    for leftover in scratch.glob(f"{_PREFIX}*{_SUFFIX}"):
        leftover.unlink(missing_ok=True)


def make_folder(path: Path) -> None:
    """Make a folder for the owner alone, and its parents, so that they survive a power loss."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Put the names in a folder on the disk. Windows cannot, and need not."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)


def _sync(descriptor: int) -> None:
    """On macOS a plain fsync leaves the data in the drive's cache."""
    if _FULL_SYNC is not None:
        fcntl.fcntl(descriptor, _FULL_SYNC)
    else:
        os.fsync(descriptor)
