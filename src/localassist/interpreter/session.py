"""One session: a kernel and the files it works on, cell after cell."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import NamedTuple, Protocol

from localassist.interpreter.exchange import Kernel
from localassist.interpreter.loop_thread import LoopThread
from localassist.interpreter.notes import FILES_LATER, LOST, LOST_SOME, NO_NETWORK, note_on
from localassist.interpreter.running import CellEnd, run_cell
from localassist.interpreter.text import PathNames
from localassist.interpreter.transcript import Transcript
from localassist.interpreter.workspace import Collected
from localassist.protocols import Cancellation, CellImage, CellResult, SessionFile

logger = logging.getLogger(__name__)

MISSING_PACKAGE = ("ModuleNotFoundError", "ImportError")
WAIT_FOR_TURN_S = 0.1
NOT_RUN = CellResult("", failed=True, note="cancelled before the code ran")


class SessionFiles(Protocol):
    """The files of a session, wherever its kernel runs. Called from the thread that executes a cell."""

    def put(self, files: Sequence[SessionFile]) -> list[str]:
        """Lay in what is missing; returns remarks for the model."""

    def mark(self) -> None:
        """Remember how the files are now."""

    def collect(self) -> Collected:
        """The files that are new or changed since the mark."""

    def trim(self) -> list[str]:
        """Where they are more than a session may keep, delete the newest; returns remarks. The kernel has ended."""

    def to_kernel(self, code: str) -> str:
        """The code with the paths that the kernel knows."""

    @property
    def path_names(self) -> PathNames:
        """What the kernel's paths are called in output."""

    def delete(self) -> None:
        """Delete them all; the kernel has ended."""


class Seat(Protocol):
    """A kernel, when it runs, and the files it works on."""

    kernel: Kernel | None

    @property
    def files(self) -> SessionFiles: ...

    @property
    def is_offline(self) -> bool:
        """Whether the code is known to have no network."""

    async def start(self) -> None:
        """Start a kernel where there is none. Raises InterpreterUnavailable."""


class FoundSeat(NamedTuple):
    """A session's seat, and what its next cell must be told of what was lost."""

    seat: Seat
    lost: str | None


class Session:
    """Cells of one key, in turn. The first takes a seat."""

    def __init__(
        self, take_seat: Callable[[], FoundSeat], loop: LoopThread, *, timeout_s: float, max_chars: int
    ) -> None:
        self._take_seat = take_seat
        self._loop = loop
        self._timeout_s = timeout_s
        self._max_chars = max_chars
        self._taken: Seat | None = None
        self._lost: str | None = None
        self._turn = threading.Lock()
        self.last_used_s = time.monotonic()

    @property
    def _kernel(self) -> Kernel | None:
        return None if self._taken is None else self._taken.kernel

    @property
    def is_live(self) -> bool:
        """Whether a kernel runs for it."""
        return self._kernel is not None and not self._kernel.died.done()

    def execute(
        self,
        code: str,
        *,
        files: Sequence[SessionFile],
        cancellation: Cancellation,
        on_output: Callable[[str | CellImage], None],
    ) -> CellResult:
        """Run one cell; see `Interpreter.execute`."""
        while not self._turn.acquire(timeout=WAIT_FOR_TURN_S):
            if cancellation.is_set():
                return NOT_RUN
        try:
            return self._execute(code, files, cancellation, on_output)
        finally:
            self.last_used_s = time.monotonic()
            self._turn.release()

    def _execute(
        self,
        code: str,
        files: Sequence[SessionFile],
        cancellation: Cancellation,
        on_output: Callable[[str | CellImage], None],
    ) -> CellResult:
        if cancellation.is_set():  # perhaps because the session was forgotten: then it takes no seat any more
            return NOT_RUN
        if self._taken is None:
            self._taken, self._lost = self._take_seat()
        seat = self._taken
        notes = self._ensure_kernel(seat)
        try:
            notes += seat.files.put(files)
            seat.files.mark()
        except OSError as exc:  # of a kernel elsewhere, or because code is still at work on the files
            return self._give_up(seat, exc)
        pieces: SimpleQueue[str | CellImage | None] = SimpleQueue()
        transcript = Transcript(seat.files.path_names, self._max_chars, pieces.put)
        for note in notes:
            transcript.add_note(note)
        stop = _Stop(self._loop.loop)
        cancellation.subscribe(stop.set)
        work = self._run(seat, code, transcript, stop)
        running = self._loop.submit(work)
        running.add_done_callback(lambda _: pieces.put(None))
        try:
            while (piece := pieces.get()) is not None:
                on_output(piece)
        except BaseException:
            stop.set()
            running.result()
            raise
        end = running.result()
        result = self._result(seat, end, transcript, cancellation.reason)
        while not pieces.empty():  # the remarks
            on_output(pieces.get() or "")
        return result

    def _ensure_kernel(self, seat: Seat) -> list[str]:
        """Start a kernel if there is none; returns what the next cell must be told first."""
        kernel = seat.kernel
        if kernel is not None and kernel.died.done() and self._lost is None:
            self._lost = f"the code's process is gone ({kernel.died.result()}); {LOST}"
        trimmed = [] if self.is_live else _trim(seat)
        self._loop.run(seat.start())
        lost, self._lost = self._lost, None
        return trimmed if lost is None else [lost, *trimmed]

    async def _run(self, seat: Seat, code: str, transcript: Transcript, stop: "_Stop") -> CellEnd:
        assert seat.kernel is not None
        try:
            return await run_cell(
                seat.kernel,
                seat.files.to_kernel(code),
                transcript.receive,
                timeout_s=self._timeout_s,
                cancelled=stop.asked,
            )
        finally:
            stop.is_over = True
            transcript.finish()

    def _result(self, seat: Seat, end: CellEnd, transcript: Transcript, end_of_run: str | None) -> CellResult:
        try:
            collected = seat.files.collect()
        except OSError as exc:  # the kernel is dead, or code keeps us from them; after the next cell they are found
            logger.warning("a session's files could not be looked at: %s", exc)
            collected = Collected([], [FILES_LATER])
        trimmed = _trim(seat) if end.death is not None else []
        note = note_on(end, self._timeout_s, lost=LOST_SOME if trimmed else LOST, end_of_run=end_of_run)
        no_network = NO_NETWORK if seat.is_offline and transcript.error_name in MISSING_PACKAGE else None
        for remark in filter(None, (*collected.notes, *trimmed, no_network)):
            transcript.add_note(remark)
        if end.death is not None:
            seat.kernel = None
        return CellResult(
            output=transcript.for_model(),
            outputs=tuple(transcript.outputs),
            files=tuple(collected.files),
            failed=end.failed,
            note=note,
        )

    def _give_up(self, seat: Seat, failure: OSError) -> CellResult:
        """The kernel is of no use any more, though it may live."""
        assert seat.kernel is not None
        why = failure.strerror or "its files cannot be reached"
        self._loop.run(seat.kernel.kill(why))
        seat.kernel = None
        return CellResult("", failed=True, note=f"the code did not run ({why}); {LOST}")

    async def rest(self) -> None:
        """End the kernel of a session that is not busy, and keep its files. The next cell is told."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            if self._taken is not None and self._taken.kernel is not None:
                await self._taken.kernel.kill("it was idle")
                self._taken.kernel = None
                self._lost = LOST
        finally:
            self._turn.release()

    async def end(self) -> None:
        """End the kernel, whatever it does."""
        if self._kernel is not None:
            await self._kernel.kill("the session was ended")

    def delete_files(self) -> None:
        """Delete the files, once the cell under way has ended; its kernel may have started after `end`."""
        with self._turn:
            self._loop.run(self.end())
            if self._taken is not None:
                self._taken.files.delete()


def _trim(seat: Seat) -> list[str]:
    try:
        return seat.files.trim()
    except OSError as exc:
        logger.warning("a session's files could not be made fewer: %s", exc)
        return []


class _Stop:
    """A request, from any thread, to stop the cell; it means nothing any more once the cell is over."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.asked: asyncio.Future[None] = loop.create_future()
        self.is_over = False
        self._loop = loop

    def set(self) -> None:
        if not self.is_over:
            self._loop.call_soon_threadsafe(self._ask)

    def _ask(self) -> None:
        if not self.asked.done():
            self.asked.set_result(None)
