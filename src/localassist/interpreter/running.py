"""Runs one cell to its end, whatever it does: time-out or cancellation, then an interrupt, then the kernel's death."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from localassist.interpreter.exchange import Exchange, Kernel, KernelMessage, wait_first

GRACE_S = 2.0

StopReason = Literal["timeout", "cancelled", "output"]


@dataclass(frozen=True, slots=True)
class CellEnd:
    """How a cell ended. `stopped` is why we stopped it; `death` is how its kernel ended, if it did."""

    failed: bool
    stopped: StopReason | None = None
    death: str | None = None


async def run_cell(
    kernel: Kernel,
    code: str,
    on_output: Callable[[KernelMessage], None],
    *,
    timeout_s: float,
    cancelled: "asyncio.Future[None]",
    grace_s: float = GRACE_S,
) -> CellEnd:
    """Execute; interrupt when `timeout_s` are over, `cancelled` is set or the output floods; kill after `grace_s`.

    Interrupts are ignored until the code has begun, and may be lost while it begins. So its beginning is waited for,
    and what seems deaf is interrupted a second time.
    """
    if cancelled.done():
        return CellEnd(failed=True, stopped="cancelled")
    exchange = kernel.execute(code, on_output)
    await wait_first(exchange.finished, kernel.died, cancelled, exchange.flooded, timeout_s=timeout_s)
    if exchange.finished.done() or kernel.died.done():
        return await _ended(kernel, exchange, None)
    stopped: StopReason = "cancelled" if cancelled.done() else "output" if exchange.flooded.done() else "timeout"
    await wait_first(exchange.begun, exchange.finished, kernel.died, timeout_s=grace_s)
    for _ in range(2):
        if exchange.finished.done() or kernel.died.done():
            break
        await kernel.interrupt()
        await wait_first(exchange.finished, kernel.died, timeout_s=grace_s / 2)
    if not exchange.finished.done():
        if exchange.has_ended_without_reply and not kernel.died.done():
            exchange.finished.cancel()
            return CellEnd(failed=True, stopped=stopped)
        await kernel.kill("it could not be interrupted")
    return await _ended(kernel, exchange, stopped)


async def _ended(kernel: Kernel, exchange: Exchange, stopped: StopReason | None) -> CellEnd:
    if exchange.finished.done():
        status = exchange.finished.result().get("status")
        if exchange.lost_output and not kernel.died.done():
            await kernel.kill("its output was lost: one piece was larger than can be taken")
        if _asks_to_exit(exchange) and not kernel.died.done():
            await kernel.kill("the code called exit()")
        death = kernel.died.result() if kernel.died.done() else None
        return CellEnd(failed=status != "ok" or death is not None, stopped=stopped, death=death)
    return CellEnd(failed=True, stopped=stopped, death=kernel.died.result())


def _asks_to_exit(exchange: Exchange) -> bool:
    """Whether the reply says that the kernel is about to end."""
    payload = exchange.finished.result().get("payload")
    return isinstance(payload, list) and any(isinstance(p, dict) and p.get("source") == "ask_exit" for p in payload)
