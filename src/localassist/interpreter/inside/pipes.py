"""What other processes print: read to its end before the cell ends, so that it belongs to the cell and none is lost.

ipykernel reads the pipe behind descriptors 1 and 2 on a thread of its own, and ends a cell whether all is read or not.
"""

import array
import codecs
import fcntl
import os
import select
import termios
import threading
import time
from typing import Any

PIECE_BYTES = 1 << 16
PATIENCE_S = 1.0  # with processes that go on printing when the cell has ended


def install(streams: Any) -> None:
    """Have all streams of a class read in our way. Before any is made."""
    streams._watch_pipe_fd = _watch
    streams.reading = threading.Lock()
    streams.drain = _drain


def _watch(stream: Any) -> None:
    """The body of a stream's thread. What was read has been written to the stream whenever nobody holds `reading`."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    while stream._should_watch:
        select.select([stream._fid], [], [])
        with stream.reading:
            piece = os.read(stream._fid, PIECE_BYTES)
            if not piece:
                return
            stream.write(decoder.decode(piece))


def _drain(stream: Any) -> None:
    """Wait until all has been read that was printed by now."""
    ends_at = time.monotonic() + PATIENCE_S
    num_waiting = array.array("i", [1])
    while num_waiting[0] and time.monotonic() < ends_at:
        with stream.reading:
            fcntl.ioctl(stream._fid, termios.FIONREAD, num_waiting)
        if num_waiting[0]:
            time.sleep(0.001)
