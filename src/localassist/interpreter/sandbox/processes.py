"""Processes of a session: which there are, what they use, how they end."""

import os
import signal
import sys
from collections import Counter
from contextlib import suppress
from typing import NamedTuple

from localassist.errors import InterpreterUnavailable
from localassist.interpreter.sandbox.confine import descendants


class Usage(NamedTuple):
    """What processes use together. `resident_bytes` counts shared pages once for each; `cpu_ticks` only grows."""

    num_tasks: int
    resident_bytes: int
    cpu_ticks: int


def tree(pid: int) -> list[int]:
    """The process and all below it; empty when it has ended and been reaped."""
    if sys.platform != "linux":
        import psutil  # type: ignore[import-untyped, unused-ignore]

        try:
            process = psutil.Process(pid)
            return [pid, *(child.pid for child in process.children(recursive=True))]
        except psutil.NoSuchProcess:
            return []
    return [pid, *descendants(pid)] if os.path.exists(f"/proc/{pid}") else []


def require_lists_of_children() -> None:
    """Raise InterpreterUnavailable where the kernel does not say what a session consists of: nobody could watch it."""
    if not os.path.exists(f"/proc/self/task/{os.getpid()}/children"):
        raise InterpreterUnavailable("The kernel does not list children in /proc (CONFIG_PROC_CHILDREN).")


def kill(pid: int) -> None:
    """SIGKILL one process; it may have ended."""
    send(pid, signal.SIGKILL)


def end(supervisor: int) -> None:
    """Have a supervisor kill its session and end; it may have ended. What is already known goes at once."""
    send(supervisor, signal.SIGTERM)
    for pid in descendants(supervisor):
        send(pid, signal.SIGKILL)


def send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def usage(pids: list[int]) -> Usage:
    """Threads, memory and processor time of processes; those that have ended meanwhile count nothing."""
    if sys.platform != "linux":
        return _portable_usage(pids)
    page_size = os.sysconf("SC_PAGE_SIZE")
    num_tasks = resident_bytes = cpu_ticks = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat", "rb") as stat:
                fields = stat.read().rpartition(b")")[2].split()  # the name before it may hold anything
        except (FileNotFoundError, ProcessLookupError):
            continue
        user_ticks, system_ticks, threads, resident_pages = (int(fields[place]) for place in (11, 12, 17, 21))
        num_tasks += threads
        resident_bytes += resident_pages * page_size
        cpu_ticks += user_ticks + system_ticks
    return Usage(num_tasks, resident_bytes, cpu_ticks)


class OpenFiles(NamedTuple):
    """Descriptors of all processes, and what deleted files take up, by device, that only a descriptor keeps."""

    num_open: int
    deleted_bytes: Counter[int]


def open_files(pids: list[int]) -> OpenFiles:
    """What processes hold open."""
    num_open = 0
    bytes_by_file: dict[tuple[int, int], int] = {}
    for pid in pids if sys.platform == "linux" else []:
        try:
            descriptors = os.listdir(f"/proc/{pid}/fd")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it has ended, or is one of the sandbox's own
        num_open += len(descriptors)
        for descriptor in descriptors:
            with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
                status = os.stat(f"/proc/{pid}/fd/{descriptor}")
                if status.st_nlink == 0:
                    bytes_by_file[status.st_dev, status.st_ino] = status.st_blocks * 512
    deleted_bytes: Counter[int] = Counter()
    for (device, _), size_bytes in bytes_by_file.items():
        deleted_bytes[device] += size_bytes
    return OpenFiles(num_open, deleted_bytes)


def proportional_bytes(pids: list[int]) -> int:
    """Memory of the processes together, each shared page shared out: many forks of one process count its pages once."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
                total += sum(int(line.split()[1]) << 10 for line in rollup if line.startswith("Pss:"))
        except (FileNotFoundError, ProcessLookupError):
            continue
        except PermissionError:  # it hides its pages: then all count
            total += usage([pid]).resident_bytes
    return total


def _portable_usage(pids: list[int]) -> Usage:
    import psutil  # type: ignore[import-untyped, unused-ignore]

    num_tasks = resident_bytes = cpu_ticks = 0
    for pid in pids:
        try:
            process = psutil.Process(pid)
            times = process.cpu_times()
            num_tasks += process.num_threads()
            resident_bytes += process.memory_info().rss
            cpu_ticks += round((times.user + times.system) * 100)
        except psutil.Error:
            continue
    return Usage(num_tasks, resident_bytes, cpu_ticks)
