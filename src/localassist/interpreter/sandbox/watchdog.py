"""Stops sessions that use more than they may together: what no limit of a single process can see.

One thread looks at every session, busy ones five times a second. A fork bomb or a full disk is over within two.
"""

import logging
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from localassist.interpreter.sandbox import processes, trees
from localassist.interpreter.sandbox.base import Breach, Limits, Sandbox, SessionDirs

logger = logging.getLogger(__name__)

BUSY_PERIOD_S = 0.2
IDLE_PERIOD_S = 1.0
DISK_RESERVE_BYTES = 512 << 20  # below this, a session that has written much is stopped before its own limit
MUCH_BYTES = 64 << 20
OPEN_FILES_FACTOR = 8  # descriptors a session may have together, as a multiple of what one process may


@dataclass(slots=True)
class _Watched:
    session: SessionDirs
    pid: int
    on_breach: Callable[[Breach], None]
    due_at: float = 0.0
    cpu_ticks: int = -1


@dataclass(slots=True)
class Watchdog:
    """Watches from its first session on until `close`. Methods may be called from any thread."""

    sandbox: Sandbox
    limits: Limits
    _watched: dict[int, _Watched] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _thread: threading.Thread | None = None
    _is_closed: bool = False

    def watch(self, session: SessionDirs, pid: int, on_breach: Callable[[Breach], None]) -> None:
        """Stop the session of the launched process `pid` when it crosses a limit, and call `on_breach` right before.

        `on_breach` runs on the watchdog's thread and must return at once. It comes first because whoever sees the
        process die asks at once why; by then the session is watched no longer.
        """
        with self._changed:
            assert not self._is_closed, "sessions are watched before the watchdog is closed"
            self._watched[pid] = _Watched(session, pid, on_breach)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="localassist-watchdog", daemon=True)
                self._thread.start()
            self._changed.notify()

    def forget(self, pid: int) -> None:
        """Watch this session no longer: it is being ended."""
        with self._changed:
            self._watched.pop(pid, None)

    def close(self) -> None:
        """End the thread. Sessions are left alone."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while (due := self._next()) is not None:
            try:
                breach, trouble = self._look_at(due), None
            except OSError as exc:  # what cannot be watched must not go on
                breach, trouble = Breach("unwatched", 0, 0), exc
            if breach is not None and self._kill(due, breach):
                logger.warning("A session of the code interpreter was stopped: %s.", breach, exc_info=trouble)

    def _kill(self, watched: _Watched, breach: Breach) -> bool:
        """Whether it was still to be watched: one that is being ended may look as if it could not be."""
        with self._changed:
            if self._watched.get(watched.pid) is not watched:
                return False
            del self._watched[watched.pid]
            watched.on_breach(breach)
            self.sandbox.kill(watched.pid)
            return True

    def _next(self) -> _Watched | None:
        """Wait for the session that is due next; None when closed."""
        with self._changed:
            while not self._is_closed:
                now = time.monotonic()
                next_one = min(self._watched.values(), key=lambda watched: watched.due_at, default=None)
                if next_one is not None and next_one.due_at <= now:
                    return next_one
                self._changed.wait(None if next_one is None else next_one.due_at - now)
            return None

    def _look_at(self, watched: _Watched) -> Breach | None:
        pids = self.sandbox.processes(watched.pid)
        usage = processes.usage(pids)
        is_busy = usage.cpu_ticks != watched.cpu_ticks
        watched.cpu_ticks = usage.cpu_ticks
        breach = _find_in_processes(pids, usage, self.limits) or _find_on_disk(watched.session, pids, self.limits)
        watched.due_at = time.monotonic() + (BUSY_PERIOD_S if is_busy else IDLE_PERIOD_S)
        return breach


def _find_in_processes(pids: list[int], usage: processes.Usage, limits: Limits) -> Breach | None:
    if usage.num_tasks > limits.num_processes:
        return Breach("processes", usage.num_tasks, limits.num_processes)
    if usage.resident_bytes > limits.memory_bytes:
        used = processes.proportional_bytes(pids)
        if used > limits.memory_bytes:
            return Breach("memory", used, limits.memory_bytes)
    return None


def _find_on_disk(session: SessionDirs, pids: list[int], limits: Limits) -> Breach | None:
    opened = processes.open_files(pids)
    most_files = limits.num_files
    devices = {root: root.stat().st_dev for root in (session.data, session.run, session.tmp)}
    uses = {root: trees.measure(root, most_files=most_files) for root in devices}
    written = Counter({device: opened.deleted_bytes[device] for device in devices.values()})
    for root, use in uses.items():
        written[devices[root]] += use.size_bytes
    measured: tuple[Breach, ...] = (
        Breach("open files", opened.num_open, OPEN_FILES_FACTOR * limits.num_open_files),
        Breach("disk", written.total(), limits.disk_bytes),
        Breach("files", sum(use.num_files for use in uses.values()), most_files),
        Breach("nested directories", max(use.num_levels for use in uses.values()), trees.MOST_LEVELS),
    )
    for root, device in devices.items():
        if written[device] > MUCH_BYTES and (free_bytes := shutil.disk_usage(root).free) < DISK_RESERVE_BYTES:
            return Breach("free disk", free_bytes, DISK_RESERVE_BYTES)
    return next((breach for breach in measured if breach.used > breach.limit), None)
