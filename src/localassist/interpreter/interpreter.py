"""The code interpreter: sessions by key, each with a kernel while it is in use and with files while it lives."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from localassist.config import Config
from localassist.errors import BackendError, InterpreterUnavailable
from localassist.interpreter.kernels import Kernels
from localassist.interpreter.opening import Opening
from localassist.interpreter.session import Session
from localassist.protocols import Cancellation, CellImage, CellResult, SessionFile

logger = logging.getLogger(__name__)

REFILL_DELAY_S = 1.0
LOOK_AROUND_S = 15.0


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How sessions live. `max_kernels` at once: when another is needed, the one idle for longest ends."""

    cell_timeout_s: float = 120.0
    max_chars: int = 256 << 10
    idle_timeout_s: float = 3600.0
    max_kernels: int = 16
    num_ahead: int = 1

    @classmethod
    def from_config(cls, config: Config) -> "SessionRules":
        return cls(
            cell_timeout_s=config.code_timeout_s,
            max_chars=config.code_output_kib << 10,
            idle_timeout_s=config.code_idle_timeout_s,
            max_kernels=config.code_kernels,
        )


class KernelInterpreter:
    """Runs Python in Jupyter kernels; see `protocols.Interpreter`. Nothing starts before the first use.

    `rules` are those of the settings where they are not given.
    """

    def __init__(self, config: Config, *, rules: SessionRules | None = None) -> None:
        self._opening = Opening(config)
        self._rules = rules or SessionRules.from_config(config)
        self._starting = threading.Lock()
        self._lock = threading.Lock()
        self._kernels: Kernels | None = None
        self._is_closed = False
        self._sessions: dict[str, Session] = {}

    def prepare(self) -> None:
        """Start in the background what the first cell will need. Trouble is logged; the first cell will report it."""
        threading.Thread(target=self._prepare, name="interpreter-prepare", daemon=True).start()

    def _prepare(self) -> None:
        try:
            self._open().fill()
        except BackendError as exc:
            if not self._is_closed:
                logger.warning("code cannot be run here: %s", exc)

    @property
    def is_prepared(self) -> bool:
        """Whether a kernel waits for the next session."""
        return self._kernels is not None and self._kernels.pool.is_ready

    def execute(
        self,
        session: str,
        code: str,
        *,
        files: Sequence[SessionFile],
        cancellation: Cancellation,
        on_output: Callable[[str | CellImage], None] = lambda _: None,
    ) -> CellResult:
        kernels = self._open()
        with self._lock:
            found = self._sessions.get(session)
            if found is None:
                found = self._sessions[session] = self._new_session(kernels, session)
        result = found.execute(code, files=files, cancellation=cancellation, on_output=on_output)
        kernels.loop.spawn(self._tidy(kernels, keep=found))
        return result

    def _new_session(self, kernels: Kernels, session: str) -> Session:
        return Session(
            lambda: kernels.seat_of(session),
            kernels.loop,
            timeout_s=self._rules.cell_timeout_s,
            max_chars=self._rules.max_chars,
        )

    def _open(self) -> Kernels:
        with self._starting:
            if self._is_closed:
                raise InterpreterUnavailable("The code interpreter is closed.")
            if self._kernels is None:
                kernels = Kernels(self._opening.open_seats, num_ahead=self._rules.num_ahead)
                kernels.loop.spawn(self._look_around())
                self._kernels = kernels
            return self._kernels

    async def _look_around(self) -> None:
        """Let kernels rest that nobody has used for long."""
        while True:
            await asyncio.sleep(min(LOOK_AROUND_S, self._rules.idle_timeout_s / 4))
            now_s = time.monotonic()
            for session in list(self._sessions.values()):
                if session.is_live and now_s - session.last_used_s > self._rules.idle_timeout_s:
                    await session.rest()

    async def _tidy(self, kernels: Kernels, keep: Session) -> None:
        """Let those rest that were idle for longest where there are too many kernels; start others ahead."""
        live = sorted((s for s in list(self._sessions.values()) if s.is_live), key=lambda s: s.last_used_s)
        for session in live[: max(0, len(live) - self._rules.max_kernels)]:
            if session is not keep:
                await session.rest()
        await asyncio.sleep(REFILL_DELAY_S)
        kernels.pool.fill()

    def forget(self, session: str) -> None:
        with self._lock:
            found = self._sessions.pop(session, None)
            kernels = self._kernels
        if kernels is None:
            threading.Thread(target=self._opening.delete_files, args=(session,), name="interpreter-forget").start()
        else:
            kernels.loop.spawn(self._forget(kernels, session, found))

    async def _forget(self, kernels: Kernels, session: str, found: Session | None) -> None:
        if found is not None:
            await found.end()
            await asyncio.to_thread(found.delete_files)
            return
        seat = kernels.seats.of_session(session)
        if seat is not None:
            await asyncio.to_thread(seat.files.delete)

    def sandbox(self) -> Mapping[str, str]:
        return self._open().seats.sandbox()

    def close(self) -> None:
        """End all kernels. Files stay, but for those of engines that keep nothing."""
        with self._starting:
            kernels, self._kernels, self._is_closed = self._kernels, None, True
        with self._lock:
            sessions = list(self._sessions.values())
            self._sessions.clear()
        if kernels is not None:
            kernels.close(sessions)
