"""The clock: expires runs that are not finished in time, waiting for tool outputs included, and sweeps the rest."""

import threading
from collections.abc import Callable

from localassist.objects.runs import Run
from localassist.protocols import EventBus, Store
from localassist.runs.lifecycle import ACTIVE, TERMINAL
from localassist.runs.recorder import Recorder
from localassist.runs.worker import RunWorkers

# Timestamps have whole seconds, so looking more often gains nothing.
INTERVAL_S = 1.0
# What expires after days rather than minutes is looked at less often.
SWEEP_INTERVAL_S = 60.0


class ExpiryClock:
    """A thread that looks at active runs every second, and once a minute lets `sweep` see to what else expires."""

    def __init__(
        self,
        store: Store,
        bus: EventBus,
        workers: RunWorkers,
        *,
        clock: Callable[[], int],
        sweep: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._bus = bus
        self._workers = workers
        self._clock = clock
        self._sweep = sweep
        self._swept_at = 0
        self._active = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="run-expiry", daemon=True)

    def start(self) -> None:
        self._active.set()
        self._thread.start()

    def notify(self) -> None:
        """A run became active."""
        self._active.set()

    def close(self) -> None:
        self._closing.set()
        self._active.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._closing.is_set():
            self._active.wait(SWEEP_INTERVAL_S)
            self._active.clear()
            if self._clock() - self._swept_at >= SWEEP_INTERVAL_S:
                self._sweep()
                self._swept_at = self._clock()
            if self.expire_due() and not self._closing.wait(INTERVAL_S):
                self._active.set()

    def expire_due(self) -> int:
        """Expire what is due; returns how many runs were active."""
        active = self._store.all(Run, status=ACTIVE)
        for run in active:
            if run.expires_at is not None and run.expires_at <= self._clock():
                self._expire(run)
        return len(active)

    def _expire(self, run: Run) -> None:
        if self._workers.stop(run.id, "expired"):
            return
        with self._store.transaction():
            stored = self._store.find(Run, run.id)
            # A worker that claimed it, or an end that came first, since it was listed: the next look decides.
            if stored is None or stored.status in TERMINAL or stored.status == "in_progress":
                return
        Recorder(self._store, self._bus, stored, clock=self._clock).end("expired")
