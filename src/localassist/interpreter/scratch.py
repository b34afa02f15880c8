"""A short-named directory for sockets and other things that need not outlive the engine."""

import fcntl
import os
import tempfile
from pathlib import Path

from localassist.interpreter.sandbox import trees

PREFIX = "la-"  # short: the path of a socket has at most about 100 bytes
LOCK = "lock"


class Scratch:
    """Makes the directory, and deletes those that engines left behind which did not end well: nobody locks them."""

    def __init__(self) -> None:
        _sweep(Path(tempfile.gettempdir()))
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.path.chmod(0o711)  # a session's user passes through
        self._lock = os.open(self.path / LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def close(self) -> None:
        """Delete it; no code may be running in it any more."""
        trees.delete(self.path)
        os.close(self._lock)


def _sweep(directory: Path) -> None:
    for lock in directory.glob(f"{PREFIX}*/{LOCK}"):
        if lock.parent.stat().st_uid != os.geteuid():
            continue
        descriptor = os.open(lock, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            trees.delete(lock.parent)
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)
