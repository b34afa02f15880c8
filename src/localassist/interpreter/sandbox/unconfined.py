"""No sandbox: the model's code runs with all rights of the engine's user. Only by explicit choice.

Limits on time, memory, processes and disk hold as elsewhere; on Linux a supervisor ends daemons with the session.
"""

import sys

from localassist.interpreter.sandbox import processes
from localassist.interpreter.sandbox.base import Launch, Limits, Places, Program, SandboxName, SessionDirs
from localassist.interpreter.sandbox.installation import confined, inner_environment
from localassist.interpreter.sandbox.specification import resource_limits, specify

WARNING = (
    "code_sandbox is 'none': code that the model writes runs with all your rights. It can read, change and send away"
    " every file you can. Set code_sandbox to 'auto' unless this machine is a throw-away."
)


class Unconfined:
    """What `none` stands for."""

    name: SandboxName = "none"
    confines = False
    maps_paths = True

    def places(self, session: SessionDirs) -> Places:
        return Places(*(str(path) for path in (session.data, session.run, session.tmp)))

    def wrap(self, program: Program, session: SessionDirs, limits: Limits) -> Launch:
        places, is_linux = self.places(session), sys.platform == "linux"
        kept = resource_limits(limits, shares_user=is_linux)
        if not is_linux:
            kept = {name: value for name, value in kept.items() if name not in ("AS", "NPROC")}
        specification = specify(session, kept, directory=places.data, supervised=is_linux, keeps_rights=True)
        return Launch(argv=confined(specification, program.argv), env=inner_environment(places, program.env))

    def seal(self, session: SessionDirs) -> None:
        """Nothing: what runs with all rights cannot be kept from a directory."""

    def processes(self, pid: int) -> list[int]:
        return processes.tree(pid)

    def kill(self, pid: int) -> None:
        if sys.platform == "linux":
            processes.end(pid)
        else:
            for each in reversed(processes.tree(pid)):
                processes.kill(each)
