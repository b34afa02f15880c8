"""Frames of a chat completion: a generator that blocks, run on a worker thread for as long as it is read."""

from collections import deque
from collections.abc import Generator
from concurrent.futures import Executor, Future
from typing import Any

from localassist.http.responses import json_bytes
from localassist.http.sse import Wakeup

DONE = b"data: [DONE]\n\n"


class PumpedFrames:
    """Implements `FrameSource`. `first` was taken from `chunks` already, to see that there is something to stream."""

    def __init__(self, first: dict[str, Any], chunks: Generator[dict[str, Any]], threads: Executor) -> None:
        self._chunks = chunks
        self._threads = threads
        self._ready: deque[bytes] = deque([_framed(first)])
        self._pumping: Future[None] | None = None
        self._is_closed = False

    def open(self, wakeup: Wakeup) -> None:
        self._pumping = self._threads.submit(self._pump, wakeup)
        self._pumping.add_done_callback(lambda _: wakeup())

    def take(self) -> tuple[bytes, bool]:
        assert self._pumping is not None
        is_done = self._pumping.done()  # looked at first: what is ready now is then all there is
        frames = bytearray()
        while self._ready:
            frames += self._ready.popleft()
        if is_done:
            self._pumping.result()  # raises what the generator raised
        return bytes(frames), is_done

    def close(self) -> None:
        """The pump closes the generator, which cancels the generation, after the token it is at."""
        self._is_closed = True
        if self._pumping is None:
            self._chunks.close()

    def _pump(self, wakeup: Wakeup) -> None:
        try:
            for chunk in self._chunks:
                if self._is_closed:
                    return
                self._ready.append(_framed(chunk))
                wakeup()
            self._ready.append(DONE)
        finally:
            self._chunks.close()


def _framed(chunk: dict[str, Any]) -> bytes:
    return b"data: %s\n\n" % json_bytes(chunk)
