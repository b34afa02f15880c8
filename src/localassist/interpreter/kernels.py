"""All kernels of an interpreter: the thread that owns them, where they come from, and those started ahead."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from localassist.interpreter.loop_thread import LoopThread
from localassist.interpreter.notes import LOST
from localassist.interpreter.pool import Pool
from localassist.interpreter.session import FoundSeat, Seat, Session


class OwnedSeat(Seat, Protocol):
    """A seat that may be made ahead and then belongs to one session."""

    async def warm_up(self) -> None:
        """Start a kernel and import what most code needs."""

    def belong_to(self, session: str) -> None:
        """Bind it to a session, for good."""

    async def discard(self) -> None:
        """End it and delete what it holds; it belongs to nobody yet."""


class Seats(Protocol):
    """Where kernels and files come from: this machine or a gateway. Opened and used on the loop's thread."""

    def of_session(self, session: str) -> OwnedSeat | None:
        """The seat on what a session left behind, without a kernel; each is given out once."""

    def new(self) -> OwnedSeat:
        """A seat without files and kernel."""

    def sandbox(self) -> Mapping[str, str]:
        """What confines the code, for a person; see `Interpreter.sandbox`."""

    async def close(self) -> None:
        """Let go of the rest, once all kernels have ended."""


class Kernels:
    """Opening it raises what `open_seats` raises."""

    def __init__(self, open_seats: Callable[[], Seats], *, num_ahead: int) -> None:
        self.loop = LoopThread("interpreter")
        try:
            self.seats = self.loop.run(_on_loop(open_seats))
        except BaseException:
            self.loop.close()
            raise
        self.pool = Pool(self._make, size=num_ahead, is_usable=_is_live, discard=lambda seat: seat.discard())

    async def _make(self, ahead: bool) -> OwnedSeat:
        seat = self.seats.new()
        try:
            await (seat.warm_up() if ahead else seat.start())
        except BaseException:
            await seat.discard()
            raise
        return seat

    def fill(self) -> None:
        """Start kernels ahead. From any thread."""
        self.loop.loop.call_soon_threadsafe(self.pool.fill)

    def seat_of(self, session: str) -> FoundSeat:
        """The seat of a session: the one it has left, or a new one. Not from the loop's thread."""
        return self.loop.run(self._seat_of(session))

    async def _seat_of(self, session: str) -> FoundSeat:
        left = self.seats.of_session(session)
        if left is not None:
            return FoundSeat(left, LOST)
        seat = await self.pool.claim()
        seat.belong_to(session)
        return FoundSeat(seat, None)

    def close(self, sessions: Sequence[Session]) -> None:
        """End everything, the cells under way included."""
        self.loop.run(self._close(sessions))
        self.loop.close()

    async def _close(self, sessions: Sequence[Session]) -> None:
        for session in sessions:
            await session.end()
        await self.pool.close()
        await self.loop.wind_up()  # kernels that are just starting, too, must be gone before what they live in
        await self.seats.close()


async def _on_loop(open_seats: Callable[[], Seats]) -> Seats:
    return open_seats()


def _is_live(seat: OwnedSeat) -> bool:
    return seat.kernel is not None and not seat.kernel.died.done()
