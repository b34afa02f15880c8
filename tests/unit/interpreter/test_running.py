"""How a cell is stopped, by a kernel that is told what to do."""

import asyncio
from collections.abc import Callable, Mapping

from localassist.interpreter.exchange import Exchange, KernelMessage
from localassist.interpreter.running import CellEnd, run_cell

TAKEN_UP = KernelMessage("execute_input", {})
IDLE = KernelMessage("status", {"execution_state": "idle"})


class StubKernel:
    """Takes a cell up at once, and reacts to each interrupt with the next of the given reactions."""

    def __init__(self, *reactions: Callable[["StubKernel"], None]) -> None:
        self.died: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.has_begun_at_interrupts: list[bool] = []
        self._reactions = iter(reactions)

    def execute(
        self, code: str, on_output: Callable[[KernelMessage], None], *, expressions: Mapping[str, str] | None = None
    ) -> Exchange:
        self.exchange = Exchange("1", on_output)
        self.exchange.receive(TAKEN_UP)
        return self.exchange

    async def interrupt(self) -> None:
        self.has_begun_at_interrupts.append(self.exchange.begun.done())
        next(self._reactions, ignore)(self)

    async def kill(self, reason: str) -> None:
        self.died.set_result(reason)


def ignore(kernel: StubKernel) -> None:
    pass


def answer(kernel: StubKernel) -> None:
    kernel.exchange.receive(IDLE)
    kernel.exchange.reply({"status": "error"})


def end_without_answer(kernel: StubKernel) -> None:
    kernel.exchange.receive(IDLE)


def cancelled_at_once(*reactions: Callable[[StubKernel], None], grace_s: float = 60) -> tuple[CellEnd, StubKernel]:
    """How a cell ends that is cancelled as the kernel takes it up."""

    async def run() -> tuple[CellEnd, StubKernel]:
        kernel, cancelled = StubKernel(*reactions), asyncio.get_running_loop().create_future()
        cell = run_cell(kernel, "…", lambda _: None, timeout_s=60, cancelled=cancelled, grace_s=grace_s)
        running = asyncio.create_task(cell)
        await asyncio.sleep(0)
        cancelled.set_result(None)
        return await running, kernel

    return asyncio.run(run())


def test_an_interrupt_waits_until_the_code_has_begun() -> None:
    end, kernel = cancelled_at_once(answer)
    assert end == CellEnd(failed=True, stopped="cancelled")
    assert kernel.has_begun_at_interrupts == [True]


def test_a_kernel_that_seems_deaf_is_interrupted_again() -> None:
    end, kernel = cancelled_at_once(ignore, answer, grace_s=0.2)
    assert end == CellEnd(failed=True, stopped="cancelled")
    assert not kernel.died.done()


def test_code_that_an_interrupt_kept_from_beginning_costs_no_variables() -> None:
    end, kernel = cancelled_at_once(end_without_answer, grace_s=0.2)
    assert end == CellEnd(failed=True, stopped="cancelled")
    assert not kernel.died.done()


def test_what_cannot_be_interrupted_is_killed() -> None:
    end, _ = cancelled_at_once(grace_s=0.2)
    assert end == CellEnd(failed=True, stopped="cancelled", death="it could not be interrupted")
