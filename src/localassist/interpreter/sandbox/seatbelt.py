"""macOS: sandbox-exec with a profile that denies all but what Python needs. Written from documentation, not tested.

As under Landlock nothing is mounted: /mnt/data exists by name only. Processes are found by parentage, so a daemon that
leaves its parents is confined, but outlives the session.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from localassist.errors import InterpreterUnavailable
from localassist.interpreter.sandbox import processes
from localassist.interpreter.sandbox.base import Launch, Limits, Places, Program, SandboxName, SessionDirs
from localassist.interpreter.sandbox.installation import CONFINE, confined, inner_environment, python_trees
from localassist.interpreter.sandbox.specification import resource_limits, specify

READABLE = ("/usr/lib", "/usr/share", "/usr/bin", "/bin", "/System/Library", "/Library/Fonts", "/private/etc/localtime")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/dtracehelper")
NOT_ENFORCED_ON_MACOS = ("AS", "NPROC")  # setrlimit refuses the first; the second counts the user's other processes
PROFILE = """(version 1)
(deny default)
(allow process-fork)
(allow process-exec {readable})
(allow signal (target same-sandbox))
(allow sysctl-read)
(allow file-read-metadata)
(allow file-read* {readable})
(allow file-read* file-write-data {devices})
(allow file-read* file-write* {writable})
(allow network-bind network-inbound (local unix-socket))
(deny network-outbound)
(deny mach-lookup)
"""


class SeatbeltSandbox:
    """The only one on macOS. Raises InterpreterUnavailable elsewhere, and for root, who would stay root."""

    name: SandboxName = "seatbelt"
    confines = True
    maps_paths = True

    def __init__(self) -> None:
        program = shutil.which("sandbox-exec") if sys.platform == "darwin" else None
        if program is None:
            raise InterpreterUnavailable("sandbox-exec exists on macOS only.")
        if os.geteuid() == 0:
            raise InterpreterUnavailable("The engine runs as root. Remedy: run it as an ordinary user.")
        self._program = program

    def places(self, session: SessionDirs) -> Places:
        return Places(*(str(path.resolve()) for path in (session.data, session.run, session.tmp)))

    def wrap(self, program: Program, session: SessionDirs, limits: Limits) -> Launch:
        places = self.places(session)
        kept = {
            name: value
            for name, value in resource_limits(limits, shares_user=False).items()
            if name not in NOT_ENFORCED_ON_MACOS
        }
        specification = specify(session, kept, directory=places.data, supervised=False)
        profile = build_profile(places, [*python_trees(), CONFINE, *program.readable])
        return Launch(
            argv=[self._program, "-p", profile, *confined(specification, program.argv)],
            env=inner_environment(places, program.env),
        )

    def seal(self, session: SessionDirs) -> None:
        """Nothing: the directory stays the user's, and the watchdog counts what is in it."""

    def processes(self, pid: int) -> list[int]:
        return processes.tree(pid)

    def kill(self, pid: int) -> None:
        for each in reversed(processes.tree(pid)):
            processes.kill(each)


def build_profile(places: Places, readable: Sequence[Path]) -> str:
    """The profile in sandbox-exec's own language."""
    return PROFILE.format(
        readable=_subpaths([*READABLE, *map(str, readable)]), devices=_subpaths(DEVICES), writable=_subpaths(places)
    )


def _subpaths(paths: Sequence[str]) -> str:
    escaped = (path.replace("\\", "\\\\").replace('"', '\\"') for path in paths)
    return " ".join(f'(subpath "{path}")' for path in escaped)
