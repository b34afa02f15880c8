"""A kernel behind a Jupyter kernel gateway: made and interrupted over HTTP, spoken to over a WebSocket."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from localassist.errors import InterpreterUnavailable
from localassist.interpreter.exchange import Exchange, Exchanges, KernelMessage
from localassist.interpreter.gateway.address import GatewayAddress

logger = logging.getLogger(__name__)

START_TIMEOUT_S = 60.0
REQUEST_TIMEOUT_S = 30.0
MAX_MESSAGE_BYTES = 8 << 20
NUM_DELETES, BETWEEN_DELETES_S = 5, 1.0
PROTOCOL_VERSION = "5.3"


class GatewayKernel:
    """One kernel. `start` it first; everything happens on the loop's thread."""

    def __init__(self, address: GatewayAddress, http: httpx.AsyncClient, *, kernel_name: str | None) -> None:
        self.died: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._address = address
        self._http = http
        self._kernel_name = kernel_name
        self._session = uuid4().hex
        self._exchanges = Exchanges()
        self._id: str | None = None
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Ask for it, and return when it answers. Raises InterpreterUnavailable naming the gateway."""
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                self._id = await self._create()
                self._socket = await connect(
                    f"{self._address.websocket_url}/api/kernels/{self._id}/channels",
                    additional_headers=self._address.headers,
                    ssl=self._address.tls,
                    max_size=MAX_MESSAGE_BYTES,
                    proxy=None,
                )
                self._reader = asyncio.create_task(self._read(self._socket))
                await self._greet()
        except (TimeoutError, OSError, WebSocketException, httpx.HTTPError) as exc:
            await self.kill("it did not start")
            why = f"it did not answer within {START_TIMEOUT_S:.0f} s" if isinstance(exc, TimeoutError) else exc
            raise InterpreterUnavailable(f"The kernel gateway {self._address.url} gives no kernel: {why}.") from exc
        except BaseException:
            await self.kill("it did not start")
            raise

    async def _create(self) -> str:
        body = {} if self._kernel_name is None else {"name": self._kernel_name}
        response = await self._http.post("/api/kernels", json=body)
        if response.status_code in (401, 403):
            raise self._address.refuses_token()
        response.raise_for_status()
        return str(response.json()["id"])

    async def _greet(self) -> None:
        if not await self._exchanges.greet(self._ask_who, self.died, patience_s=1.0):
            raise InterpreterUnavailable(f"The kernel gateway {self._address.url} lost it: {self.died.result()}.")

    def _ask_who(self) -> Exchange:
        return self._request("kernel_info_request", {}, ignore)

    def execute(
        self, code: str, on_output: Callable[[KernelMessage], None], *, expressions: Mapping[str, str] | None = None
    ) -> Exchange:
        silent = expressions is not None
        content = {
            "code": code,
            "silent": silent,
            "store_history": not silent,
            "user_expressions": dict(expressions or {}),
            "allow_stdin": False,
            "stop_on_error": True,
        }
        return self._request("execute_request", content, on_output)

    def _request(self, kind: str, content: Mapping[str, Any], on_output: Callable[[KernelMessage], None]) -> Exchange:
        header = {"msg_id": uuid4().hex, "msg_type": kind, "username": "", "session": self._session, "date": ""}
        message = {
            "channel": "shell",
            "header": {**header, "version": PROTOCOL_VERSION},
            "parent_header": {},
            "metadata": {},
            "content": content,
            "buffers": [],
        }
        task = asyncio.create_task(self._send(json.dumps(message)))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        return self._exchanges.begin(header["msg_id"], on_output)

    async def _send(self, message: str) -> None:
        assert self._socket is not None
        try:
            await self._socket.send(message)
        except ConnectionClosed as exc:
            self._begin_to_end(f"its connection was lost: {exc}")

    async def _read(self, socket: ClientConnection) -> None:
        """Hand on what comes. What a kernel sends is not trusted to be a message at all."""
        try:
            async for text in socket:
                if not self._exchanges.has_room(len(text)):
                    self._begin_to_end("it sent more output than can be taken")
                    return
                try:
                    self._receive(json.loads(text))
                except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
                    logger.warning("a kernel sent what is not a message: %s", exc)
            self._begin_to_end("its connection was closed")
        except ConnectionClosed as exc:
            self._begin_to_end(f"its connection was lost: {exc}")

    def _receive(self, message: Mapping[str, Any]) -> None:
        channel, kind = message.get("channel"), message["header"]["msg_type"]
        state = message["content"].get("execution_state") if kind == "status" else None
        if state in ("restarting", "autorestarting", "dead"):
            self._begin_to_end("its process ended")
        elif channel == "iopub":
            self._exchanges.on_output(message)
        elif channel == "shell":
            self._exchanges.on_reply(message)

    async def interrupt(self) -> None:
        try:
            await self._http.post(f"/api/kernels/{self._id}/interrupt")
        except httpx.HTTPError as exc:
            logger.warning("the kernel gateway did not interrupt a kernel: %s", exc)

    def _begin_to_end(self, reason: str) -> "asyncio.Task[None]":
        if not self.died.done():
            self.died.set_result(reason)
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())
        return self._ending

    async def kill(self, reason: str) -> None:
        """Nothing waits for the gateway, which may take its time to end a kernel; see `ended`."""
        self._begin_to_end(reason)

    @property
    def has_ended(self) -> bool:
        return self._ending is not None and self._ending.done()

    async def ended(self) -> None:
        """Until the gateway has been told of its end, if it has ended."""
        if self._ending is not None:
            await asyncio.shield(self._ending)

    async def _end(self) -> None:
        if self._id is not None:
            await self._delete(self._id)
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()

    async def _delete(self, kernel_id: str) -> None:
        """A gateway that is about to start a dead kernel again fails, and succeeds a little later."""
        said: object = None
        for _ in range(NUM_DELETES):
            try:
                said = (await self._http.delete(f"/api/kernels/{kernel_id}")).status_code
            except httpx.HTTPError as exc:
                said = exc
            if said in (204, 404):
                return
            await asyncio.sleep(BETWEEN_DELETES_S)
        logger.warning("the kernel gateway did not end kernel %s: %s", kernel_id, said)


def ignore(_: KernelMessage) -> None:
    """Output of a request that should show none."""
