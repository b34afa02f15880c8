"""What `confine` is told, as JSON."""

import json
import os
from collections.abc import Sequence
from typing import Any

from localassist.interpreter.sandbox.base import Limits, SessionDirs

ROOM_FOR_ALL = 2048
"""Tasks by which sessions that share a user may together exceed what there is when one starts."""


def resource_limits(limits: Limits, *, shares_user: bool) -> dict[str, int]:
    """Per process, by the name that follows RLIMIT_. `shares_user`: the kernel counts other tasks towards NPROC too.

    Processes may be twice what the session may have: the watchdog stops a session that has more than its limit, and
    this bounds how far a fork bomb comes before. Where the count is shared the bound is wide, or a bomb in one session
    would keep the others from making processes.
    """
    own = 2 * limits.num_processes
    return {
        "AS": limits.address_space_bytes,
        "FSIZE": limits.file_size_bytes,
        "NPROC": num_tasks_of_user() + max(own, ROOM_FOR_ALL) if shares_user else own,
        "NOFILE": limits.num_open_files,
        "CORE": 0,
        "MEMLOCK": 8 << 20,
    }


def specify(
    session: SessionDirs,
    limits: dict[str, int],
    *,
    directory: str,
    supervised: bool,
    system_calls: bytes | None = None,
    landlock: dict[str, Sequence[str]] | None = None,
    kept_capability: int | None = None,
    keeps_rights: bool = False,
) -> str:
    """The specification: what the program keeps (files, one capability, or all rights), and what it runs under."""
    values: dict[str, Any] = {
        "uid": session.uid,
        "kept_capability": kept_capability,
        "keeps_rights": keeps_rights,
        "limits": limits,
        "landlock": landlock,
        "directory": directory,
        "filter": None if system_calls is None else system_calls.hex(),
        "supervised": supervised,
    }
    return json.dumps(values)


def num_tasks_of_user() -> int:
    """Processes and threads that this user has on the machine."""
    uid, total = os.getuid(), 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{pid}").st_uid == uid:
                total += len(os.listdir(f"/proc/{pid}/task"))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended meanwhile, or hides its threads
    return total
