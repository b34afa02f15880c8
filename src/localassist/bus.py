"""Keeps each run's events in order for readers that replay and follow. In process; publishing never waits."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator

from localassist.objects.events import Event

# Logs of ended runs kept for late readers (`runs watch`, a stream opened a moment too late).
KEPT_ENDED_LOGS = 64
# Ended runs remembered by id alone, so that a reader who comes even later does not wait for events.
REMEMBERED_ENDS = 10_000


class _Log:
    """The events of one run so far, and who wants to be told of more."""

    def __init__(self, *, ended: bool = False) -> None:
        self.events: list[Event] = []
        self.ended = ended
        self.readers: set[LogReader] = set()


class LogReader:
    """A reader's place in one log; implements `Subscription`."""

    def __init__(self, log: _Log, lock: threading.Lock, *, after: int, wake: Callable[[], None]) -> None:
        self._log = log
        self._lock = lock
        self._next = after
        self.wake = wake

    def take(self) -> tuple[list[Event], bool]:
        with self._lock:
            fresh = self._log.events[self._next :]
            self._next += len(fresh)
            return fresh, self._log.ended

    def close(self) -> None:
        with self._lock:
            self._log.readers.discard(self)


class MemoryBus:
    """The `EventBus` of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._log_by_run_id: dict[str, _Log] = {}
        self._kept: OrderedDict[str, None] = OrderedDict()
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._closed = False

    def publish(self, run_id: str, event: Event) -> None:
        with self._lock:
            log = self._log(run_id)
            log.events.append(event)
            readers = tuple(log.readers)
        for reader in readers:
            reader.wake()

    def position(self, run_id: str) -> int:
        with self._lock:
            log = self._log_by_run_id.get(run_id)
            return len(log.events) if log else 0

    def subscribe(self, run_id: str, *, after: int, wake: Callable[[], None]) -> LogReader:
        with self._lock:
            log = self._log(run_id)
            if self._closed:
                log.ended = True
            reader = LogReader(log, self._lock, after=after, wake=wake)
            log.readers.add(reader)
        wake()
        return reader

    def follow(self, run_id: str, *, after: int = 0) -> Iterator[Event]:
        news = threading.Event()
        reader = self.subscribe(run_id, after=after, wake=news.set)
        try:
            while True:
                news.wait()
                news.clear()
                events, ended = reader.take()
                yield from events
                if ended:
                    return
        finally:
            reader.close()

    def end(self, run_id: str) -> None:
        with self._lock:
            log = self._log(run_id)
            log.ended = True
            readers = tuple(log.readers)
            self._remember_end(run_id)
        for reader in readers:
            reader.wake()

    def close(self) -> None:
        """End every log, so that no reader waits for ever."""
        with self._lock:
            self._closed = True
            open_runs = [run_id for run_id, log in self._log_by_run_id.items() if not log.ended]
        for run_id in open_runs:
            self.end(run_id)

    def _remember_end(self, run_id: str) -> None:
        self._ended[run_id] = None
        self._ended.move_to_end(run_id)
        self._kept[run_id] = None
        self._kept.move_to_end(run_id)
        while len(self._kept) > KEPT_ENDED_LOGS:
            oldest, _ = self._kept.popitem(last=False)
            self._log_by_run_id.pop(oldest, None)
        while len(self._ended) > REMEMBERED_ENDS:
            self._ended.popitem(last=False)

    def _log(self, run_id: str) -> _Log:
        log = self._log_by_run_id.get(run_id)
        if log is not None:
            return log
        if run_id in self._ended:
            return _Log(ended=True)
        return self._log_by_run_id.setdefault(run_id, _Log())
