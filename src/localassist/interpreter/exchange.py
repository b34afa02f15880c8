"""Requests to a kernel and what comes back for each, whatever carries the messages."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

TAKING_UP_S = 0.05  # from the kernel's word that it has a cell to the cell's own code; no interrupt should fall between
MAX_MESSAGES = 1000
MAX_BYTES = 64 << 20
REPLY_WITHOUT_IDLE_S = 5.0  # a busy machine may be late with the rest of the output


class KernelFailed(OSError):
    """A kernel did not do what the engine, not the cell, asked of it."""

    def __init__(self, why: str) -> None:
        super().__init__(None, why)

    def __str__(self) -> str:
        return str(self.strerror)


class KernelMessage(NamedTuple):
    """One message of a kernel's output: its type and its content."""

    type: str
    content: Mapping[str, Any]


async def wait_first(*futures: "asyncio.Future[Any]", timeout_s: float) -> None:
    """Until one of them is done or the time is over."""
    await asyncio.wait(futures, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)


class Kernel(Protocol):
    """A running kernel. Its methods are called on the loop's thread; `died` tells why it ended, once it has."""

    died: "asyncio.Future[str]"

    def execute(
        self, code: str, on_output: Callable[[KernelMessage], None], *, expressions: Mapping[str, str] | None = None
    ) -> "Exchange":
        """Begin to execute. With `expressions` the cell is silent and their values are in the reply."""

    async def interrupt(self) -> None: ...

    async def kill(self, reason: str) -> None:
        """End the kernel and all it started at once. Safe to call again."""


class Exchanges:
    """The requests under way of one kernel."""

    def __init__(self) -> None:
        self._under_way: dict[str, Exchange] = {}
        self._num_stray_messages = 0

    def begin(self, request_id: str, on_output: Callable[[KernelMessage], None]) -> "Exchange":
        """Expect answers to a request."""
        exchange = self._under_way[request_id] = Exchange(request_id, on_output)
        exchange.finished.add_done_callback(lambda _: self.give_up(request_id))
        self._num_stray_messages = 0
        return exchange

    async def greet(self, ask: "Callable[[], Exchange]", died: "asyncio.Future[str]", *, patience_s: float) -> bool:
        """Ask until an answer comes on both channels: a subscription takes a moment. False when the kernel died.

        Each answer is waited for twice as long as the one before: a busy kernel may need more than the first.
        """
        while True:
            exchange = ask()
            await wait_first(exchange.finished, died, timeout_s=patience_s)
            self.give_up(exchange.id)
            if died.done():
                return False
            if exchange.finished.done() and not exchange.lost_output:
                return True
            patience_s *= 2

    def give_up(self, request_id: str) -> None:
        """Expect no more."""
        self._under_way.pop(request_id, None)

    def has_room(self, num_bytes: int) -> bool:
        """Whether another message may be read. Output that belongs to no request under way is bounded as well."""
        if self._under_way:
            return all(exchange.count(num_bytes) for exchange in self._under_way.values())
        self._num_stray_messages += 1
        return self._num_stray_messages <= MAX_MESSAGES

    def on_output(self, message: Mapping[str, Any]) -> None:
        """A message of the output channel, as the protocol has it. Raises KeyError, TypeError … if it is none."""
        exchange = self._under_way.get(message["parent_header"].get("msg_id"))
        if exchange is not None:
            exchange.receive(KernelMessage(str(message["header"]["msg_type"]), message["content"]))

    def on_reply(self, message: Mapping[str, Any]) -> None:
        """A message of the channel that answers requests."""
        exchange = self._under_way.get(message["parent_header"].get("msg_id"))
        if exchange is not None and message["header"]["msg_type"] in ("execute_reply", "kernel_info_reply"):
            exchange.reply(message["content"])


class Exchange:
    """One execute request. `begun` is set when the kernel is at work on it and can be interrupted; `finished` holds the
    reply's content when all of its output has come.
    """

    def __init__(self, request_id: str, on_output: Callable[[KernelMessage], None]) -> None:
        self.id = request_id
        self.finished: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.flooded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost_output = False
        self._on_output = on_output
        self._reply: Mapping[str, Any] | None = None
        self._is_idle = False
        self._num_messages = self._num_bytes = 0

    def receive(self, message: KernelMessage) -> None:
        """An output message, or the kernel's word that the request is done."""
        if message.type == "status":
            if message.content.get("execution_state") == "idle":
                self._is_idle = True
                self._finish_when_complete()
            return
        if message.type == "execute_input":
            asyncio.get_running_loop().call_later(TAKING_UP_S, self._begin)
        if not self.flooded.done():
            self._on_output(message)

    def _begin(self) -> None:
        if not self.begun.done():
            self.begun.set_result(None)

    @property
    def has_ended_without_reply(self) -> bool:
        """Whether the kernel is done with it and has not answered: it was interrupted before the code itself began."""
        return self._is_idle and self._reply is None

    def count(self, num_bytes: int) -> bool:
        """Count a message before it is read; False when there have been too many to read more."""
        self._num_messages += 1
        self._num_bytes += num_bytes
        if self._num_messages <= MAX_MESSAGES and self._num_bytes <= MAX_BYTES:
            return True
        if not self.flooded.done():
            self.flooded.set_result(None)
        return self._num_messages <= 2 * MAX_MESSAGES and self._num_bytes <= 2 * MAX_BYTES

    def reply(self, content: Mapping[str, Any]) -> None:
        """The kernel's answer. Output still under way is waited for, a little: the output channel may lose messages."""
        self._reply = content
        self._finish_when_complete()
        if not self.finished.done():
            asyncio.get_running_loop().call_later(REPLY_WITHOUT_IDLE_S, self._finish_without_idle)

    def _finish_when_complete(self) -> None:
        if self._is_idle and self._reply is not None and not self.finished.done():
            self.finished.set_result(self._reply)

    def _finish_without_idle(self) -> None:
        if not self.finished.done():
            self.lost_output = True
            self.finished.set_result(self._reply or {})
