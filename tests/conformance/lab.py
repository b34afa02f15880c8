"""What every scenario is given, how scenarios are registered, and the words its models say. Needs only an SDK."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

WEATHER, TWO_CALLS, PLAIN, LONG, ENDLESS = "weather", "two-calls", "plain", "long", "endless"
CODE, CITES = "code", "cites"
BROKEN = "broken"  # a file that is no model
WEATHER_TEXT = "The weather in Paris is ☀ sunny."
PLAIN_TEXT = "Hello there, my friend."
LONG_TEXT = " ".join(f"part{i}" for i in range(300))

NUMBERS = ("numbers.csv", b"1\n2\n39\n")
PROGRAM = """import matplotlib.pyplot as plt
numbers = [int(line) for line in open('/mnt/data/numbers.csv')]
plt.plot(numbers); plt.show()
open('/mnt/data/report.csv', 'w').write(f'sum,{sum(numbers)}')
print('sum', sum(numbers))"""
CODE_TEXT = "The chart is above, the sum in [report.csv](sandbox:/mnt/data/report.csv)."
BIRDS = ("birds.txt", b"The heron waits at the river until a fish comes by.\n")
QUERY = "Where does the heron wait?"
CITES_TEXT = "It waits at the river 【0:0†birds.txt】."

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

    `handler` is the SDK's event handler class for this client, None before 1.14. `outsider` is a client with a key that
    is refused; None in process, where there are no keys.
    """

    client: Any
    handler: type | None
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

    @property
    def vector_stores(self) -> Any:
        """Where this SDK has them: below `beta` until 1.65."""
        return self.client.vector_stores if hasattr(self.client, "vector_stores") else self.client.beta.vector_stores

    @property
    def is_v1(self) -> bool:
        """Whether the SDK speaks the first version of the API."""
        return hasattr(self.client.beta.assistants, "files")

    def upload(self, file: tuple[str, bytes], purpose: str = "assistants") -> str:
        return self.client.files.create(file=file, purpose=purpose).id

    def waiting_run(self, model: str = WEATHER) -> Any:
        """A run that waits for tool outputs."""
        run = self.finished_run(self.thread(), self.assistant(model))
        assert run.status == "requires_action", run
        return run

    def finished_run(self, thread_id: str, assistant_id: str) -> Any:
        """A new run when it has come to rest."""
        return self.poll(self.client.beta.threads.runs.create(thread_id, assistant_id=assistant_id))

    def poll(self, run: Any) -> Any:
        """The run at rest, by the SDK's helper where it has one."""
        runs = self.client.beta.threads.runs
        if hasattr(runs, "poll"):
            return runs.poll(run.id, thread_id=run.thread_id)
        while (run := runs.retrieve(run.id, thread_id=run.thread_id)).status in ("queued", "in_progress", "cancelling"):
            time.sleep(0.02)
        return run

    def texts(self, thread_id: str, **query: Any) -> list[str]:
        """The texts of a thread's messages, oldest first."""
        page = self.client.beta.threads.messages.list(thread_id, order="asc", **query)
        return ["".join(part.text.value for part in message.content) for message in page.data]


def error_of(exc: Any) -> dict[str, Any]:
    """The error that the server told of; the first SDKs leave it out of `exc.body`."""
    error: dict[str, Any] = exc.response.json()["error"]
    return error


def outputs_for(run: Any, *outputs: str) -> list[dict[str, str]]:
    """Outputs for the waiting calls of a run, in order."""
    calls = run.required_action.submit_tool_outputs.tool_calls
    given = outputs or ("sunny",) * len(calls)
    return [{"tool_call_id": call.id, "output": output} for call, output in zip(calls, given, strict=True)]


class Row(StrEnum):
    """What the table of SDKs tells apart, in its order."""

    RUNS = "create, thread, message, run, poll, list"
    STREAMS = "streaming, with a handler"
    FUNCTIONS = "function calls and their outputs"
    SEARCH = "file search with a citation"
    CODE = "code interpreter with a picture and a file"
    CANCEL = "cancel"
    PAGING = "pagination over 250 objects"
    ERRORS = "every class of error"
    STORES = "vector stores"
    ATTACHMENTS = "attachments"
    SPELLINGS = "older spellings"
    OBJECTS = "every method of the objects"
    FILES = "files and uploads"
    REQUESTS = "raw responses, explicit nulls"


Need = Literal["keys", "kernel"]  # a server that asks for keys; one that runs code
Version = tuple[int, ...]
FIRST: Version = (1, 3)
LAST_V1: Version = (1, 20, 99)
NEWEST: Version = (1000,)


@dataclass(frozen=True)
class Scenario:
    """`since` and `until` are the first and the last version of the SDK that has what it uses.

    `defects` are known defects of SDKs: the versions from and to, and what is wrong with them.
    """

    name: str
    row: Row
    run: Callable[[Lab], None]
    since: Version
    until: Version
    needs: Need | None
    defects: tuple[tuple[Version, Version, str], ...]

    def applies(self, version: Version, *, without: tuple[Need, ...] = ()) -> bool:
        return self.since <= version <= self.until and self.needs not in without

    def defect(self, version: Version) -> str | None:
        """What is wrong with this version of the SDK, so that the scenario has to fail."""
        return next((text for since, until, text in self.defects if since <= version <= until), None)


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    row: Row,
    *,
    since: Version = (1, 21),
    until: Version = NEWEST,
    needs: Need | None = None,
    defects: tuple[tuple[Version, Version, str], ...] = (),
) -> Callable[[Callable[[Lab], None]], Callable[[Lab], None]]:
    """Register a scenario for the SDK versions that have what it uses."""

    def register(function: Callable[[Lab], None]) -> Callable[[Lab], None]:
        name = function.__name__
        SCENARIOS[name] = Scenario(name, row, function, since, until, needs, defects)
        return function

    return register
