"""A short-named directory for sockets and other things that need not outlive the engine."""

import fcntl
import logging
import os
import tempfile
from pathlib import Path

from localassist.interpreter.sandbox import trees

logger = logging.getLogger(__name__)

PREFIX = "la-"  # short: the path of a socket has at most about 100 bytes
LOCK = "lock"


class Scratch:
    """Makes the directory, and deletes those that engines left behind which did not end well: nobody locks them."""

    def __init__(self) -> None:
        _sweep(Path(tempfile.gettempdir()))
        draft = Path(tempfile.mkdtemp(prefix=f".{PREFIX}"))  # found by no other engine until its lock is held
        draft.chmod(0o711)  # a session's user passes through
        self._lock = os.open(draft / LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.path = draft.rename(draft.with_name(draft.name.removeprefix(".")))

    def close(self) -> None:
        """Delete it; no code may be running in it any more."""
        trees.delete(self.path)
        os.close(self._lock)


def _sweep(directory: Path) -> None:
    for lock in directory.glob(f"{PREFIX}*/{LOCK}"):
        try:
            _delete_if_left(lock)
        except FileNotFoundError:
            continue  # its engine, or another that starts, has just deleted it
        except OSError as exc:
            logger.warning("%s is left alone: it cannot be deleted now (%s)", lock.parent, exc)


def _delete_if_left(lock: Path) -> None:
    if lock.parent.stat().st_uid != os.geteuid():
        return
    descriptor = os.open(lock, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        trees.delete(lock.parent)
    except BlockingIOError:
        return
    finally:
        os.close(descriptor)
