"""How many CPU threads to compute with."""

import os
from pathlib import Path

_SIBLINGS = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"


def default_threads() -> int:
    """One per physical core this process may use."""
    if not hasattr(os, "sched_getaffinity"):
        return max(1, (os.cpu_count() or 2) // 2)
    usable = os.sched_getaffinity(0)
    cores = {_siblings(cpu) for cpu in usable}
    return max(1, len(cores))


def _siblings(cpu: int) -> str:
    """What names the physical core of a logical one."""
    path = Path(_SIBLINGS.format(cpu))
    try:
        return path.read_text().strip()
    except OSError:
        return str(cpu)
