"""Kernels started ahead of need, so that the first cell of a session does not wait for one."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Pool(Generic[T]):
    """Keeps `size` things ready. Lives on the loop's thread.

    `make` makes a thing; told True, it may take longer to make it faster in use. `is_usable` is asked before a claim.
    """

    def __init__(
        self,
        make: Callable[[bool], Awaitable[T]],
        *,
        size: int,
        is_usable: Callable[[T], bool],
        discard: Callable[[T], Awaitable[None]],
    ) -> None:
        self._make = make
        self._size = size
        self._is_usable = is_usable
        self._discard = discard
        self._is_closed = False
        self._ahead: deque[asyncio.Future[T]] = deque()

    async def claim(self) -> T:
        """One that is ready, or under way, or else a new one. Raises what making one raises."""
        while self._ahead:
            ready = await self._ahead.popleft()
            if self._is_usable(ready):
                return ready
            await self._discard(ready)
        return await self._make(False)

    def fill(self) -> None:
        """Begin to make what is missing."""
        while not self._is_closed and len(self._ahead) < self._size:
            task = asyncio.ensure_future(self._make(True))
            task.add_done_callback(self._drop_failed)
            self._ahead.append(task)

    def _drop_failed(self, task: "asyncio.Future[T]") -> None:
        """A claim that waits for it is told; otherwise the next claim tries for itself."""
        if task.cancelled() or task.exception() is None:
            return
        if task in self._ahead:
            self._ahead.remove(task)
            logger.warning("a kernel could not be started ahead: %s", task.exception())

    @property
    def is_ready(self) -> bool:
        """Whether as many as shall be are ready. From any thread."""
        return len(self._ahead) >= self._size and all(task.done() for task in list(self._ahead))

    async def close(self) -> None:
        """Let go of all that is ready or under way, and make no more."""
        self._is_closed = True
        tasks = list(self._ahead)
        self._ahead.clear()
        for task in tasks:
            task.cancel()  # those under way clean up after themselves
        for made in await asyncio.gather(*tasks, return_exceptions=True):
            if not isinstance(made, BaseException):
                await self._discard(made)
