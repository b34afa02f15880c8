"""Runs first in every sandbox, as a script: gives up every right that the code must not have, then becomes the program.

    python -I -S confine.py SPECIFICATION PROGRAM ARGUMENT …

The specification is JSON, made by `Confinement`. Only the standard library is there. On any failure the program does
not start: nothing here may be skipped. Where no namespace ends daemons with the session, this process stays behind as
their supervisor: SIGTERM, the program's end and the engine's end make it kill every process of the session.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import struct
import sys
from typing import Any

# Of <linux/prctl.h>, <linux/capability.h> and <linux/landlock.h>; the same on all machines.
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_CAPBSET_DROP, PR_SET_SECCOMP = 1, 4, 8, 24, 22
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 36, 38, 47, 2
SECCOMP_MODE_FILTER, CAPABILITY_VERSION_3 = 2, 0x20080522
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
LANDLOCK_VERSION, LANDLOCK_PATH_BENEATH = 1, 1
ALL_FILE_RIGHTS, NETWORK_RIGHTS, SCOPES = 0xFFFF, 0x3, 0x3  # of ABI 6: 16 rights; TCP bind, connect; sockets, signals
SIGNAL_SCOPE = 0x2
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, MAKE_CHAR, MAKE_BLOCK, TRUNCATE, DEVICE_IOCTL = (
    1 << bit for bit in (0, 1, 2, 3, 6, 11, 14, 15)
)
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE  # those that a rule for a single file may have
READ = EXECUTE | READ_FILE | READ_DIR
CHANGE = ALL_FILE_RIGHTS & ~(EXECUTE | MAKE_CHAR | MAKE_BLOCK | DEVICE_IOCTL)
GRACE_S = 2.0
NICENESS = 5  # below the engine: whoever is to stop a busy session must get a processor before it

libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    specification: dict[str, Any] = json.loads(sys.argv[1])
    is_scoped = specification["landlock"] is not None
    supervisor = become_program_under_supervisor(is_scoped=is_scoped) if specification["supervised"] else None
    give_up_rights(specification)
    if supervisor is not None:
        die_with(supervisor)
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606


def give_up_rights(specification: dict[str, Any]) -> None:
    """Limits, user, capabilities, files, system calls: in this order, each step possible only before the next."""
    os.closerange(3, 65536)
    os.umask(0o077)
    os.nice(NICENESS)
    if sys.platform == "linux":
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
            score.write("1000")  # where the machine's memory ends, the kernel takes it from this session first
    if sys.platform == "linux" and not specification["keeps_rights"]:
        if specification["uid"] is not None:
            become_user(specification["uid"], specification["kept_capability"])
        else:
            set_capabilities(None)
        checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    for name, limit in specification["limits"].items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))
    if specification["landlock"] is not None:
        landlock(**specification["landlock"])
    os.chdir(specification["directory"])
    if specification["filter"] is not None:
        filter_system_calls(bytes.fromhex(specification["filter"]))


def become_user(uid: int, kept_capability: int | None) -> None:
    """Turn from root into the session's user for good, with no capability but the one named."""
    for capability in set(range(64)) - {kept_capability}:
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails beyond the last one, and where it is gone already
    os.setgroups([])
    if kept_capability is not None:
        checked(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "keepcaps")
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    set_capabilities(kept_capability)
    if kept_capability is not None:
        checked(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept_capability, 0, 0), "ambient capability")


def set_capabilities(kept: int | None) -> None:
    low = 0 if kept is None else 1 << kept
    header = ctypes.create_string_buffer(struct.pack("=Ii", CAPABILITY_VERSION_3, 0))
    data = ctypes.create_string_buffer(struct.pack("=6I", low, low, low, 0, 0, 0))
    checked(libc.capset(header, data), "capset")


def landlock(readable: list[str], files: list[str], devices: list[str], writable: list[str]) -> None:
    """Leave only these paths: trees to read, files to read, devices to read and write, trees to change."""
    attributes = struct.pack("=3Q", ALL_FILE_RIGHTS, NETWORK_RIGHTS, SCOPES)
    ruleset = system_call(LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0)
    rights_by_path = [
        *((path, READ) for path in readable),
        *((path, READ_FILE | READ_DIR) for path in files),
        *((path, READ_FILE | WRITE_FILE) for path in devices),
        *((path, CHANGE) for path in writable),
    ]
    for path, rights in rights_by_path:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        allowed = rights if os.path.isdir(path) else rights & FILE_RIGHTS
        system_call(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_PATH_BENEATH, struct.pack("=Qi", allowed, descriptor), 0)
        os.close(descriptor)
    system_call(LANDLOCK_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def filter_system_calls(program: bytes) -> None:
    instructions = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    checked(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.create_string_buffer(header), 0, 0), "seccomp")


def become_program_under_supervisor(*, is_scoped: bool) -> int:
    """Fork: the child goes on and gets its parent's process id; the parent supervises and never returns."""
    supervisor = os.getpid()
    engine = os.getppid()
    checked(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper")
    checked(libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")
    awaited = {signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR1}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    if is_scoped:
        keep_own_signals_within(engine)
    program = os.fork()
    if program:
        supervise(program, engine, awaited, is_scoped=is_scoped)
    checked(libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "dumpable")
    signal.pthread_sigmask(signal.SIG_UNBLOCK, awaited)
    return supervisor


def keep_own_signals_within(engine: int) -> None:
    """Let this process signal only itself and what it starts, so that it may signal all it can reach at once."""
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    attributes = struct.pack("=3Q", 0, 0, SIGNAL_SCOPE)
    ruleset = system_call(LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0)
    system_call(LANDLOCK_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    try:
        os.kill(engine, 0)
    except PermissionError:
        return
    raise PermissionError("signals are not kept within the sandbox")


def die_with(supervisor: int) -> None:
    """Be killed when the supervisor ends. Only once the user is final: a change of user takes this back."""
    checked(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "parent death signal")
    if os.getppid() != supervisor:
        raise ProcessLookupError("the supervisor has ended")


def supervise(program: int, engine: int, awaited: set[signal.Signals], *, is_scoped: bool) -> None:
    """Reap until the program or the engine has ended or SIGTERM comes; then kill what is left, and end likewise."""
    nowhere = os.open("/dev/null", os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGUSR1, 0, 0, 0)  # only a wake-up: it also comes when a mere thread ends
    status = None
    while status is None and os.getppid() == engine:
        received = signal.sigtimedwait(awaited, GRACE_S)
        if received is not None and received.si_signo == signal.SIGTERM:
            break
        status = reap().get(program)
    end_scope() if is_scoped else end_descendants()
    code = -signal.SIGKILL if status is None else os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def reap() -> dict[int, int]:
    """The status of each child that has ended, by process id."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = status


def end_scope() -> None:
    """Kill all that this process may signal, which is its descendants: one call, and no fork gets away from it."""
    send(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def end_descendants() -> None:
    """Kill every descendant. They are stopped first: what is stopped does not fork."""
    stopped: set[int] = set()
    while pids := set(descendants(os.getpid())):
        for pid in pids:
            send(pid, signal.SIGKILL if pids <= stopped else signal.SIGSTOP)
        stopped = pids
        reap()


def send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def descendants(pid: int) -> list[int]:
    """The process ids below `pid`, as the kernel lists them; one that is just being made may be missing."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        for child in children(waiting.pop()):
            found.append(child)
            waiting.append(child)
    return found


def children(pid: int) -> list[int]:
    pids: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as listed:
                pids += map(int, listed.read().split())
    except (FileNotFoundError, ProcessLookupError):
        pass  # the process ended meanwhile
    return pids


def checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def system_call(number: int, *arguments: int | bytes) -> int:
    converted = [ctypes.c_long(value) if isinstance(value, int) else ctypes.c_char_p(value) for value in arguments]
    return checked(libc.syscall(ctypes.c_long(number), *converted), f"system call {number}")


if __name__ == "__main__":
    main()
