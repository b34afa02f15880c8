"""`LocalAssist` and `AsyncLocalAssist`: the openai SDK's clients, answered by an engine in this process.

They are the SDK's classes with another transport, so every method, helper, pager and stream of it works. Nothing they
send leaves the process, and no environment variable of OpenAI or of a proxy changes what they do.
"""

import asyncio
import atexit
import importlib
import inspect
import warnings
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

import openai

from localassist.config import Config, load_config
from localassist.engine import Engine
from localassist.errors import DataDirectoryInUse, InvalidRequest
from localassist.http.access import Access
from localassist.http.app import create_app
from localassist.http.inprocess import AppStopped, AsyncExchange, BlockingExchange, Call, LoopThread
from localassist.run_tools import AsyncToolRunner, ToolRunner

if TYPE_CHECKING:
    import httpx
else:  # the library the installed SDK speaks: its major version 3 moved from httpx to httpx2
    httpx = importlib.import_module("httpx2" if int(openai.__version__.split(".")[0]) >= 3 else "httpx")

BASE_URL = "http://localassist.invalid/v1"

# Options the SDK would fill from the environment when they are None: an empty string keeps it from looking.
_FROM_ENVIRONMENT = ("admin_api_key", "organization", "project", "webhook_secret")
_DEPRECATIONS = (r"The Assistants API is deprecated in favor of the Responses API\Z", r"deprecated\Z")


class Link:
    """What a client shares with its copies: the engine, the application over it, and the loop that runs it."""

    def __init__(self, engine: Engine, *, owns_engine: bool) -> None:
        self.engine = engine
        self.app = create_app(engine, Access(in_process=True))
        self.loop_thread = LoopThread()
        self._owns_engine = owns_engine
        atexit.register(self.close)

    def close(self) -> None:
        atexit.unregister(self.close)
        if self._owns_engine:
            self.engine.close()  # first: it ends the streams that are still open
        self.app.state.chat_threads.shutdown(cancel_futures=True)
        self.loop_thread.close()


class _Transport(httpx.BaseTransport):
    """Takes each request to the application on the link's loop thread."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        stream = request.stream
        assert isinstance(stream, httpx.SyncByteStream)
        body = b"".join(stream) if isinstance(stream, httpx.ByteStream) else iter(stream)
        timeout_s = _read_timeout(request)
        with _as_transport_errors(request):
            exchange = BlockingExchange(self._link.app, self._link.loop_thread.loop(), _call_of(request), body)
            answer = exchange.begin(timeout_s)
        content = _Content(exchange, request, timeout_s)
        return httpx.Response(answer.status, headers=answer.headers, stream=content, request=request)


class _Content(httpx.SyncByteStream):
    """The body of a response, as it comes. Closing it early ends the reading, not the run."""

    def __init__(self, exchange: BlockingExchange, request: httpx.Request, timeout_s: float | None) -> None:
        self._exchange = exchange
        self._request = request
        self._timeout_s = timeout_s

    def __iter__(self) -> Iterator[bytes]:
        with _as_transport_errors(self._request):
            yield from self._exchange.chunks(self._timeout_s)

    def close(self) -> None:
        self._exchange.hang_up()


class _AsyncTransport(httpx.AsyncBaseTransport):
    """Runs the application as a task of the caller's loop."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        exchange = AsyncExchange(self._link.app, _call_of(request), aiter(request.stream))
        timeout_s = _read_timeout(request)
        with _as_transport_errors(request):
            answer = await exchange.begin(timeout_s)
        content = _AsyncContent(exchange, request, timeout_s)
        return httpx.Response(answer.status, headers=answer.headers, stream=content, request=request)


class _AsyncContent(httpx.AsyncByteStream):
    def __init__(self, exchange: AsyncExchange, request: httpx.Request, timeout_s: float | None) -> None:
        self._exchange = exchange
        self._request = request
        self._timeout_s = timeout_s

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_transport_errors(self._request):
            async for chunk in self._exchange.chunks(self._timeout_s):
                yield chunk

    async def aclose(self) -> None:
        await self._exchange.hang_up()


def _call_of(request: httpx.Request) -> Call:
    return Call(request.method, request.url.path, request.url.query, list(request.headers.raw))


def _read_timeout(request: httpx.Request) -> float | None:
    timeouts: Mapping[str, float | None] = request.extensions.get("timeout", {})
    return timeouts.get("read")


@contextmanager
def _as_transport_errors(request: httpx.Request) -> Iterator[None]:
    try:
        yield
    except TimeoutError as exc:
        raise httpx.ReadTimeout("The engine did not answer in time.", request=request) from exc
    except AppStopped as exc:
        raise httpx.RemoteProtocolError(
            "The client was closed before the answer was complete.", request=request
        ) from exc


def _open_link(engine: Engine | None, config: Config | None, settings: Mapping[str, Any]) -> Link:
    given = {name: value for name, value in settings.items() if value is not None}
    if sum(source is not None for source in (engine, config)) + bool(given) > 1:
        raise InvalidRequest("Give one of engine, config, or settings such as model and data_dir; not several.")
    if engine is not None:
        return Link(engine, owns_engine=False)
    try:
        return Link(Engine.open(config or load_config(**given)), owns_engine=True)
    except DataDirectoryInUse as exc:
        raise DataDirectoryInUse(
            f"{exc.message} A second client in the same program shares the first one's engine: "
            "LocalAssist(engine=client.engine)."
        ) from exc


def _sdk_options(sdk_class: type, options: dict[str, Any], http_client: object) -> dict[str, Any]:
    """The options to construct the SDK's client with, so that it reads nothing from the environment."""
    _refuse_elsewhere(options)
    known = inspect.signature(sdk_class.__init__).parameters  # type: ignore[misc]
    silent = {name: "" for name in _FROM_ENVIRONMENT if name in known and options.get(name) is None}
    key = options.get("api_key") or "localassist"
    return {**options, **silent, "api_key": key, "base_url": BASE_URL, "http_client": http_client}


def _refuse_elsewhere(options: dict[str, Any]) -> None:
    """Options that would send requests somewhere else are mistakes here."""
    base_url = options.pop("base_url", None)
    if base_url is not None and str(base_url).rstrip("/") != BASE_URL:
        raise InvalidRequest(
            "LocalAssist answers in this process and takes no base_url. Use openai.OpenAI for a server."
        )
    if options.pop("http_client", None) is not None:
        raise InvalidRequest("LocalAssist answers in this process and takes no http_client.")


def _forget_environment(client: openai.OpenAI | openai.AsyncOpenAI, options: Mapping[str, Any]) -> None:
    """Undo what the SDK's constructor takes from the environment without being asked (headers for every request)."""
    for name in _FROM_ENVIRONMENT:
        if hasattr(client, name):
            setattr(client, name, options.get(name))
    client._custom_headers = dict(options.get("default_headers") or {})


def _silence_deprecations() -> None:
    """The SDK warns on every call of the interface that this package exists to keep."""
    for message in _DEPRECATIONS:
        warnings.filterwarnings("ignore", message=message, category=DeprecationWarning)


class LocalAssist(ToolRunner):
    """An `openai.OpenAI` whose requests are answered by an engine in this process.

    `model` is a path to a GGUF file or the name of an installed model. `engine` shares another client's engine, which
    stays that client's to close; `config` gives all settings at once. Other options are the SDK's (timeout, …).
    """

    def __init__(
        self,
        model: str | PathLike[str] | None = None,
        *,
        data_dir: str | PathLike[str] | None = None,
        context_window: int | None = None,
        threads: int | None = None,
        gpu_layers: int | None = None,
        engine: Engine | None = None,
        config: Config | None = None,
        _link: Link | None = None,
        **options: Any,
    ) -> None:
        settings = _settings(model, data_dir, context_window=context_window, threads=threads, gpu_layers=gpu_layers)
        self._is_copy = _link is not None
        if _link is not None:
            options = _without_link(options)
        self._link = _link or _open_link(engine, config, settings)
        http_client = httpx.Client(transport=_Transport(self._link), trust_env=False)
        super().__init__(**_sdk_options(openai.OpenAI, options, http_client))
        _forget_environment(self, options)
        _silence_deprecations()

    @property
    def engine(self) -> Engine:
        return self._link.engine

    def copy(self, *args: Any, **options: Any) -> Self:
        """A client with other options on the same engine; closing it leaves the engine open."""
        return super().copy(*args, **options, _extra_kwargs={"_link": self._link})

    with_options = copy

    def close(self) -> None:
        """End the client, and the engine it opened."""
        super().close()
        if not self._is_copy:
            self._link.close()


class AsyncLocalAssist(AsyncToolRunner):
    """An `openai.AsyncOpenAI` whose requests are answered by an engine in this process; see `LocalAssist`."""

    def __init__(
        self,
        model: str | PathLike[str] | None = None,
        *,
        data_dir: str | PathLike[str] | None = None,
        context_window: int | None = None,
        threads: int | None = None,
        gpu_layers: int | None = None,
        engine: Engine | None = None,
        config: Config | None = None,
        _link: Link | None = None,
        **options: Any,
    ) -> None:
        settings = _settings(model, data_dir, context_window=context_window, threads=threads, gpu_layers=gpu_layers)
        self._is_copy = _link is not None
        if _link is not None:
            options = _without_link(options)
        self._link = _link or _open_link(engine, config, settings)
        http_client = httpx.AsyncClient(transport=_AsyncTransport(self._link), trust_env=False)
        super().__init__(**_sdk_options(openai.AsyncOpenAI, options, http_client))
        _forget_environment(self, options)
        _silence_deprecations()

    @property
    def engine(self) -> Engine:
        return self._link.engine

    def copy(self, *args: Any, **options: Any) -> Self:
        """A client with other options on the same engine; closing it leaves the engine open."""
        return super().copy(*args, **options, _extra_kwargs={"_link": self._link})

    with_options = copy

    async def close(self) -> None:
        """End the client, and the engine it opened."""
        await super().close()
        if not self._is_copy:
            await asyncio.to_thread(self._link.close)


def _settings(model: object, data_dir: object, **numbers: int | None) -> dict[str, Any]:
    """Constructor arguments as the settings of a `Config`; None is unset."""
    paths = {name: None if value is None else str(value) for name, value in (("model", model), ("data_dir", data_dir))}
    return {**paths, **numbers}


def _without_link(options: dict[str, Any]) -> dict[str, Any]:
    """What the SDK's `copy` passes on, without what a copy makes anew."""
    return {name: value for name, value in options.items() if name != "http_client"}
