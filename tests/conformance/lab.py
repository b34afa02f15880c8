"""What every scenario is given, how scenarios are registered, and the words its models say. Needs only an SDK."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

WEATHER, TWO_CALLS, PLAIN, LONG, ENDLESS = "weather", "two-calls", "plain", "long", "endless"
WEATHER_TEXT = "The weather in Paris is ☀ sunny."
PLAIN_TEXT = "Hello there, my friend."
LONG_TEXT = " ".join(f"part{i}" for i in range(300))

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
TIME_TOOL = {
    "type": "function",
    "function": {
        "name": "get_time",
        "parameters": {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"]},
    },
}


@dataclass(frozen=True)
class Lab:
    """A client to drive, and what depends on how it is driven.

    `handler` is the SDK's event handler class for this client. `outsider` is a client with a key that is refused; None
    in process, where there are no keys.
    """

    client: Any
    handler: type
    is_async: bool = False
    outsider: Any = None

    def thread(self, *texts: str) -> str:
        """The id of a new thread with these messages of the user."""
        messages = [{"role": "user", "content": text} for text in texts or ("How is the weather in Paris?",)]
        return self.client.beta.threads.create(messages=messages).id

    def assistant(self, model: str = PLAIN, **settings: Any) -> str:
        """The id of a new assistant; with one of the models that call functions, it has the functions."""
        tools = {WEATHER: [TOOL], TWO_CALLS: [TOOL, TIME_TOOL]}.get(model, [])
        return self.client.beta.assistants.create(model=model, **{"tools": tools, **settings}).id

    def waiting_run(self, model: str = WEATHER) -> Any:
        """A run that waits for tool outputs."""
        runs = self.client.beta.threads.runs
        run = runs.create_and_poll(thread_id=self.thread(), assistant_id=self.assistant(model))
        assert run.status == "requires_action", run
        return run

    def poll(self, run: Any) -> Any:
        return self.client.beta.threads.runs.poll(run.id, thread_id=run.thread_id)

    def texts(self, thread_id: str, **query: Any) -> list[str]:
        """The texts of a thread's messages, oldest first."""
        page = self.client.beta.threads.messages.list(thread_id, order="asc", **query)
        return ["".join(part.text.value for part in message.content) for message in page.data]


def outputs_for(run: Any, *outputs: str) -> list[dict[str, str]]:
    """Outputs for the waiting calls of a run, in order."""
    calls = run.required_action.submit_tool_outputs.tool_calls
    given = outputs or ("sunny",) * len(calls)
    return [{"tool_call_id": call.id, "output": output} for call, output in zip(calls, given, strict=True)]


@dataclass(frozen=True)
class Scenario:
    name: str
    run: Callable[[Lab], None]
    since: tuple[int, ...]
    needs_keys: bool

    def applies(self, version: tuple[int, ...], *, in_process: bool) -> bool:
        return version >= self.since and not (self.needs_keys and in_process)


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    *, since: tuple[int, ...] = (1, 21), needs_keys: bool = False
) -> Callable[[Callable[[Lab], None]], Callable[[Lab], None]]:
    """Register a scenario for the SDK versions that have what it uses."""

    def register(function: Callable[[Lab], None]) -> Callable[[Lab], None]:
        SCENARIOS[function.__name__] = Scenario(function.__name__, function, since, needs_keys)
        return function

    return register
