"""The data directory: who may use it, and how others find who does. What is in it belongs to the other modules."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from localassist.errors import DataDirectoryInUse, StoreFailed
from localassist.store.durable import make_folder, remove_leftovers, replacing

_LOCK = "engine.lock"
_ENGINE = "engine.json"


@dataclass(frozen=True, slots=True)
class EngineFile:
    """What the engine that holds a data directory says about itself. `url` is None when it serves nobody else."""

    pid: int
    url: str | None
    started_at: int


class DataDirectory:
    """A directory held by this engine alone until `close`; it is made, for the owner's eyes only, when missing.

    The lock is the operating system's, so it ends with the process however that dies. A child process that is
    forked and does not call exec keeps it.
    """

    def __init__(self, path: Path, *, started_at: int) -> None:
        self.path = path.absolute()
        self._started_at = started_at
        try:
            make_folder(self.path)
            self._lock = _take(self.path)
        except OSError as exc:
            raise StoreFailed(
                f"The data directory {self.path} cannot be used ({exc.strerror or exc}). "
                "Check that it is a folder of yours on a disk with room, or choose another one."
            ) from exc
        try:
            remove_leftovers(self.path)
            self.announce(None)
        except BaseException:
            self._lock.release()
            raise

    @property
    def database_path(self) -> Path:
        return self.path / "localassist.db"

    @property
    def blobs_path(self) -> Path:
        return self.path / "files"

    def announce(self, url: str | None) -> None:
        """Tell other processes where this engine serves."""
        engine = EngineFile(pid=os.getpid(), url=url, started_at=self._started_at)
        try:
            with replacing(self.path / _ENGINE, self.path) as file:
                file.write(json.dumps(asdict(engine)).encode())
        except OSError as exc:
            raise StoreFailed(f"{self.path / _ENGINE} cannot be written ({exc.strerror or exc}).") from exc

    def close(self) -> None:
        """Give the directory back. May be called again."""
        if self._lock.is_locked:
            (self.path / _ENGINE).unlink(missing_ok=True)
            self._lock.release()


def read_engine_file(path: Path) -> EngineFile | None:
    """The engine that holds the directory now; None when nobody does, whatever a dead one has left behind."""
    engine = _parsed(path / _ENGINE)
    if engine is None or not _is_alive(engine.pid):
        return None
    try:
        _take(path).release()  # the pid is another program's by now if nobody holds the lock
    except DataDirectoryInUse:
        return engine
    except OSError:
        return None
    return None


def _take(path: Path) -> FileLock:
    lock = FileLock(path / _LOCK, timeout=0, thread_local=False, mode=0o600)
    try:
        lock.acquire()
    except Timeout as exc:
        raise DataDirectoryInUse(_in_use(path)) from exc
    return lock


def _in_use(path: Path) -> str:
    engine = _parsed(path / _ENGINE)
    holder, remedy = "another engine", "Stop that engine"
    if engine is not None:
        holder = f"the engine with process id {engine.pid}"
        if engine.url is not None:
            holder += f", which serves {engine.url}"
            remedy = "Connect to it, stop it"
    return f"The data directory {path} is in use by {holder}. {remedy}, or choose another data directory."


def _parsed(path: Path) -> EngineFile | None:
    try:
        data = json.loads(path.read_bytes())
        return EngineFile(pid=int(data["pid"]), url=data["url"], started_at=int(data["started_at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_alive(pid: int) -> bool:
    if os.name == "nt" or pid <= 0:
        return pid > 0  # there the lock alone decides: signal 0 is not harmless on Windows
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True
