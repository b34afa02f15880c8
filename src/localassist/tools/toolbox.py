"""Several Python functions as tools: described together, called by name, failures told to the model in words."""

import asyncio
import contextvars
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

from localassist.errors import InvalidRequest
from localassist.tools.functions import BadArguments, PythonFunction, text_of

logger = logging.getLogger(__name__)

MAX_CONCURRENT_CALLS = 16


class CallRequest(NamedTuple):
    """A call the model asks for; `arguments` is JSON text."""

    name: str
    arguments: str


class Toolbox:
    """Callables by the name the model calls them. A failure of one is its output; it never raises from a call."""

    def __init__(self, functions: Iterable[Callable[..., Any] | PythonFunction], *, strict: bool = True) -> None:
        self._functions: dict[str, PythonFunction] = {}
        for given in functions:
            function = given if isinstance(given, PythonFunction) else PythonFunction(given, strict=strict)
            if function.name in self._functions:
                raise InvalidRequest(f"Two functions are named '{function.name}': give one another name.")
            self._functions[function.name] = function

    @property
    def tools(self) -> list[dict[str, Any]]:
        return [function.tool for function in self._functions.values()]

    def call_all(self, calls: Sequence[CallRequest]) -> list[str]:
        """Call concurrently, several from threads of their own; outputs in the order of the calls."""
        if len(calls) == 1 and not self._is_async(calls[0].name):
            return [self._call(calls[0])]
        with ThreadPoolExecutor(min(len(calls), MAX_CONCURRENT_CALLS) or 1, "localassist-tool") as pool:
            made = [pool.submit(contextvars.copy_context().run, self._call, call) for call in calls]
            return [future.result() for future in made]

    async def call_all_async(self, calls: Sequence[CallRequest]) -> list[str]:
        """As `call_all`, with coroutine functions on the running loop and the others in threads."""
        return list(await asyncio.gather(*(self._call_async(call) for call in calls)))

    def _call(self, call: CallRequest) -> str:
        with _failures_told(call) as outcome:
            result = self._named(call.name).bind(call.arguments)()
            outcome.text = text_of(asyncio.run(result) if asyncio.iscoroutine(result) else result)
        return outcome.text

    async def _call_async(self, call: CallRequest) -> str:
        with _failures_told(call) as outcome:
            function = self._named(call.name)
            made = function.bind(call.arguments)
            result = made() if function.is_async else await asyncio.to_thread(made)
            outcome.text = text_of(await result if asyncio.iscoroutine(result) else result)
        return outcome.text

    def _is_async(self, name: str) -> bool:
        return name in self._functions and self._functions[name].is_async

    def _named(self, name: str) -> PythonFunction:
        if name not in self._functions:
            raise UnknownFunction(f"there is no function named '{name}'")
        return self._functions[name]


class UnknownFunction(LookupError):
    """The model called something that was not offered; the message is for the model."""


class _Outcome:
    """The output of a call, once there is one."""

    text = ""


@contextmanager
def _failures_told(call: CallRequest) -> Iterator[_Outcome]:
    """Whatever a call raises becomes the output that the model is told, without a traceback."""
    outcome = _Outcome()
    try:
        yield outcome
    except Exception as exc:
        outcome.text = _told(call.name, exc)


def _told(name: str, error: Exception) -> str:
    if isinstance(error, BadArguments):
        logger.info("a call had bad arguments", extra={"action": "tool_arguments", "tool": name})
        return f"Error: invalid arguments for '{name}': {error}"
    if isinstance(error, UnknownFunction):
        logger.warning("the model called an unknown function", extra={"action": "tool_unknown", "tool": name})
        return f"Error: {error}"
    logger.error("a tool failed", exc_info=error, extra={"action": "tool_failed", "tool": name})
    return f"Error: {type(error).__name__}: {error}" if str(error) else f"Error: {type(error).__name__}"
