"""The one thread that owns the event loop of the kernels and launches their processes.

A sandboxed kernel dies with the thread that launched it, so this one lives as long as the interpreter.
"""

import asyncio
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

from localassist.errors import InterpreterUnavailable

logger = logging.getLogger(__name__)

T = TypeVar("T")

CLOSED = "The code interpreter is closed."


class LoopThread:
    """An event loop on a thread of its own; coroutines are handed to it from any other thread.

    Once it winds up it takes no more: what is handed over then, and what is cut short, raises InterpreterUnavailable.
    """

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._handing_over = threading.Lock()
        self._takes_more = True
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def submit(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Start a coroutine; what comes of it is in the future."""
        outcome: Future[T] = Future()
        with self._handing_over:
            if self._takes_more:
                self.loop.call_soon_threadsafe(self._begin, work, outcome)
                return outcome
        work.close()
        outcome.set_exception(InterpreterUnavailable(CLOSED))
        return outcome

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end and return what it does; not from the loop's own thread."""
        return self.submit(work).result()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Start a coroutine that nobody waits for; it ends when the thread closes."""
        self.submit(work).add_done_callback(_log_failure)

    def _begin(self, work: Coroutine[Any, Any, T], outcome: "Future[T]") -> None:
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(partial(_tell, outcome))

    async def wind_up(self) -> None:
        """Take no more, and cancel what was handed over; but not the caller, who was too."""
        with self._handing_over:
            self._takes_more = False
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def close(self) -> None:
        """Stop the loop. What was handed over has come to its end, or is left where it stands."""
        with self._handing_over:
            self._takes_more = False
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()


def _tell(outcome: "Future[T]", task: "asyncio.Task[T]") -> None:
    failure = InterpreterUnavailable(CLOSED) if task.cancelled() else task.exception()
    if failure is None:
        outcome.set_result(task.result())
    else:
        outcome.set_exception(failure)


def _log_failure(outcome: "Future[Any]") -> None:
    failure = outcome.exception()
    if failure is not None and not isinstance(failure, InterpreterUnavailable):
        logger.error("work of the code interpreter failed", exc_info=failure)
