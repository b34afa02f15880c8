"""The log of a server, on stderr: whoever logs never waits for whoever reads it."""

import logging
import logging.handlers
import os
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_MOST_WAITING = 10_000  # records; those that come when so many wait are dropped
_PATIENCE_S = 1.0  # at the end: how long the reader of stderr may take for a line before the rest is given up


@contextmanager
def log_to_stderr(level: int) -> Iterator[None]:
    """Write what is logged while the context is open; what is still waiting when it ends is written then."""
    root = logging.getLogger()
    before = root.level
    log = _Log(_MOST_WAITING)
    log.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    root.addHandler(log)
    root.setLevel(level)
    try:
        yield
    finally:
        root.setLevel(before)
        root.removeHandler(log)
        log.close()


class _Log(logging.handlers.QueueHandler):
    """Formats records where they are made, and writes them from a thread of its own."""

    def __init__(self, most_waiting: int) -> None:
        self._waiting: queue.SimpleQueue[logging.LogRecord | None] = queue.SimpleQueue()
        super().__init__(self._waiting)
        self._most_waiting = most_waiting
        self._num_dropped = 0
        self._num_written = 0
        # A daemon: it may be caught in writing to a pipe that nobody reads.
        self._thread = threading.Thread(target=self._run, name="localassist-log", daemon=True)
        self._thread.start()

    def enqueue(self, record: logging.LogRecord) -> None:
        """Called with the handler's lock held, so the count is safe."""
        if self._waiting.qsize() >= self._most_waiting:
            self._num_dropped += 1
            return
        dropped, self._num_dropped = self._num_dropped, 0
        if dropped:
            self._waiting.put(_loss(dropped))
        self._waiting.put(record)

    def close(self) -> None:
        """Write what waits, for as long as somebody reads it."""
        if self._num_dropped:
            self._waiting.put(_loss(self._num_dropped))
        self._waiting.put(None)
        seen = -1
        while self._thread.is_alive() and seen != self._num_written:
            seen = self._num_written
            self._thread.join(_PATIENCE_S)
        super().close()

    def _run(self) -> None:
        while (record := self._waiting.get()) is not None:
            with suppress(OSError):  # nobody is left to read it
                _write(f"{record.msg}\n")
            self._num_written += 1


def _loss(count: int) -> logging.LogRecord:
    """What stands in the log for records that were dropped."""
    message = f"WARNING {count} log records are missing here: whoever reads them is too slow."
    return logging.LogRecord(__name__, logging.WARNING, __file__, 0, message, None, None)


def _write(text: str) -> None:
    """Past the stream's buffer: at exit, Python would wait for the buffer's lock and abort."""
    try:
        descriptor = sys.stderr.fileno()
    except OSError:  # not a file: somebody collects what is written
        sys.stderr.write(text)
        return
    data = text.encode("utf-8", "backslashreplace")
    while data:
        data = data[os.write(descriptor, data) :]
