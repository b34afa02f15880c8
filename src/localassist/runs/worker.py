"""The threads that take runs from the queue. Each active run has one to itself, from claim to resting point."""

import logging
import threading
from collections.abc import Callable

from localassist.objects.runs import LastError, Run
from localassist.protocols import Cancellation, EventBus, Store
from localassist.runs.lifecycle import TERMINAL, advance
from localassist.runs.loop import RunLoop
from localassist.runs.recorder import Recorder

logger = logging.getLogger(__name__)


class RunWorkers:
    """Claims queued runs, oldest first, and drives each on a thread of its own, up to `max_workers` at a time."""

    def __init__(
        self, store: Store, bus: EventBus, loop: RunLoop, *, max_workers: int, clock: Callable[[], int]
    ) -> None:
        self._store = store
        self._bus = bus
        self._loop = loop
        self._max_workers = max_workers
        self._clock = clock
        self._news = threading.Condition()
        self._queued = 0  # announcements not yet looked at
        self._idle = 0
        self._closing = False
        self._threads: list[threading.Thread] = []
        self._cancellation_by_run_id: dict[str, Cancellation] = {}

    def notify(self) -> None:
        """A run was queued."""
        with self._news:
            if self._closing:
                return
            self._queued += 1
            if self._idle < self._queued and len(self._threads) < self._max_workers:
                self._start_thread()
            self._news.notify()

    def stop(self, run_id: str, reason: str) -> bool:
        """Ask the worker of a run to stop it; False when no worker has the run."""
        with self._news:
            cancellation = self._cancellation_by_run_id.get(run_id)
        if cancellation is None:
            return False
        cancellation.set(reason)
        return True

    def close(self) -> None:
        """Stop taking runs, end those at work, and wait for the threads."""
        with self._news:
            self._closing = True
            at_work = list(self._cancellation_by_run_id.values())
            self._news.notify_all()
        for cancellation in at_work:
            cancellation.set("stopped")
        for thread in self._threads:
            thread.join()

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._work, name=f"run-worker-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (claimed := self._next_run()) is not None:
            run, cancellation = claimed
            try:
                self._drive(run, cancellation)
            finally:
                with self._news:
                    # Outputs may be submitted, and the run claimed again, before this thread comes here.
                    if self._cancellation_by_run_id.get(run.id) is cancellation:
                        del self._cancellation_by_run_id[run.id]

    def _next_run(self) -> tuple[Run, Cancellation] | None:
        """Wait for a run and claim it; None when the engine closes."""
        with self._news:
            while not self._closing:
                if self._queued == 0:
                    self._idle += 1
                    self._news.wait()
                    self._idle -= 1
                    continue
                self._queued -= 1
                # Claimed and registered under one lock, so that a cancel finds the run either queued or here.
                run = self._store.claim_run(self._claim)
                if run is not None:
                    cancellation = self._cancellation_by_run_id[run.id] = Cancellation()
                    return run, cancellation
        return None

    def _claim(self, run: Run) -> Run:
        return advance(run, "in_progress", at=self._clock())

    def _drive(self, run: Run, cancellation: Cancellation) -> None:
        """The catch-all of the worker threads: a fault nobody foresaw fails its run and nothing else."""
        try:
            self._loop.drive(run, cancellation)
        except Exception as exc:
            logger.exception("Run %s failed.", run.id, extra={"action": "run_failed", "run_id": run.id})
            self._fail(run, f"{type(exc).__name__}: {exc}")

    def _fail(self, run: Run, message: str) -> None:
        stored = self._store.find(Run, run.id)
        if stored is None or stored.status in TERMINAL:
            self._bus.end(run.id)
            return
        recorder = Recorder(self._store, self._bus, stored, clock=self._clock)
        recorder.end("failed", last_error=LastError(code="server_error", message=message))
