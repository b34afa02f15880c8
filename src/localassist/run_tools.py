"""`client.run_tools(…)`: runs whose function calls are Python functions, executed here until the run ends.

A run goes from turn to turn: stream it, execute the calls it stops at, submit their outputs, stream on.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

import openai
from openai.lib.streaming import AssistantStreamManager, AsyncAssistantStreamManager
from openai.types.beta import AssistantStreamEvent
from openai.types.beta.threads import Run

from localassist.errors import InvalidRequest, RequestError
from localassist.tools import PythonFunction, Toolbox
from localassist.tools.toolbox import CallRequest

MAX_ROUNDS = 20

# A callable or `PythonFunction`, or the dict of a hosted tool such as {"type": "code_interpreter"}.
RunTool = Callable[..., Any] | PythonFunction | Mapping[str, Any]


class TooManyRounds(RequestError):
    """The model kept calling functions; the run was cancelled."""


class _Offer(NamedTuple):
    """What a run is offered: the functions to execute, and all tools as the API takes them."""

    toolbox: Toolbox
    tools: list[Any]


def _offer(tools: Iterable[RunTool]) -> _Offer:
    given = list(tools)
    hosted = [dict(tool) for tool in given if isinstance(tool, Mapping)]
    if any(tool.get("type") == "function" for tool in hosted):
        raise InvalidRequest("run_tools executes the functions: pass the Python function, not its description.")
    toolbox = Toolbox(tool for tool in given if not isinstance(tool, Mapping))
    return _Offer(toolbox, [*hosted, *toolbox.tools])


def _calls(run: Run) -> list[CallRequest]:
    assert run.required_action is not None
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [CallRequest(call.function.name, call.function.arguments) for call in calls]


def _submission(run: Run, outputs: list[str]) -> dict[str, Any]:
    assert run.required_action is not None
    calls = run.required_action.submit_tool_outputs.tool_calls
    given = [{"tool_call_id": call.id, "output": output} for call, output in zip(calls, outputs, strict=True)]
    return {"thread_id": run.thread_id, "run_id": run.id, "tool_outputs": given}


def _too_many(run: Run, max_rounds: int) -> TooManyRounds:
    return TooManyRounds(f"The run {run.id} called functions in more than {max_rounds} rounds and was cancelled.")


class ToolRunStream:
    """The SDK's events of a run, over all its rounds. Iterate once; leaving early leaves the run as it is."""

    def __init__(self, client: openai.OpenAI, offer: _Offer, max_rounds: int, settings: dict[str, Any]) -> None:
        self._runs = client.beta.threads.runs
        self._offer = offer
        self._max_rounds = max_rounds
        self._settings = settings
        self._run: Run | None = None
        self._events = self._follow()

    def __iter__(self) -> Iterator[AssistantStreamEvent]:
        return self._events

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._events.close()

    def get_final_run(self) -> Run:
        """Go on to the end and return the run as it ended."""
        for _ in self._events:
            pass
        if self._run is None:
            raise InvalidRequest("The stream was closed before the run had an outcome.")
        return self._run

    def _follow(self) -> Generator[AssistantStreamEvent, None, None]:
        part: AssistantStreamManager[Any] = self._runs.stream(tools=self._offer.tools, **self._settings)
        for num_rounds in range(self._max_rounds + 1):
            with part as stream:
                yield from stream
                run = stream.get_final_run()
            if run.status != "requires_action":
                self._run = run
                return
            if num_rounds == self._max_rounds:
                self._runs.cancel(run.id, thread_id=run.thread_id)
                raise _too_many(run, self._max_rounds)
            outputs = self._offer.toolbox.call_all(_calls(run))
            part = self._runs.submit_tool_outputs_stream(**_submission(run, outputs))


class AsyncToolRunStream:
    """As `ToolRunStream`, on the caller's event loop."""

    def __init__(self, client: openai.AsyncOpenAI, offer: _Offer, max_rounds: int, settings: dict[str, Any]) -> None:
        self._runs = client.beta.threads.runs
        self._offer = offer
        self._max_rounds = max_rounds
        self._settings = settings
        self._run: Run | None = None
        self._events = self._follow()

    def __aiter__(self) -> AsyncIterator[AssistantStreamEvent]:
        return self._events

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._events.aclose()

    async def get_final_run(self) -> Run:
        """Go on to the end and return the run as it ended."""
        async for _ in self._events:
            pass
        if self._run is None:
            raise InvalidRequest("The stream was closed before the run had an outcome.")
        return self._run

    async def _follow(self) -> AsyncGenerator[AssistantStreamEvent, None]:
        part: AsyncAssistantStreamManager[Any] = self._runs.stream(tools=self._offer.tools, **self._settings)
        for num_rounds in range(self._max_rounds + 1):
            async with part as stream:
                async for event in stream:
                    yield event
                run = await stream.get_final_run()
            if run.status != "requires_action":
                self._run = run
                return
            if num_rounds == self._max_rounds:
                await self._runs.cancel(run.id, thread_id=run.thread_id)
                raise _too_many(run, self._max_rounds)
            outputs = await self._offer.toolbox.call_all_async(_calls(run))
            part = self._runs.submit_tool_outputs_stream(**_submission(run, outputs))


class ToolRunner(openai.OpenAI):
    """The SDK's client with runs that execute Python functions."""

    def run_tools(
        self,
        *,
        thread_id: str,
        assistant_id: str,
        tools: Iterable[RunTool],
        max_rounds: int = MAX_ROUNDS,
        **settings: Any,
    ) -> Run:
        """Run until it ends, the functions called executed here; `settings` are those of `runs.create`.

        `tools` takes the place of the assistant's. Raises TooManyRounds, the run cancelled, after `max_rounds` rounds.
        """
        return self.run_tools_stream(
            thread_id=thread_id, assistant_id=assistant_id, tools=tools, max_rounds=max_rounds, **settings
        ).get_final_run()

    def run_tools_stream(
        self,
        *,
        thread_id: str,
        assistant_id: str,
        tools: Iterable[RunTool],
        max_rounds: int = MAX_ROUNDS,
        **settings: Any,
    ) -> ToolRunStream:
        """As `run_tools`, giving the events as they come."""
        settings = {"thread_id": thread_id, "assistant_id": assistant_id, **settings}
        return ToolRunStream(self, _offer(tools), max_rounds, settings)


class AsyncToolRunner(openai.AsyncOpenAI):
    """The SDK's asynchronous client with runs that execute Python functions, coroutine functions included."""

    async def run_tools(
        self,
        *,
        thread_id: str,
        assistant_id: str,
        tools: Iterable[RunTool],
        max_rounds: int = MAX_ROUNDS,
        **settings: Any,
    ) -> Run:
        """See `ToolRunner.run_tools`."""
        return await self.run_tools_stream(
            thread_id=thread_id, assistant_id=assistant_id, tools=tools, max_rounds=max_rounds, **settings
        ).get_final_run()

    def run_tools_stream(
        self,
        *,
        thread_id: str,
        assistant_id: str,
        tools: Iterable[RunTool],
        max_rounds: int = MAX_ROUNDS,
        **settings: Any,
    ) -> AsyncToolRunStream:
        """As `run_tools`, giving the events as they come."""
        settings = {"thread_id": thread_id, "assistant_id": assistant_id, **settings}
        return AsyncToolRunStream(self, _offer(tools), max_rounds, settings)
