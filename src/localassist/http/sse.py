"""Server-sent events: bridges what other threads produce to the event loop. No thread is held while a stream waits."""

import asyncio
import logging
from contextlib import suppress
from typing import Any, Protocol

from fastapi import Response
from starlette.types import Receive, Scope, Send

from localassist.http.errors import error_fields
from localassist.http.query import without_result_content
from localassist.http.responses import json_bytes
from localassist.http.view import EventWriter
from localassist.objects.events import LAST_EVENTS, Event
from localassist.protocols import EventBus, Subscription

logger = logging.getLogger(__name__)

DONE = b"event: done\ndata: [DONE]\n\n"
KEEP_ALIVE = b": keep-alive\n\n"


def frame(name: str, data: Any) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), json_bytes(data))


def error_frame(
    message: str, *, kind: str = "server_error", param: str | None = None, code: str | None = None
) -> bytes:
    """An `error` event: the fields nested, which Python SDKs raise on, and flat, which the specification has."""
    fields = {"message": message, "type": kind, "param": param, "code": code}
    return frame("error", {"error": fields, **fields})


class Wakeup:
    """Tells a coroutine from any thread that there is something to do. Many calls before it looks count as one."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._is_scheduled = False
        self.is_over = False

    def __call__(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._event.set)

    def end(self) -> None:
        """Nobody reads any more (to be called on the loop)."""
        self.is_over = True
        self._event.set()

    async def wait(self, timeout_s: float) -> bool:
        """Wait for a call; False when none came in time. What happens from now on counts for the next wait."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        self._is_scheduled = False
        return True


class FrameSource(Protocol):
    """Where a stream's frames come from."""

    def open(self, wakeup: Wakeup) -> None: ...

    def take(self) -> tuple[bytes, bool]:
        """The frames not yet taken, without waiting, and whether they were the last."""
        ...

    def close(self) -> None: ...


class OpenStreams:
    """The streams of one application, so that a server can end them when it stops (all on one event loop)."""

    def __init__(self) -> None:
        self._wakeups: set[Wakeup] = set()

    def add(self, wakeup: Wakeup) -> None:
        self._wakeups.add(wakeup)

    def discard(self, wakeup: Wakeup) -> None:
        self._wakeups.discard(wakeup)

    def end_all(self) -> None:
        for wakeup in tuple(self._wakeups):
            wakeup.end()


class EventStream(Response):
    """A response that sends frames as they come. A client that leaves ends the response, and nothing else."""

    media_type = "text/event-stream; charset=utf-8"

    def __init__(self, source: FrameSource, streams: OpenStreams, *, keep_alive_s: float = 15.0) -> None:
        super().__init__(headers={"cache-control": "no-cache", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._source = source
        self._streams = streams
        self._keep_alive_s = keep_alive_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wakeup = Wakeup()
        self._streams.add(wakeup)
        watcher = asyncio.create_task(_end_on_disconnect(receive, wakeup))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await self._send_frames(send, wakeup)
            await send({"type": "http.response.body", "body": b""})
        except OSError:
            logger.debug("the reader of a stream went away", extra={"action": "stream_disconnected"})
        finally:
            watcher.cancel()
            self._streams.discard(wakeup)
            self._source.close()

    async def _send_frames(self, send: Send, wakeup: Wakeup) -> None:
        self._source.open(wakeup)
        wakeup()
        is_last = False
        while not is_last:
            if not await wakeup.wait(self._keep_alive_s):
                frames = KEEP_ALIVE
            elif wakeup.is_over:
                frames, is_last = error_frame("The server is stopping; the run goes on."), True
            else:
                frames, is_last = self._take()
            if frames:
                await send({"type": "http.response.body", "body": frames, "more_body": True})

    def _take(self) -> tuple[bytes, bool]:
        """The next frames; a fault becomes an `error` event, which ends the stream."""
        try:
            return self._source.take()
        except Exception as exc:
            logger.exception("a stream failed", extra={"action": "stream_failed"})
            fields = error_fields(exc)
            return error_frame(fields["message"], kind=fields["type"], param=fields["param"], code=fields["code"]), True


async def _end_on_disconnect(receive: Receive, wakeup: Wakeup) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    wakeup.end()


class RunFrames:
    """The events of one run from a position on, up to the one that ends a stream."""

    last_events = LAST_EVENTS

    def __init__(
        self, bus: EventBus, run_id: str, *, after: int, include_content: bool, write: EventWriter = Event.wire
    ) -> None:
        self._bus = bus
        self._run_id = run_id
        self._write = write
        self._after = after
        self._include_content = include_content
        self._subscription: Subscription | None = None

    def open(self, wakeup: Wakeup) -> None:
        self._subscription = self._bus.subscribe(self._run_id, after=self._after, wake=wakeup)

    def take(self) -> tuple[bytes, bool]:
        assert self._subscription is not None
        events, ended = self._subscription.take()
        frames = bytearray()
        for event in events:
            frames += self._framed(event)
            if event.name in self.last_events:
                return bytes(frames + DONE), True
        if ended:
            frames += error_frame("The engine stopped before the run was finished.")
        return bytes(frames), ended

    def close(self) -> None:
        if self._subscription is not None:
            self._subscription.close()

    def _framed(self, event: Event) -> bytes:
        data = self._write(event)
        if not self._include_content and event.name.startswith("thread.run.step."):
            data = without_result_content(data)
        return frame(event.name, data)
