"""Calls the application in this process, streaming both ways: on a loop thread for blocking callers, or on their loop.

Knows ASGI, not the HTTP library of the caller: `client.py` turns that library's requests and responses into these.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from starlette.types import ASGIApp, Message, Scope

Headers = list[tuple[bytes, bytes]]

# Response bytes a slow reader may leave lying before the application is made to wait.
HIGH_WATER_BYTES = 1024 * 1024


class Hangup(OSError):
    """The reader of a response went away; ends what the application was sending."""


class AppStopped(Exception):
    """The application ended before it had answered in full."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request: `body` is all of it, or an iterator of its pieces."""

    method: str
    path: str
    query: bytes
    headers: Headers

    def scope(self) -> Scope:
        return {
            "type": "http",
            # From 2.4 on an application learns from `send` that nobody listens any more.
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": self.path,
            "raw_path": self.path.encode("utf-8", "surrogateescape"),
            "query_string": self.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in self.headers],
            "server": ("localassist.invalid", 80),
            "client": ("127.0.0.1", 0),
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """How a response begins."""

    status: int
    headers: Headers


class LoopThread:
    """An event loop on a daemon thread, started at the first call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def loop(self) -> asyncio.AbstractEventLoop:
        """The running loop. Raises AppStopped once it was closed."""
        with self._lock:
            if self._is_closed:
                raise AppStopped
            if self._loop is None:
                self._start()
            assert self._loop is not None
            return self._loop

    def _start(self) -> None:
        started = threading.Event()
        self._thread = threading.Thread(
            target=asyncio.run, args=(self._run(started),), name="localassist-client", daemon=True
        )
        self._thread.start()
        started.wait()

    async def _run(self, started: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        started.set()
        await self._stop.wait()

    def close(self) -> None:
        """Cancel what is still in flight, end the thread and the worker threads its calls used."""
        with self._lock:
            self._is_closed = True
            loop, stop, thread = self._loop, self._stop, self._thread
            self._loop = self._stop = self._thread = None
        if loop is None or thread is None or stop is None or thread is threading.current_thread():
            return
        workers = [found for found in threading.enumerate() if getattr(found, "loop", None) is loop]
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        for worker in workers:
            worker.join()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The application asks for the next piece of the request's body."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """The application returned."""


_Posted = Answer | bytes | _Wanted | _Ended


class BlockingExchange:
    """One request by a blocking caller. The application runs on `loop` and posts what it says to the caller."""

    def __init__(
        self, app: ASGIApp, loop: asyncio.AbstractEventLoop, call: Call, body: bytes | Iterator[bytes]
    ) -> None:
        self._app = app
        self._loop = loop
        self._call = call
        self._body = body
        self._posted: SimpleQueue[_Posted] = SimpleQueue()
        self._num_consumed = 0  # bytes read and not yet reported to the application's side
        # Of the application's side:
        self._task: asyncio.Task[None] | None = None
        self._pieces: deque[bytes | None] = deque()
        self._news = asyncio.Event()  # a piece has come, the reader caught up, or it went away
        self._num_unread = 0
        self._is_body_read = False
        self._is_complete = False
        self._is_hung_up = False

    # --- the caller's side ---

    def begin(self, timeout_s: float | None) -> Answer:
        """Send the request and wait for the response to begin. Raises TimeoutError, AppStopped."""
        self._tell(self._spawn)
        has_begun = False
        try:
            posted = self._next(timeout_s)
            if not isinstance(posted, Answer):
                raise AppStopped
            has_begun = True
            return posted
        finally:
            if not has_begun:
                self.hang_up()

    def chunks(self, timeout_s: float | None) -> Iterator[bytes]:
        """The response's body as it comes. Raises TimeoutError, AppStopped."""
        while True:
            posted = self._next(timeout_s)
            if isinstance(posted, bytes):
                self._note_consumed(len(posted))
                yield posted
            elif isinstance(posted, _Ended):
                if not self._is_complete:
                    raise AppStopped
                return

    def hang_up(self) -> None:
        """Stop reading; the application is told."""
        self._tell(self._hang_up)

    def _next(self, timeout_s: float | None) -> _Posted:
        while True:
            try:
                posted = self._posted.get(timeout=timeout_s)
            except Empty:
                raise TimeoutError from None
            if not isinstance(posted, _Wanted):
                return posted
            assert not isinstance(self._body, bytes)
            self._tell(self._add_piece, next(self._body, None))

    def _note_consumed(self, num_bytes: int) -> None:
        self._num_consumed += num_bytes
        if self._num_consumed >= HIGH_WATER_BYTES // 4:
            self._tell(self._catch_up, self._num_consumed)
            self._num_consumed = 0

    def _tell(self, callback: Callable[..., object], *args: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:  # the loop is closed
            self._posted.put(_Ended())

    # --- the application's side, on the loop ---

    def _spawn(self) -> None:
        self._task = self._loop.create_task(self._run())

    async def _run(self) -> None:
        try:
            await self._app(self._call.scope(), self._receive, self._send)
        finally:
            self._posted.put(_Ended())

    def _add_piece(self, piece: bytes | None) -> None:
        self._pieces.append(piece)
        self._news.set()

    def _catch_up(self, num_bytes: int) -> None:
        self._num_unread -= num_bytes
        self._news.set()

    def _hang_up(self) -> None:
        self._is_hung_up = True
        self._news.set()

    async def _receive(self) -> Message:
        if not self._is_body_read:
            return await self._receive_body()
        await self._until(lambda: False)
        return {"type": "http.disconnect"}

    async def _receive_body(self) -> Message:
        if isinstance(self._body, bytes):
            self._is_body_read = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        self._posted.put(_Wanted())
        await self._until(lambda: bool(self._pieces))
        if not self._pieces:
            return {"type": "http.disconnect"}
        piece = self._pieces.popleft()
        self._is_body_read = piece is None
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._posted.put(Answer(message["status"], list(message.get("headers", ()))))
            return
        body = message.get("body", b"")
        if body:
            self._num_unread += len(body)
            self._posted.put(body)
        self._is_complete = not message.get("more_body", False)
        if not self._is_complete:
            await self._until(lambda: self._num_unread < HIGH_WATER_BYTES)
            if self._is_hung_up:
                raise Hangup

    async def _until(self, is_met: Callable[[], bool]) -> None:
        """Wait for a condition, or for the caller to hang up."""
        while not (is_met() or self._is_hung_up):
            self._news.clear()
            await self._news.wait()


class AsyncExchange:
    """One request by a caller on an event loop; the application runs as a task of the same loop."""

    def __init__(self, app: ASGIApp, call: Call, body: AsyncIterator[bytes]) -> None:
        self._app = app
        self._call = call
        self._body = body
        self._posted: asyncio.Queue[Answer | bytes | None] = asyncio.Queue()
        self._num_unread = 0
        self._drained = asyncio.Event()
        self._hung_up = asyncio.Event()
        self._is_body_read = False
        self._is_complete = False
        self._task: asyncio.Task[None] | None = None

    async def begin(self, timeout_s: float | None) -> Answer:
        """Send the request and wait for the response to begin. Raises TimeoutError, AppStopped."""
        self._task = asyncio.create_task(self._run())
        posted = await self._next(timeout_s)
        if not isinstance(posted, Answer):
            raise AppStopped
        return posted

    async def chunks(self, timeout_s: float | None) -> AsyncIterator[bytes]:
        """The response's body as it comes. Raises TimeoutError, AppStopped."""
        while isinstance(posted := await self._next(timeout_s), bytes):
            self._num_unread -= len(posted)
            self._drained.set()
            yield posted
        if not self._is_complete:
            raise AppStopped

    async def hang_up(self) -> None:
        """Stop reading; the application is told, and this waits until it has heard."""
        self._hung_up.set()
        if self._task is not None and not self._task.done():
            self._task.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await self._task

    async def _next(self, timeout_s: float | None) -> Answer | bytes | None:
        try:
            async with asyncio.timeout(timeout_s):
                return await self._posted.get()
        except (TimeoutError, asyncio.CancelledError):
            await self.hang_up()
            raise

    async def _run(self) -> None:
        try:
            await self._app(self._call.scope(), self._receive, self._send)
        finally:
            self._posted.put_nowait(None)

    async def _receive(self) -> Message:
        if self._is_body_read:
            await self._hung_up.wait()
            return {"type": "http.disconnect"}
        piece = await anext(self._body, None)
        self._is_body_read = piece is None
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def _send(self, message: Message) -> None:
        if self._hung_up.is_set():
            raise Hangup
        if message["type"] == "http.response.start":
            self._posted.put_nowait(Answer(message["status"], list(message.get("headers", ()))))
            return
        if body := message.get("body", b""):
            self._num_unread += len(body)
            self._posted.put_nowait(body)
        self._is_complete = not message.get("more_body", False)
        while self._num_unread >= HIGH_WATER_BYTES and not self._is_complete:
            self._drained.clear()
            await self._drained.wait()
