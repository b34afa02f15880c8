"""What a sandbox is asked: to start a program confined to a session's directories and limits, and to end it wholly.

Nothing here confines anything; `choose` picks the one that does. Sandboxes are stateless and may be shared by threads.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Protocol
from zlib import crc32

from localassist.config import Config
from localassist.interpreter.sandbox import trees

VIRTUAL_DATA = "/mnt/data"
"""Where model-written code finds its files."""
SESSION_UIDS = range(1_900_000_000, 2_140_000_000)
"""User ids that no system hands out: an engine run as root gives every session one of them."""

SandboxName = Literal["bwrap", "landlock", "seatbelt", "none"]
LimitName = Literal[
    "memory", "processes", "open files", "disk", "files", "nested directories", "free disk", "unwatched"
]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one session may use. A crossed limit stops the session, except where the code gets an error first.

    `address_space_bytes` and `file_size_bytes` are per process and per file: the code sees MemoryError or EFBIG.
    `cell_timeout_s` and `output_bytes` are the kernel side's to enforce.
    """

    cell_timeout_s: float = 120.0
    memory_bytes: int = 2 << 30
    address_space_bytes: int = 2 << 30
    num_processes: int = 128
    disk_bytes: int = 1 << 30
    file_size_bytes: int = 512 << 20
    num_files: int = 5000
    output_bytes: int = 256 << 10
    tmp_bytes: int = 256 << 20
    num_open_files: int = 512

    @classmethod
    def from_config(cls, config: Config) -> "Limits":
        memory_bytes = config.code_memory_mib << 20
        return cls(
            cell_timeout_s=config.code_timeout_s,
            memory_bytes=memory_bytes,
            address_space_bytes=(config.code_address_space_mib or config.code_memory_mib) << 20,
            num_processes=config.code_processes,
            disk_bytes=config.code_disk_mib << 20,
            file_size_bytes=config.code_file_mib << 20,
            num_files=config.code_files,
            output_bytes=config.code_output_kib << 10,
        )


@dataclass(frozen=True, slots=True)
class SessionDirs:
    """A session's directories on the host, each of its own and with nothing else in it.

    `data` is /mnt/data; `run` holds the connection file and the sockets (keep it short: a socket's path has at most
    107 bytes, 103 on macOS); `tmp` is scratch space for sandboxes that cannot mount one. `uid` is the session's user
    when the engine is root and may give it one, else None. The watchdog counts all three towards the session's disk.
    """

    data: Path
    run: Path
    tmp: Path
    uid: int | None

    @classmethod
    def make(cls, data: Path, run: Path, tmp: Path) -> "SessionDirs":
        """Make the directories that are missing, private to the session, and hand what is in them to its user."""
        uid = SESSION_UIDS[crc32(os.fsencode(run)) % len(SESSION_UIDS)] if has_session_users() else None
        session = cls(data, run, tmp, uid)
        for directory in (data, run, tmp):
            directory.mkdir(parents=True, mode=0o700, exist_ok=True)
            session.hand_over(directory)
        return session

    def hand_over(self, path: Path) -> None:
        """Make the session's user the owner of a file, or of a directory and all below it. Follows no link."""
        if self.uid is not None:
            trees.change_owner(path, self.uid)

    def take_back(self, path: Path) -> None:
        """Make root the owner again of a directory and all in it, so that the session only looks. Not root: nothing."""
        if self.uid is not None:
            trees.change_owner(path, 0)
            path.chmod(0o755)


def has_session_users() -> bool:
    """Whether the engine may give each session a user: as root, where the user ids of sessions exist.

    To the root of a container without privileges, which is an ordinary user outside, most ids do not.
    """
    if os.geteuid() != 0:
        return False
    maps = [Path(f"/proc/self/{name}_map") for name in ("uid", "gid")]
    return all(covers(path.read_text(encoding="ascii"), SESSION_UIDS) for path in maps if path.exists())


def covers(id_map: str, wanted: range) -> bool:
    """Whether a map of ids in the kernel's form has them all in one line: first inside, first outside, number."""
    lines = [[int(word) for word in line.split()] for line in id_map.splitlines()]
    return any(first <= wanted.start and wanted.stop <= first + number for first, _, number in lines)


class Places(NamedTuple):
    """Where a session's directories are for the code inside."""

    data: str
    run: str
    tmp: str


@dataclass(frozen=True, slots=True)
class Program:
    """What is to run inside. `argv[0]` must be this process's Python (`sys.executable`).

    `env` is added to a minimal environment (HOME, PATH, TMPDIR, LANG …); `readable` are files and directories to read.
    """

    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    readable: Sequence[Path] = ()


@dataclass(frozen=True, slots=True)
class Launch:
    """A child process to start: `subprocess.Popen(argv, env=env, cwd=cwd, start_new_session=True)`.

    `env` is the whole environment, already reduced; descriptors other than 0, 1 and 2 must not be inherited. Start it
    from a thread that lives as long as the session: the program is killed when that thread ends.
    """

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: str = "/"


class Sandbox(Protocol):
    """One way to confine a program."""

    @property
    def name(self) -> SandboxName: ...

    @property
    def confines(self) -> bool:
        """Whether it keeps anything away from the code; False only for `none`."""

    @property
    def maps_paths(self) -> bool:
        """Whether /mnt/data exists inside only by name: the caller then translates it in code and in output."""

    def places(self, session: SessionDirs) -> Places:
        """Where the session's directories are inside, for the arguments and the environment of the program."""

    def wrap(self, program: Program, session: SessionDirs, limits: Limits) -> Launch:
        """How to start the program inside, with this Python's installation to read and what the program names.

        The working directory inside is the data directory.
        """

    def seal(self, session: SessionDirs) -> None:
        """Take the run directory from the session once its sockets are bound and the connection file is read."""

    def processes(self, pid: int) -> list[int]:
        """All process ids of the session whose launched process is `pid`, the sandbox's own included."""

    def kill(self, pid: int) -> None:
        """End every process of the session, daemons included, at once. The caller still reaps `pid`."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit that a session crossed, for which it was stopped. `used` and `limit` are bytes or counts."""

    limit_name: LimitName
    used: int
    limit: int

    def __str__(self) -> str:
        if self.limit_name == "unwatched":
            return "its use of the machine cannot be watched"
        if self.limit_name == "free disk":
            return f"the disk is nearly full: {self.used >> 20} MiB are free"
        if self.limit_name in ("memory", "disk"):
            return f"{self.used >> 20} MiB of {self.limit_name}, more than the {self.limit >> 20} MiB allowed"
        return f"{self.used} {self.limit_name}, more than the {self.limit} allowed"
