"""What `confine` is told, as JSON."""

import json
import os
from collections.abc import Sequence
from typing import Any

from localassist.interpreter.sandbox.base import Limits, SessionDirs


def resource_limits(limits: Limits, *, other_tasks: int = 0) -> dict[str, int]:
    """Per process, by the name that follows RLIMIT_. `other_tasks` are those of the same user outside the session.

    Processes may be twice what the session may have: the watchdog stops a session that has more than its limit, and
    this bounds how far a fork bomb comes before.
    """
    return {
        "AS": limits.address_space_bytes,
        "FSIZE": limits.file_size_bytes,
        "NPROC": other_tasks + 2 * limits.num_processes,
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
