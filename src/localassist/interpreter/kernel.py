"""A kernel process on this machine: started through jupyter_client, spoken to over sockets in its run directory."""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.session import Session as MessageCodec

from localassist.errors import InterpreterUnavailable
from localassist.interpreter.exchange import Exchange, Exchanges, KernelMessage
from localassist.interpreter.inside.boot import READY, BootOptions
from localassist.interpreter.provisioner import BOOT, SOCKETS, SandboxProvisioner, kernel_spec
from localassist.interpreter.sandbox.base import Limits, Sandbox, SessionDirs

logger = logging.getLogger(__name__)

START_TIMEOUT_S = 60.0
MAX_SOCKET_PATH_BYTES = 100
MAX_MESSAGE_BYTES = 8 << 20
"""No message from a kernel may be larger: one that is costs the kernel its connection."""
MAX_QUEUED_MESSAGES = 16


class CappedContext(zmq.asyncio.Context):
    """Sockets that take neither huge messages nor many at once, so that a kernel cannot fill the engine's memory."""

    def socket(self, *args: Any, **kwargs: Any) -> Any:
        socket = super().socket(*args, **kwargs)
        socket.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)
        socket.setsockopt(zmq.RCVHWM, MAX_QUEUED_MESSAGES)
        return socket


@dataclass(frozen=True, slots=True)
class KernelSetup:
    """What all kernels of an interpreter have in common."""

    sandbox: Sandbox
    limits: Limits
    context: CappedContext
    boot_options: BootOptions
    readable: tuple[Path, ...]


class LocalKernel:
    """One kernel. `start` it first; everything but `doom` happens on the loop's thread."""

    def __init__(self, setup: KernelSetup, session: SessionDirs) -> None:
        socket_path = session.run / f"{SOCKETS}-5"
        if len(os.fsencode(socket_path)) > MAX_SOCKET_PATH_BYTES:
            raise InterpreterUnavailable(
                f"The path {socket_path} is too long for a socket. Set TMPDIR to a short path."
            )
        self.died: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.on_end: Callable[[], None] = _nothing
        self._setup = setup
        self._exchanges = Exchanges()
        self._readers: list[asyncio.Task[None]] = []
        self._watcher: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._doom: str | None = None
        self._manager = AsyncKernelManager(
            transport="ipc",
            ip=str(session.run / SOCKETS),
            connection_file=str(session.run.with_name(f"{session.run.name}.json")),
            context=setup.context,
            **{f"{name}_port": port for port, name in enumerate(("shell", "iopub", "stdin", "hb", "control"), 1)},
        )
        self._manager._kernel_spec = kernel_spec(
            sandbox=setup.sandbox,
            session=session,
            limits=setup.limits,
            boot_options=dict(setup.boot_options),
            readable=[BOOT.parent, *setup.readable],
        )

    @property
    def pid(self) -> int:
        return self._provisioner.pid

    @property
    def _provisioner(self) -> SandboxProvisioner:
        assert isinstance(self._manager.provisioner, SandboxProvisioner)
        return self._manager.provisioner

    async def start(self) -> None:
        """Launch it and return when it answers. Raises InterpreterUnavailable with what it said when it does not."""
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._manager.start_kernel()
                await self._await_ready()
                self._connect()
                await self._greet()
        except TimeoutError:
            await self.kill("it did not start")
            raise InterpreterUnavailable(f"The kernel did not start within {START_TIMEOUT_S:.0f} s.") from None
        except OSError as exc:
            await self.kill("it did not start")
            raise InterpreterUnavailable(f"The kernel could not be launched: {exc}.") from exc
        except BaseException:
            await self.kill("it did not start")
            raise

    async def _await_ready(self) -> None:
        """Read its standard output until it says that its sockets are bound."""
        process = self._provisioner.process
        assert process is not None
        assert process.stdout is not None
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), process.stdout)
        said = b""
        try:
            while not said.endswith(READY):
                piece = await reader.read(1 << 16)
                if not piece:
                    words = said.decode(errors="replace").strip()[-2000:]
                    raise InterpreterUnavailable(f"The kernel did not start: {words or 'it said nothing'}")
                said += piece
        finally:
            transport.close()

    def _connect(self) -> None:
        self._client = self._manager.client(context=self._setup.context)
        self._client.start_channels(stdin=False, hb=False)
        self._client.allow_stdin = False
        codec = self._client.session
        for socket, handle in (
            (self._client.iopub_channel.socket, self._exchanges.on_output),
            (self._client.shell_channel.socket, self._exchanges.on_reply),
        ):
            self._readers.append(asyncio.create_task(self._read(socket, codec, handle)))
        self._watcher = asyncio.create_task(self._watch())

    async def _greet(self) -> None:
        if not await self._exchanges.greet(self._ask_who, self.died, patience_s=0.25):
            raise InterpreterUnavailable(f"The kernel did not start: {self.died.result()}")

    def _ask_who(self) -> Exchange:
        return self._exchanges.begin(self._client.kernel_info(), ignore)

    def execute(
        self, code: str, on_output: Callable[[KernelMessage], None], *, expressions: Mapping[str, str] | None = None
    ) -> Exchange:
        silent = expressions is not None
        request_id = self._client.execute(
            code, silent=silent, store_history=not silent, user_expressions=dict(expressions or {}), allow_stdin=False
        )
        return self._exchanges.begin(request_id, on_output)

    async def _read(
        self, socket: zmq.asyncio.Socket, codec: MessageCodec, handle: Callable[[dict[str, Any]], None]
    ) -> None:
        """Hand on what comes on a socket. What a kernel sends is not trusted to be a message at all."""
        while True:
            parts = await socket.recv_multipart()
            if not self._exchanges.has_room(sum(map(len, parts))):
                self.begin_to_end("it sent more output than can be taken")
                return
            try:
                _, body = codec.feed_identities(parts)
                handle(codec.deserialize(body))
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
                logger.warning("a kernel sent what is not a message: %s", exc)

    async def _watch(self) -> None:
        status = await self._provisioner.wait()
        await self.kill(self._doom or f"its process ended with status {status}")

    def doom(self, reason: str) -> None:
        """Note why its process is about to be killed. From any thread."""
        self._doom = reason

    async def interrupt(self) -> None:
        channel = self._client.control_channel
        channel.send(self._client.session.msg("interrupt_request", {}))

    def begin_to_end(self, reason: str) -> "asyncio.Task[None]":
        """Kill it without waiting; only the first reason counts."""
        if not self.died.done():
            self.died.set_result(reason)
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())
        return self._ending

    async def kill(self, reason: str) -> None:
        await asyncio.shield(self.begin_to_end(reason))

    async def _end(self) -> None:
        provisioner = self._manager.provisioner
        if provisioner is not None:
            await provisioner.kill()
            await provisioner.wait()
            await self._manager.cleanup_resources()
        for task in self._readers:
            task.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        self._disconnect()
        self.on_end()

    def _disconnect(self) -> None:
        if hasattr(self, "_client"):
            for channel in (self._client.shell_channel, self._client.iopub_channel, self._client.control_channel):
                channel.stop()
            del self._client


def _nothing() -> None:
    """What is done at the end where nobody asked for anything."""


def ignore(_: KernelMessage) -> None:
    """Output of a request that should show none."""
