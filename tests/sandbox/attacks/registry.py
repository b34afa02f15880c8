"""How an attack is written down, and the system calls that attacks make by number."""

import ctypes
import os
import platform
from collections.abc import Callable
from typing import Any, NamedTuple

World = dict[str, Any]  # paths, ports, process ids and tokens on the host, as the driver has laid them out


class Attack(NamedTuple):
    """`run` returns evidence of success, or raises OSError, or returns nothing: then it was blocked.

    `control` says who must succeed with it outside of any sandbox: "all", "root", or "none" where trying would harm
    the machine or depends on it. With `is_seen_outside` the driver judges by what it sees on the host.
    """

    name: str
    category: str
    run: Callable[[World], Any]
    control: str
    is_seen_outside: bool
    needs: str | None


ATTACKS: list[Attack] = []


def attack(
    category: str, control: str = "all", *, is_seen_outside: bool = False, needs: str | None = None
) -> Callable[[Callable[[World], Any]], Callable[[World], Any]]:
    """Register a function as an attack. `needs` names a key of the world without which it cannot be run."""

    def register(function: Callable[[World], Any]) -> Callable[[World], Any]:
        ATTACKS.append(Attack(function.__name__, category, function, control, is_seen_outside, needs))
        return function

    return register


libc = ctypes.CDLL(None, use_errno=True)
COLUMN = 0 if platform.machine() == "x86_64" else 1
CALLS = {
    "kcmp": (312, 272), "keyctl": (250, 219), "add_key": (248, 217), "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138), "process_vm_readv": (310, 270), "pidfd_getfd": (438, 438),
    "move_pages": (279, 239), "ioprio_set": (251, 30), "unshare": (272, 97), "setns": (308, 268),
    "clone": (56, 220), "clone3": (435, 435), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "fsopen": (430, 430), "open_tree": (428, 428), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "memfd_create": (319, 279), "finit_module": (313, 273),
    "kexec_load": (246, 104), "syslog": (103, 116), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195),
    "msgget": (68, 186), "mq_open": (240, 180), "ptrace": (101, 117), "fanotify_init": (300, 262),
    "swapon": (167, 224), "acct": (163, 89), "quotactl": (179, 60), "settimeofday": (164, 170),
    "sethostname": (170, 161), "statmount": (457, 457), "listmount": (458, 458), "file_setattr": (469, 469),
    "capset": (126, 91),
}  # fmt: skip


def call(name: str, *arguments: Any) -> int:
    """Make a system call. Raises OSError."""
    values = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result = libc.syscall(ctypes.c_long(CALLS[name][COLUMN]), *values)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return int(result)


def read(path: str, size: int = 1 << 16) -> str:
    with open(path, "rb") as file:
        return file.read(size).decode("utf-8", "replace")
