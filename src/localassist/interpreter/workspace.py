"""A session's files: laid in before a cell, found and copied out after it.

A workspace outlives its kernel. Its root, on this machine, holds `copies` (files taken out, until their readers are
done) and `session.json` (whose it is, and what was laid in or taken out); what the code sees may be elsewhere.
"""

import json
import logging
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, Generic, NamedTuple, Protocol, TypeVar

from localassist.interpreter.directory import Copied, FileRefused, FileState
from localassist.interpreter.names import file_name, free_name, readable_path
from localassist.interpreter.paths import map_paths
from localassist.interpreter.sandbox import trees
from localassist.interpreter.sandbox.base import VIRTUAL_DATA
from localassist.interpreter.sandbox.trees import MOST_LEVELS, TreeUse
from localassist.interpreter.text import PathNames
from localassist.protocols import CellFile, SessionFile

logger = logging.getLogger(__name__)

W = TypeVar("W", bound="Workspace")

MANIFEST = "session.json"
WORKSPACE_PREFIX = "w-"
MAX_FILES_OUT = 20
MAX_FILE_BYTES = 50 << 20
NEARLY_ALL, KEPT_OF_ALL = 0.98, 0.9  # of the limits: a kernel needs a little itself, and the code room to work
MAX_NAMES = 10


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


class Directory(Protocol):
    """Where the code sees its files."""

    def files(self, *, max_files: int) -> dict[str, FileState]:
        """The files by path, hidden ones left out."""

    def has(self, name: str) -> bool:
        """Whether there is anything of this name."""

    def copy_in(self, names: tuple[str, ...], source: BinaryIO) -> Copied:
        """Write a file under each of the names. Raises OSError."""

    def use(self, *, most_files: int) -> TreeUse:
        """What all in it takes up, as far as there is a limit to it. Counting may end beyond `most_files`."""

    def trim(self, *, most_bytes: int, most_files: int) -> list[str]:
        """Delete the newest of what it holds until it keeps within limits; returns their names."""

    def copy_out(self, path: str, target: Path, *, max_bytes: int) -> Copied:
        """Copy a file to `target` on this machine. Raises FileRefused."""


class Workspace:
    """The files of one session, in a directory that is there already. One thread at a time."""

    def __init__(self, root: Path, directory: Directory, limits: FileLimits) -> None:
        self.root = root
        self._directory = directory
        self._copies = root / "copies"
        self._limits = limits
        self._before: dict[str, FileState] = {}
        self._num_copies = 0
        self._is_owing = False
        self._due_notes: list[str] = []
        self.use(VIRTUAL_DATA, {})
        self._copies.mkdir(parents=True, exist_ok=True, mode=0o700)
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

    def use(self, data_path: str, names: Mapping[str, str]) -> None:
        """Where a kernel finds the files, and what other paths of it are called in output."""
        self._data_path = data_path
        mapped = {data_path: VIRTUAL_DATA} if data_path != VIRTUAL_DATA else {}
        self._path_names = PathNames({**names, **mapped})

    @property
    def path_names(self) -> PathNames:
        """What paths are called in output."""
        return self._path_names

    def to_kernel(self, code: str) -> str:
        """The code with the path that the kernel knows."""
        return code if self._data_path == VIRTUAL_DATA else map_paths(code, self._data_path)

    def put(self, files: Sequence[SessionFile]) -> list[str]:
        """Lay in the files that are not there yet, under their names and ids. Returns remarks for the model."""
        notes, self._due_notes = self._due_notes, []
        missing = [file for file in files if not self._has(file.file_id)]
        if not missing:
            return notes
        present = self._directory.files(max_files=self._limits.num_files)
        room = self._limits.disk_bytes - sum(state.size_bytes for state in present.values())
        for file in missing:
            if file.size_bytes > room:
                notes.append(f"{file.file_id} ({file.size_bytes >> 20} MiB) is not here: the session's disk is full")
                continue
            room -= file.size_bytes
            notes += self._lay_in(file, {path.split("/")[0] for path in present} | set(self._manifest.laid_in.values()))
        self._save()
        return notes

    def _has(self, file_id: str) -> bool:
        return file_id in self._manifest.laid_in and self._directory.has(file_id)

    def _lay_in(self, file: SessionFile, taken: set[str]) -> list[str]:
        wanted = file_name(file.name, file.file_id)
        name = self._manifest.laid_in.get(file.file_id) or free_name(wanted, file.file_id, taken)
        try:
            with file.open() as source:
                names = tuple(dict.fromkeys((name, file.file_id)))
                copied = self._directory.copy_in(names, source)
        except OSError as exc:
            return [f"{file.file_id} is not here: it cannot be written ({exc.strerror})"]
        self._manifest.laid_in[file.file_id] = name
        self._manifest.known[name] = self._manifest.known[file.file_id] = copied.sha256
        return [] if name == wanted else [f"{file.file_id} is /mnt/data/{name}: there was another {wanted}"]

    def mark(self) -> None:
        """Remember how the files are now; those that are still to be given out stay so."""
        if self._is_owing:
            return
        self._before = self._directory.files(max_files=self._limits.num_files)

    def collect(self) -> Collected:
        """Copy out the files that are new or changed since the mark, oldest first."""
        self._is_owing = True
        after = self._directory.files(max_files=self._limits.num_files)
        self._is_owing = False
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
            copied = self._directory.copy_out(path, target, max_bytes=self._limits.max_file_bytes)
        except FileRefused as exc:
            collected.notes.append(f"file {readable_path(path)} left out: {exc}")
            return
        if self._manifest.known.get(path) == copied.sha256:
            target.unlink()
            return
        self._manifest.known[path] = copied.sha256
        collected.files.append(CellFile(readable_path(path), copied.size_bytes, FileCopy(target)))

    def forget_made(self, note: str) -> None:
        """Take what the code made for lost; the next remarks begin with the note if there was anything."""
        lost = self._manifest.known.keys() - self._manifest.laid_in.keys() - set(self._manifest.laid_in.values())
        for path in lost:
            del self._manifest.known[path]
        self._due_notes = [note] if lost else []

    def trim(self) -> list[str]:
        """Delete the newest files where there are so many that no kernel could live with them; returns remarks.

        The kernel has ended. A watchdog would stop the next one at once, before it could delete anything itself.
        """
        limits = self._limits
        use = self._directory.use(most_files=limits.num_files)
        if (
            use.size_bytes <= NEARLY_ALL * limits.disk_bytes
            and use.num_files <= NEARLY_ALL * limits.num_files
            and use.num_levels <= MOST_LEVELS
        ):
            return []
        deleted = self._directory.trim(
            most_bytes=int(KEPT_OF_ALL * limits.disk_bytes), most_files=int(KEPT_OF_ALL * limits.num_files)
        )
        more = f" and {len(deleted) - MAX_NAMES} more" if len(deleted) > MAX_NAMES else ""
        names = ", ".join(map(readable_path, deleted[:MAX_NAMES]))
        return [f"deleted, because the session's files were more than it may keep: {names}{more}"]

    def delete(self) -> None:
        """Delete the root, and with it the files that are in it; no code may be running in them any more."""
        trees.delete(self.root)

    def _save(self) -> None:
        draft = self.root / f"{MANIFEST}.draft"
        manifest = self._manifest
        draft.write_text(
            json.dumps({"session": manifest.session, "laid_in": manifest.laid_in, "known": manifest.known}),
            encoding="utf-8",
        )
        draft.replace(self.root / MANIFEST)


class Workspaces(Generic[W]):
    """The workspaces below a directory. `make` makes one of its root, which may have been one before."""

    def __init__(self, root: Path, make: Callable[[Path], W]) -> None:
        self._root = root
        self._make = make
        self._left: dict[str, W] = {}
        for path in root.glob(f"{WORKSPACE_PREFIX}*"):
            self._find_left(path)

    def _find_left(self, path: Path) -> None:
        """Keep what belongs to a session; delete what waited for one when an engine stopped."""
        try:
            workspace = self._make(path)
        except (ValueError, KeyError) as exc:
            logger.warning("%s is left alone: its record cannot be read (%s)", path, exc)
            return
        if workspace.session is None:
            trees.delete(path)
        else:
            self._left[workspace.session] = workspace

    def of_session(self, session: str) -> W | None:
        """The workspace that a session left; each is given out once."""
        return self._left.pop(session, None)

    def new(self) -> W:
        """One that belongs to nobody yet."""
        return self._make(self._root / f"{WORKSPACE_PREFIX}{token_hex(8)}")


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
