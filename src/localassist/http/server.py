"""uvicorn around the application: in the foreground for `serve`, or on a thread for tests and embedding."""

import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from localassist.engine import Engine
from localassist.errors import BackendError, InvalidRequest
from localassist.http.access import Access, is_loopback
from localassist.http.app import create_app
from localassist.http.sse import OpenStreams

logger = logging.getLogger(__name__)

# How long a stopping server waits for requests that are being answered.
GRACE_S = 10
# Idle connections outlive the clients' own pools: a request never meets a connection that is just being closed.
KEEP_ALIVE_S = 75
# How often threads of a serving process take turns: a token must not wait 5 ms (Python's own) behind busy Python code.
SWITCH_INTERVAL_S = 0.0005
_BACKLOG = 2048


def serve(
    engine: Engine,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    access: Access | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Answer requests until a signal (SIGINT, SIGTERM) arrives. `on_ready` gets the base URL once that is so.

    The engine stays open. Raises InvalidRequest for a host that would be open to the network without a key, and
    BackendError when the address cannot be bound.
    """
    access = access or Access()
    listener = _listen(host, port, access)
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        _server(engine, listener, access, on_ready).run(sockets=[listener])
    finally:
        sys.setswitchinterval(before)
        listener.close()


@contextmanager
def serve_in_thread(
    engine: Engine, *, host: str = "127.0.0.1", port: int = 0, access: Access | None = None
) -> Iterator[str]:
    """Serve from a thread of this process while the context is open; gives the base URL. Port 0 picks a free one."""
    access = access or Access()
    listener = _listen(host, port, access)
    ready = threading.Event()
    server = _server(engine, listener, access, lambda _: ready.set())
    thread = threading.Thread(target=server.run, args=([listener],), name="localassist-http", daemon=True)
    thread.start()
    try:
        while not ready.wait(0.1):
            if not thread.is_alive():
                raise BackendError("The server could not be started; the log has the reason.")
        yield base_url(listener)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def base_url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/v1" if ":" in host else f"http://{host}:{port}/v1"


def _listen(host: str, port: int, access: Access) -> socket.socket:
    if not is_loopback(host) and not access.api_keys:
        raise InvalidRequest(
            f"Without API keys the server listens on this machine only, not on '{host}'. "
            "Set api_keys, or use the host 127.0.0.1.",
            param="host",
        )
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # "localhost" is 127.0.0.1 to most clients, whatever the system lists first.
        family, kind, protocol, _, address = min(found, key=lambda info: info[0] != socket.AF_INET)
        listener = socket.socket(family, kind, protocol)
    except OSError as exc:
        raise BackendError(f"The address {host} cannot be used: {exc.strerror}. Choose another host.") from exc
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as exc:
        listener.close()
        raise BackendError(f"Port {port} on {host} cannot be used: {exc.strerror}. Choose another port.") from exc
    return listener


def _server(
    engine: Engine, listener: socket.socket, access: Access, on_ready: Callable[[str], None] | None
) -> "_Server":
    app = create_app(engine, access)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
        backlog=_BACKLOG,
    )
    return _Server(config, app, lambda: on_ready(base_url(listener)) if on_ready else None)


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it is ready, ends open streams when it stops, and returns after a signal."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._streams: OpenStreams = app.state.streams
        self._chat_threads: Executor = app.state.chat_threads
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._streams.end_all()
        await super().shutdown(sockets=sockets)
        self._chat_threads.shutdown(wait=False, cancel_futures=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop, and let the caller close the engine: uvicorn would raise the signal again. A second one forces."""
        self.force_exit = self.should_exit
        self.should_exit = True
