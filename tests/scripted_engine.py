"""An engine on a scripted model and an in-memory store, for tests of everything above the model."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from localassist.config import Config
from localassist.engine import Engine
from localassist.objects import base
from localassist.objects.assistants import CreateAssistant
from localassist.objects.events import LAST_EVENTS, Event
from localassist.objects.faults import validate
from localassist.objects.run_bodies import CreateRun, SubmitToolOutputs
from localassist.objects.runs import Run
from localassist.objects.threads import CreateMessage, CreateThread
from localassist.protocols import FileSearch, Interpreter
from localassist.service.runs import StartedRun
from localassist.store.blobs import MemoryBlobs
from localassist.store.sql import SqliteStore
from localassist.testing import SCRIPTED_MODEL, ScriptedModel

FUNCTION = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}


class Bench:
    """The engine with shorthands for what most tests begin with."""

    def __init__(
        self,
        model: ScriptedModel,
        clock: Callable[[], int],
        *,
        interpreter: Interpreter | None = None,
        file_search: FileSearch | None = None,
        **settings: Any,
    ) -> None:
        self.model = model
        self.store = SqliteStore(None)
        config = Config(data_dir=":memory:", **settings)
        self.engine = Engine(
            config,
            store=self.store,
            blobs=MemoryBlobs(),
            models=model,
            interpreter=interpreter,
            file_search=file_search,
            clock=clock,
        )

    def assistant(self, **settings: Any) -> str:
        body = validate(CreateAssistant, {"model": SCRIPTED_MODEL, **settings})
        return self.engine.assistants.create(body).id

    def thread(self, *texts: str) -> str:
        messages = [{"role": "user", "content": text} for text in texts]
        return self.engine.threads.create(validate(CreateThread, {"messages": messages})).id

    def say(self, thread_id: str, text: str) -> None:
        self.engine.messages.create(thread_id, validate(CreateMessage, {"role": "user", "content": text}))

    def run(self, thread_id: str, assistant_id: str, **settings: Any) -> StartedRun:
        body = validate(CreateRun, {"assistant_id": assistant_id, **settings})
        return self.engine.runs.create(thread_id, body)

    def events(self, started: StartedRun) -> list[Event]:
        """What a stream of this answer would hold, to its end."""
        seen = []
        for event in self.engine.bus.follow(started.run.id, after=started.position):
            seen.append(event)
            if event.name in LAST_EVENTS:
                break
        return seen

    def finish(self, started: StartedRun) -> Run:
        """The run at its next resting point, as stored."""
        self.events(started)
        return self.engine.runs.get(started.run.thread_id, started.run.id)

    def submit(self, run: Run, *outputs: str) -> StartedRun:
        assert run.required_action is not None
        calls = run.required_action.submit_tool_outputs.tool_calls
        given = [{"tool_call_id": c.id, "output": output} for c, output in zip(calls, outputs, strict=True)]
        body = validate(SubmitToolOutputs, {"tool_outputs": given})
        return self.engine.runs.submit(run.thread_id, run.id, body)

    def answer(self, thread_id: str) -> str:
        """The text of the newest message."""
        from localassist.protocols import Page

        (message,) = self.engine.messages.page(thread_id, Page(limit=1)).items
        return "".join(part.text.value for part in message.content if part.type == "text")


@contextmanager
def bench(
    *turns: Any, clock: Callable[[], int] = base.now, context_window: int = 100_000, **settings: Any
) -> Iterator[Bench]:
    """A bench on a model that takes these turns."""
    made = Bench(ScriptedModel(*turns, context_window=context_window), clock, **settings)
    try:
        yield made
    finally:
        made.engine.close()
