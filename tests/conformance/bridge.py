"""Lets code written for the SDK's blocking client drive its async client, on a loop of its own thread."""

import asyncio
import inspect
import threading
from collections.abc import Iterator
from typing import Any

TIMEOUT_S = 100


class Loop:
    """An event loop on a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="scenario-loop", daemon=True)
        self._thread.start()

    def run(self, awaitable: Any) -> Any:
        async def awaited() -> Any:
            return await awaitable

        return asyncio.run_coroutine_threadsafe(awaited(), self._loop).result(TIMEOUT_S)

    def close(self) -> None:
        self.run(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Blocking:
    """An async object as its blocking counterpart: awaits what it returns, iterates and enters what it gives."""

    def __init__(self, target: Any, loop: Loop) -> None:
        self._target = target
        self._loop = loop

    def _wrapped(self, value: Any) -> Any:
        if inspect.isawaitable(value):
            value = self._loop.run(value)
        is_async = any(hasattr(value, name) for name in ("__aiter__", "__aenter__"))
        is_api = callable(value) or type(value).__module__.startswith(("openai.resources", "openai._response"))
        return Blocking(value, self._loop) if is_async or is_api else value

    def __getattr__(self, name: str) -> Any:
        return self._wrapped(getattr(self._target, name))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._wrapped(self._target(*args, **kwargs))

    def __iter__(self) -> Iterator[Any]:
        items = aiter(self._target)
        while True:
            try:
                yield self._loop.run(anext(items))
            except StopAsyncIteration:
                return

    def __enter__(self) -> Any:
        return self._wrapped(self._loop.run(self._target.__aenter__()))

    def __exit__(self, *error: Any) -> Any:
        return self._loop.run(self._target.__aexit__(*error))
