"""A session's files: laid in before a cell, found and copied out after it.

A workspace outlives its kernel. Its directory holds `data` (what the code sees), `copies` (files taken out, until their
readers are done) and `session.json` (whose it is, and what was laid in or taken out).
"""

import json
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from localassist.interpreter.directory import (
    FileRefused,
    FileState,
    copy_in,
    copy_out,
    exists_in,
    files_below,
)
from localassist.interpreter.names import file_name, free_name, readable_path
from localassist.interpreter.sandbox import trees
from localassist.protocols import CellFile, SessionFile

MANIFEST = "session.json"
WORKSPACE_PREFIX = "w-"
MAX_FILES_OUT = 20
MAX_FILE_BYTES = 50 << 20


@dataclass(slots=True)
class Manifest:
    """`laid_in`: names by file id. `known`: the SHA-256 of each path's content when it was last seen."""

    session: str | None = None
    laid_in: dict[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)


class Collected(NamedTuple):
    """New and changed files, and remarks on those that were not taken."""

    files: list[CellFile]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What a session may hold and a cell may give out."""

    disk_bytes: int
    num_files: int
    max_file_bytes: int = MAX_FILE_BYTES
    max_files_out: int = MAX_FILES_OUT


class Workspace:
    """The files of one session, in a directory on this machine. One thread at a time."""

    def __init__(self, root: Path, limits: FileLimits) -> None:
        self.root = root
        self.data = root / "data"
        self.uid: int | None = None
        self._copies = root / "copies"
        self._limits = limits
        self._before: dict[str, FileState] = {}
        self._num_copies = 0
        for directory in (root, self.data, self._copies):
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._manifest = _read_manifest(root)
        for leftover in self._copies.iterdir():
            leftover.unlink()

    @property
    def session(self) -> str | None:
        """The key of the session it belongs to; None while it waits for one."""
        return self._manifest.session

    def belong_to(self, session: str) -> None:
        """Bind it to a session, for good."""
        self._manifest.session = session
        self._save()

    def put(self, files: Sequence[SessionFile]) -> list[str]:
        """Lay in the files that are not there yet, under their names and ids. Returns remarks for the model."""
        missing = [file for file in files if not self._has(file.file_id)]
        if not missing:
            return []
        present = files_below(self.data, max_files=self._limits.num_files)
        room = self._limits.disk_bytes - sum(state.size_bytes for state in present.values())
        notes = []
        for file in missing:
            if file.size_bytes > room:
                notes.append(f"{file.file_id} ({file.size_bytes >> 20} MiB) is not here: the session's disk is full")
                continue
            room -= file.size_bytes
            notes += self._lay_in(file, {path.split("/")[0] for path in present} | set(self._manifest.laid_in.values()))
        self._save()
        return notes

    def _has(self, file_id: str) -> bool:
        return file_id in self._manifest.laid_in and exists_in(self.data, file_id)

    def _lay_in(self, file: SessionFile, taken: set[str]) -> list[str]:
        wanted = file_name(file.name, file.file_id)
        name = self._manifest.laid_in.get(file.file_id) or free_name(wanted, file.file_id, taken)
        try:
            with file.open() as source:
                copied = copy_in(self.data, (name, file.file_id), source, uid=self.uid)
        except OSError as exc:
            return [f"{file.file_id} is not here: it cannot be written ({exc.strerror})"]
        self._manifest.laid_in[file.file_id] = name
        self._manifest.known[name] = self._manifest.known[file.file_id] = copied.sha256
        return [] if name == wanted else [f"{file.file_id} is /mnt/data/{name}: there was another {wanted}"]

    def mark(self) -> None:
        """Remember how the files are now."""
        self._before = files_below(self.data, max_files=self._limits.num_files)

    def collect(self) -> Collected:
        """Copy out the files that are new or changed since the mark, oldest first."""
        after = files_below(self.data, max_files=self._limits.num_files)
        changed = {path: state for path, state in after.items() if self._before.get(path) != state}
        inodes = [state.inode for state in changed.values()]
        aliases = {path for path in self._manifest.laid_in if path in changed and inodes.count(changed[path].inode) > 1}
        collected = Collected([], [])
        for path in sorted(changed.keys() - aliases, key=lambda path: (changed[path].mtime_ns, path)):
            if len(collected.files) == self._limits.max_files_out:
                collected.notes.append(
                    f"more than {self._limits.max_files_out} files made at once: the rest is left out"
                )
                break
            self._take_out(path, collected)
        if changed:
            self._manifest.known = {path: known for path, known in self._manifest.known.items() if path in after}
            self._save()
        return collected

    def _take_out(self, path: str, collected: Collected) -> None:
        self._num_copies += 1
        target = self._copies / str(self._num_copies)
        try:
            copied = copy_out(self.data, path, target, max_bytes=self._limits.max_file_bytes)
        except FileRefused as exc:
            collected.notes.append(f"file {readable_path(path)} left out: {exc}")
            return
        if self._manifest.known.get(path) == copied.sha256:
            target.unlink()
            return
        self._manifest.known[path] = copied.sha256
        collected.files.append(CellFile(readable_path(path), copied.size_bytes, FileCopy(target)))

    def delete(self) -> None:
        """Delete everything; no code may be running in it any more."""
        trees.delete(self.root)

    def _save(self) -> None:
        draft = self.root / f"{MANIFEST}.draft"
        manifest = self._manifest
        draft.write_text(
            json.dumps({"session": manifest.session, "laid_in": manifest.laid_in, "known": manifest.known}),
            encoding="utf-8",
        )
        draft.replace(self.root / MANIFEST)


class FileCopy:
    """Opens a file that was taken out, as often as wanted; the copy goes when nobody can open it any more."""

    def __init__(self, path: Path) -> None:
        self._path = path
        weakref.finalize(self, path.unlink, missing_ok=True)

    def __call__(self) -> BinaryIO:
        return self._path.open("rb")


def delete_files_of(session: str, root: Path) -> None:
    """Delete the workspace of a session that has no kernel, if there is one below `root`."""
    for directory in root.glob(f"{WORKSPACE_PREFIX}*"):
        if _read_manifest(directory).session == session:
            trees.delete(directory)


def _read_manifest(root: Path) -> Manifest:
    try:
        read = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Manifest()
    return Manifest(read["session"], read["laid_in"], read["known"])
