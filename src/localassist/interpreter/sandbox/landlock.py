"""Landlock: for Linux hosts that forbid namespaces, such as containers. The kernel confines the process itself.

Weaker than bubblewrap in three ways. Nothing is mounted, so /mnt/data exists by name only. That a file exists, and its
size, can be seen anywhere its directories may be searched. Processes share the host's numbers, though none outside can
be signalled, and a supervisor ends them, since no namespace does.
"""

import ctypes
import platform
import stat
from collections.abc import Iterable
from pathlib import Path

from localassist.errors import InterpreterUnavailable
from localassist.interpreter.sandbox import processes
from localassist.interpreter.sandbox.base import Launch, Limits, Places, Program, SandboxName, SessionDirs
from localassist.interpreter.sandbox.installation import (
    CONFINE,
    SYSTEM_FILES,
    SYSTEM_TREES,
    confined,
    inner_environment,
    python_trees,
)
from localassist.interpreter.sandbox.seccomp import WITHOUT_NAMESPACES, assemble
from localassist.interpreter.sandbox.specification import resource_limits, specify

OLDEST_ABI = 6  # the first that keeps signals and abstract sockets within the sandbox
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
# Of itself a process sees what names neither the host's mounts nor its network.
OWN_STATE = ("cmdline", "comm", "exe", "fd", "io", "limits", "maps", "smaps", "stat", "statm", "status")
HOST_FACTS = ("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/filesystems", "/proc/sys/kernel/osrelease")
PROCESSOR_FACTS = ("/sys/devices/system/cpu",)
CAPABILITIES_TO_SEARCH = (2, 1)  # CAP_DAC_READ_SEARCH, else CAP_DAC_OVERRIDE, which containers have in its place


class LandlockSandbox:
    """The second choice on Linux. Raises InterpreterUnavailable where the kernel's Landlock is missing or too old."""

    name: SandboxName = "landlock"
    confines = True
    maps_paths = True

    def __init__(self) -> None:
        self.abi = find_abi()
        if self.abi is None:
            raise InterpreterUnavailable("The kernel has no Landlock, or it is not switched on (boot parameter lsm=).")
        if self.abi < OLDEST_ABI:
            raise InterpreterUnavailable(
                f"The kernel's Landlock (ABI {self.abi}, Linux {platform.release()}) cannot keep signals within the"
                f" sandbox; ABI {OLDEST_ABI}, from Linux 6.12 on, is needed."
            )
        processes.require_lists_of_children()
        self._system_calls = assemble(WITHOUT_NAMESPACES)

    def places(self, session: SessionDirs) -> Places:
        return Places(str(session.data), str(session.run), str(session.tmp))

    def wrap(self, program: Program, session: SessionDirs, limits: Limits) -> Launch:
        places = self.places(session)
        trees = [*SYSTEM_TREES, *map(str, python_trees()), *SYSTEM_FILES]
        specification = specify(
            session,
            resource_limits(limits, shares_user=session.uid is None),
            directory=places.data,
            supervised=True,
            system_calls=self._system_calls,
            landlock={
                "readable": [*trees, *map(str, program.readable), *PROCESSOR_FACTS],
                "files": [*(f"/proc/self/{name}" for name in OWN_STATE), *HOST_FACTS],
                "devices": DEVICES,
                "writable": places,
            },
            kept_capability=_needed_capability(session, [*python_trees(), *program.readable]),
        )
        return Launch(argv=confined(specification, program.argv), env=inner_environment(places, program.env))

    def seal(self, session: SessionDirs) -> None:
        session.take_back(session.run)

    def processes(self, pid: int) -> list[int]:
        return processes.tree(pid)

    def kill(self, pid: int) -> None:
        processes.end(pid)


def find_abi() -> int | None:
    """The version of the kernel's Landlock; None where there is none."""
    create_ruleset, version_flag = 444, 1
    answer = ctypes.CDLL(None, use_errno=True).syscall(create_ruleset, None, ctypes.c_size_t(0), version_flag)
    return answer if answer > 0 else None


def _needed_capability(session: SessionDirs, paths: Iterable[Path]) -> int | None:
    """The right to search directories, kept by the user of a root engine's session where it could not start without.

    Python and the data directory are commonly below root's own directory, which nobody else may search. Landlock
    decides what may be read or changed, with the capability as without. Raises InterpreterUnavailable without it.
    """
    if session.uid is None:
        return None
    hidden = [path for path in (*paths, CONFINE, session.data, session.run, session.tmp) if not _can_be_reached(path)]
    if not hidden:
        return None
    for capability in CAPABILITIES_TO_SEARCH:
        if _own_capabilities() >> capability & 1:
            return capability
    raise InterpreterUnavailable(f"{hidden[0]} cannot be reached by other users, as the session's user must.")


def _can_be_reached(path: Path) -> bool:
    """Whether any user may search the directories above."""
    parents = {*path.parents, *path.resolve().parents}
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in parents)


def _own_capabilities() -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
    return next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff:"))
