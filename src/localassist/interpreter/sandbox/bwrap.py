"""bubblewrap: namespaces of the session's own for files, processes, network and IPC, and a filter for system calls.

As an ordinary user it makes a user namespace; as root it needs none, and the session gets a user of its own.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from localassist.errors import InterpreterUnavailable
from localassist.interpreter.sandbox import processes
from localassist.interpreter.sandbox.base import VIRTUAL_DATA, Launch, Limits, Places, Program, SandboxName, SessionDirs
from localassist.interpreter.sandbox.installation import (
    CONFINE,
    SYSTEM_FILES,
    SYSTEM_TREES,
    confined,
    inner_environment,
    python_trees,
)
from localassist.interpreter.sandbox.seccomp import IN_NAMESPACES, assemble
from localassist.interpreter.sandbox.specification import resource_limits, specify

OLDEST_VERSION = (0, 8, 0)  # the first that can size its file systems and forbid further user namespaces
OWN_TASK_COUNTS_SINCE = (5, 14)  # kernels from here on count a user namespace's processes apart from its user's
INSTALL = "apt-get install bubblewrap (or your system's package of that name)"
# Of the host, under /proc, and no business of the code's.
HOST_FACTS = """asound buddyinfo diskstats interrupts kallsyms kcore key-users keys kmsg modules pagetypeinfo partitions
sched_debug schedstat slabinfo softirqs swaps sysrq-trigger timer_list vmallocinfo zoneinfo"""
SCRIPT = "/run/confine.py"
INNER_ID = "1000"


class BwrapSandbox:
    """The strongest on Linux. Raises InterpreterUnavailable where bubblewrap is missing or too old."""

    name: SandboxName = "bwrap"
    confines = True
    maps_paths = False

    def __init__(self) -> None:
        program = shutil.which("bwrap")
        if program is None:
            raise InterpreterUnavailable(f"bubblewrap is not installed. Remedy: {INSTALL}.")
        self._program = program
        self.version = _version(program)
        if self.version < OLDEST_VERSION:
            found, needed = (".".join(map(str, version)) for version in (self.version, OLDEST_VERSION))
            raise InterpreterUnavailable(f"bubblewrap {found} is too old; {needed} or newer is needed.")
        processes.require_lists_of_children()
        self._system_calls = assemble(IN_NAMESPACES)

    def places(self, session: SessionDirs) -> Places:
        return Places(VIRTUAL_DATA, "/run/k", "/tmp")  # noqa: S108

    def wrap(self, program: Program, session: SessionDirs, limits: Limits) -> Launch:
        places = self.places(session)
        counts_apart = session.uid is not None or _kernel() >= OWN_TASK_COUNTS_SINCE
        specification = specify(
            session,
            resource_limits(limits, shares_user=not counts_apart),
            directory=places.data,
            supervised=False,  # the namespace's first process dies with the engine, and all others with it
            system_calls=self._system_calls,
        )
        environment = inner_environment(places, program.env)
        return Launch(
            argv=[
                self._program,
                *_namespaces(session),
                *_files(session, places, limits, program.readable),
                "--clearenv",
                *(word for name, value in environment.items() for word in ("--setenv", name, value)),
                "--",
                *confined(specification, program.argv, script=SCRIPT),
            ],
            env={"PATH": "/usr/bin:/bin"},
        )

    def seal(self, session: SessionDirs) -> None:
        session.take_back(session.run)

    def processes(self, pid: int) -> list[int]:
        return processes.tree(pid)

    def kill(self, pid: int) -> None:
        processes.kill(pid)


def _namespaces(session: SessionDirs) -> list[str]:
    common = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    common += ["--hostname", "sandbox", "--die-with-parent", "--new-session"]
    if session.uid is None:
        return [*common, "--unshare-user", "--disable-userns", "--uid", INNER_ID, "--gid", INNER_ID]
    # `confine` needs these to become the session's user, which takes them away.
    needed = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
    return [*common, "--cap-drop", "ALL", *(word for name in needed for word in ("--cap-add", name))]


def _files(session: SessionDirs, places: Places, limits: Limits, readable: Sequence[Path]) -> list[str]:
    """An empty, read-only root with what is needed bound into it."""
    words = [*_directories("/mnt", "/run", "/etc", "/dev")]
    for tree in filter(os.path.exists, SYSTEM_TREES):
        words += ["--symlink", os.readlink(tree), tree] if os.path.islink(tree) else ["--ro-bind", tree, tree]
    for file in SYSTEM_FILES:
        words += ["--ro-bind-try", file, file]
    words += ["--proc", "/proc", "--dev", "/dev"]
    for fact in filter(os.path.exists, (f"/proc/{name}" for name in HOST_FACTS.split())):
        words += ["--tmpfs", fact] if os.path.isdir(fact) else ["--ro-bind", "/dev/null", fact]
    words += ["--perms", "1777", "--size", str(limits.tmp_bytes // 4), "--tmpfs", "/dev/shm"]  # noqa: S108
    words += ["--perms", "1777", "--size", str(limits.tmp_bytes), "--tmpfs", places.tmp]
    inside = [path for path in readable if not any(path.is_relative_to(tree) for tree in SYSTEM_TREES)]
    for path in (*python_trees(), *inside):
        words += [*_directories(str(path.parent)), "--ro-bind", str(path), str(path)]
    words += ["--ro-bind", str(CONFINE), SCRIPT]
    words += ["--bind", str(session.run), places.run, "--bind", str(session.data), places.data]
    return [*words, "--remount-ro", "/dev", "--remount-ro", "/"]


def _directories(*paths: str) -> list[str]:
    """Make the directories with those above them: bubblewrap itself would make them for root alone."""
    words: list[str] = []
    for path in paths:
        for directory in (*reversed(Path(path).parents), Path(path)):
            if str(directory) not in ("/", "/tmp", "/usr"):  # noqa: S108
                words += ["--perms", "0755", "--dir", str(directory)]
    return words


def _version(program: str) -> tuple[int, ...]:
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", answer)
    return tuple(map(int, found.groups())) if found else (0,)


def _kernel() -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", os.uname().release)[:2])
