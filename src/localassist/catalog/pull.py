"""Getting a model: look it up, see that it fits, download with resume, check the hash, look inside, put it in place.

Nothing is in the models folder under its own name before all of that is done.
"""

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from localassist.catalog.description import ModelDescription, describe
from localassist.catalog.download import OnProgress, download, size_of, verify
from localassist.catalog.hub import Hub, RemoteFile
from localassist.catalog.names import PART, part_paths
from localassist.catalog.records import PullRecord, read_record, record_path, write_record
from localassist.catalog.rows import CatalogRow, find_row
from localassist.config import Config
from localassist.errors import DownloadFailed, InvalidRequest, ModelLoadFailed
from localassist.gguf import read_gguf
from localassist.objects.base import now

SPARE_BYTES = 256 * 1024 * 1024
_TARGET = re.compile(
    r"(?P<repository>[^/:@\s]+/[^/:@\s]+):(?P<file>[^:@]+\.gguf)(@(?P<revision>[^:@]+))?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model that is in place. `was_there` when nothing had to be downloaded."""

    name: str
    path: Path
    record: PullRecord
    about: ModelDescription
    was_there: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be pulled. `name` is what the model will be called."""

    name: str
    repository: str
    file: str
    revision: str = "main"
    sha256: str | None = None


def parse_target(target: str, *, name: str | None = None) -> Wanted:
    """A catalogue name, or `owner/repository:file.gguf`, with `@revision` if wanted. Raises InvalidRequest."""
    row = find_row(target)
    if row is not None:
        return _of_row(row, name)
    found = _TARGET.fullmatch(target.removeprefix("hf:"))
    if found is None:
        raise InvalidRequest(
            f"'{target}' is neither in the catalogue (see `localassist models list --catalog`) nor of the form "
            "owner/repository:file.gguf.",
            param="target",
        )
    stem = Path(found["file"]).stem
    part = PART.search(stem)
    given = name or (stem[: part.start()] if part else stem)
    return Wanted(_checked_name(given), found["repository"], found["file"], found["revision"] or "main")


def _of_row(row: CatalogRow, name: str | None) -> Wanted:
    return Wanted(_checked_name(name or row.name), row.repository, row.file, row.revision, row.sha256)


def _checked_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", name):
        raise InvalidRequest(f"'{name}' cannot be a model's name: use letters, digits, dots and dashes.", param="name")
    return name


def pull(
    config: Config,
    wanted: Wanted,
    *,
    on_progress: OnProgress = lambda _: None,
    pause: Callable[[float], None] = time.sleep,
) -> Pulled:
    """Download a model into the data directory. Raises DownloadFailed or ModelLoadFailed; what came stays to resume."""
    folder = config.directory / "models"
    scratch = folder / ".downloads"
    scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    hub = Hub(config)
    remotes = [hub.look_up(wanted.repository, file, wanted.revision) for file in _files(wanted.file)]
    _check_published(wanted, remotes)
    target = folder / _file_name(wanted, wanted.file)
    if (present := _present(target, remotes)) is not None:
        return Pulled(wanted.name, target, present, describe(target), was_there=True)
    with _alone(scratch / f"{wanted.name}.lock", wanted):
        parts = [scratch / f"{sha256(remote.etag.encode()).hexdigest()}.part" for remote in remotes]
        _check_room(folder, remotes, parts)
        download(hub, remotes, parts, on_progress, pause)
        hashes = verify(remotes, parts, on_progress)
        _look_inside(parts, wanted)
        _place(parts, part_paths(target))
    record = PullRecord(
        repository=wanted.repository,
        files=[remote.file for remote in remotes],
        revision=remotes[0].commit,
        sha256=hashes,
        is_published=all(remote.sha256 for remote in remotes),
        size_bytes=sum(remote.size_bytes for remote in remotes),
        pulled_at=now(),
    )
    write_record(target, record)
    return Pulled(wanted.name, target, record, describe(target), was_there=False)


def _files(file: str) -> list[str]:
    """The file, or all files of a model that is split."""
    folder, _, name = file.rpartition("/")
    return [f"{folder}/{path.name}" if folder else path.name for path in part_paths(Path(name))]


def _file_name(wanted: Wanted, file: str) -> str:
    part = PART.search(Path(file).stem)
    return f"{wanted.name}{part[0] if part else ''}.gguf"


def _check_published(wanted: Wanted, remotes: list[RemoteFile]) -> None:
    published = remotes[0].sha256
    if wanted.sha256 and published and published != wanted.sha256:
        raise DownloadFailed(
            f"{wanted.repository}:{wanted.file} is not the file the catalogue means any more: its SHA-256 is "
            f"{published}, not {wanted.sha256}. To take it all the same, name it as {wanted.repository}:{wanted.file}."
        )


def _present(target: Path, remotes: list[RemoteFile]) -> PullRecord | None:
    """The record of these very files, when they are in place. Raises InvalidRequest when others have the name."""
    paths = part_paths(target)
    if not any(path.exists() for path in paths):
        return None
    record = read_record(target)
    complete = all(
        path.is_file() and path.stat().st_size == remote.size_bytes
        for path, remote in zip(paths, remotes, strict=False)
    )
    if record and complete and all(remote.sha256 in (None, *record.sha256) for remote in remotes):
        return record
    raise InvalidRequest(
        f"Another model is installed as '{target.stem}'. Choose a name with --name, or remove it first: "
        f"localassist models remove {target.stem}",
        param="name",
    )


@contextmanager
def _alone(lock: Path, wanted: Wanted) -> Iterator[None]:
    """Keep a second download of the same name out."""
    from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]

    try:
        with WeakFileLock(lock, timeout=0.05):
            yield
    except TimeoutError as exc:  # what every version of the lock raises is one
        raise DownloadFailed(f"'{wanted.name}' is being downloaded by another process. Wait for it.") from exc


def _check_room(folder: Path, remotes: list[RemoteFile], parts: list[Path]) -> None:
    missing = sum(remote.size_bytes - size_of(part) for remote, part in zip(remotes, parts, strict=True))
    free = shutil.disk_usage(folder).free
    if missing > 0 and missing + SPARE_BYTES > free:
        raise DownloadFailed(
            f"There is no room in {folder}: {missing / 1e9:.1f} GB are still to come, {free / 1e9:.1f} GB are free. "
            "Free some space (`localassist models list` shows what is there), or choose another --data-dir."
        )


def _place(parts: list[Path], targets: list[Path]) -> None:
    """All files under their names, the first one last: it is what makes the model visible."""
    for part, target in reversed(list(zip(parts, targets, strict=True))):
        os.replace(part, target)


def _look_inside(parts: list[Path], wanted: Wanted) -> None:
    """A file that is no usable model is deleted again. Raises ModelLoadFailed."""
    for part in parts:
        try:
            read_gguf(part)
        except ModelLoadFailed as exc:
            part.unlink(missing_ok=True)
            raise ModelLoadFailed(f"{wanted.repository}:{wanted.file} is no usable GGUF model: {exc.message}") from exc


def remove(config: Config, path: Path) -> int:
    """Delete an installed model with its record; returns the bytes freed. Raises InvalidRequest for one elsewhere."""
    folder = config.directory / "models"
    if path.parent.resolve() != folder.resolve():
        raise InvalidRequest(f"{path} is not in {folder}, so it is not removed. Delete the file, or its setting.")
    freed = 0
    for part in part_paths(path):
        freed += size_of(part)
        part.unlink(missing_ok=True)
    record_path(path).unlink(missing_ok=True)
    return freed
