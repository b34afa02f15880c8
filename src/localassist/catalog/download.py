"""The bytes of a model: downloaded into scratch files that a later attempt goes on from, then hashed."""

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from localassist.catalog.hub import Hub, RemoteFile
from localassist.errors import DownloadFailed

# Connections that may break in a row without one new byte.
MAX_BREAKS = 5
_CHUNK = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: bytes of all files of the model together."""

    stage: Literal["download", "verify"]
    done: int
    total: int


OnProgress = Callable[[Progress], None]


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def download(
    hub: Hub,
    remotes: list[RemoteFile],
    parts: list[Path],
    on_progress: OnProgress,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Bring every file to its full length. Raises DownloadFailed; what has come stays."""
    total = sum(remote.size_bytes for remote in remotes)
    before = 0
    for remote, part in zip(remotes, parts, strict=True):
        start = before

        def report(size: int, start: int = start) -> None:
            on_progress(Progress("download", start + size, total))

        report(size_of(part))
        _download_one(hub, remote, part, report, pause)
        before += remote.size_bytes


def _download_one(
    hub: Hub, remote: RemoteFile, part: Path, report: Callable[[int], None], pause: Callable[[float], None]
) -> None:
    """Go on where the file ends, again after every break, until it is whole or nothing more comes."""
    if size_of(part) > remote.size_bytes:
        part.unlink()
    breaks = 0
    while size_of(part) < remote.size_bytes:
        had = size_of(part)
        if not _try_once(hub, remote, part, report):
            breaks = 0 if size_of(part) > had else breaks + 1
            if breaks > MAX_BREAKS:
                raise DownloadFailed(
                    f"The connection broke at {size_of(part) / 1e9:.2f} of {remote.size_bytes / 1e9:.2f} GB of "
                    f"{remote.file}, again and again. Run the command again: it goes on from there."
                )
            pause(float(breaks))


def _try_once(hub: Hub, remote: RemoteFile, part: Path, report: Callable[[int], None]) -> bool:
    try:
        with part.open("r+b" if part.exists() else "w+b") as file:
            have = file.seek(0, os.SEEK_END)
            finished = hub.fetch(remote, _Sink(file, report), have_bytes=have)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
    except OSError as exc:
        if exc.errno is None:  # http_get's own: the length is not the one that was promised
            part.unlink(missing_ok=True)
            raise DownloadFailed(f"The hub sends another length of {remote.file} than it says. Try again.") from exc
        raise DownloadFailed(f"{part} cannot be written: {exc.strerror}. Free some space, and run it again.") from exc
    return finished


class _Sink:
    """A file that reports how much is in it; all that `http_get` asks of one."""

    def __init__(self, file: Any, report: Callable[[int], None]) -> None:
        self._file = file
        self._report = report

    def write(self, data: bytes) -> int:
        written: int = self._file.write(data)
        self._report(self._file.tell())
        return written

    def seek(self, *place: int) -> int:
        return int(self._file.seek(*place))

    def tell(self) -> int:
        return int(self._file.tell())

    def truncate(self, *size: int) -> int:
        return int(self._file.truncate(*size))


def verify(remotes: list[RemoteFile], parts: list[Path], on_progress: OnProgress) -> list[str]:
    """The hashes of the files. One that is not what the hub published is deleted."""
    total = sum(remote.size_bytes for remote in remotes)
    done = 0
    hashes = []
    for remote, part in zip(remotes, parts, strict=True):
        digest = hashlib.sha256()
        with part.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                done += len(chunk)
                on_progress(Progress("verify", done, total))
        if remote.sha256 is not None and digest.hexdigest() != remote.sha256:
            part.unlink()
            raise DownloadFailed(
                f"{remote.file} arrived damaged: its SHA-256 is {digest.hexdigest()}, the hub publishes "
                f"{remote.sha256}. It was deleted; run the command again."
            )
        hashes.append(digest.hexdigest())
    return hashes
