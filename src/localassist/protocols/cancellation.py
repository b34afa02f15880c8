"""Cancellation: set once by anyone, seen by whoever waits."""

import threading
from collections.abc import Callable


class Cancellation:
    """Set once, from any thread. Whoever waits subscribes a callback, which runs at once when it is already set."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []
        self.reason: str | None = None

    def set(self, reason: str) -> None:
        """Cancel; only the first reason counts."""
        with self._lock:
            if self.reason is not None:
                return
            self.reason = reason
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def is_set(self) -> bool:
        return self.reason is not None

    def subscribe(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if self.reason is None:
                self._callbacks.append(callback)
                return
        callback()
