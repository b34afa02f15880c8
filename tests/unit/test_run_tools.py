"""`client.run_tools`: Python functions executed between the rounds of a run, until it ends."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from localassist import AsyncLocalAssist, LocalAssist
from localassist.config import Config
from localassist.engine import Engine
from localassist.errors import InvalidRequest
from localassist.protocols import ChatMessage
from localassist.run_tools import TooManyRounds
from localassist.store.blobs import MemoryBlobs
from localassist.store.sql import SqliteStore
from localassist.testing import ScriptedModel, Turn, call, call_all, say

TIMEOUT_S = 20


def add(a: int, b: int) -> int:
    """Add two numbers.

    Args:
        a: The first.
        b: The second.
    """
    return a + b


async def multiply(a: int, b: int) -> int:
    await asyncio.sleep(0)
    return a * b


def explode() -> None:
    raise RuntimeError("boom")


class Talk:
    """A thread and an assistant on a scripted model."""

    def __init__(self, client: LocalAssist, model: ScriptedModel) -> None:
        self.client = client
        self.model = model
        self.ids = {
            "assistant_id": client.beta.assistants.create(model="scripted").id,
            "thread_id": client.beta.threads.create(messages=[{"role": "user", "content": "Go"}]).id,
        }

    def outputs(self) -> list[str]:
        """What the model was told by its tools, up to its last turn."""
        return told(max(self.model.transcripts, key=len))

    def answer(self) -> str:
        message = self.client.beta.threads.messages.list(self.ids["thread_id"], limit=1).data[0]
        return message.content[0].text.value  # type: ignore[union-attr]


def told(transcript: list[ChatMessage]) -> list[str]:
    return [message.content for message in transcript if message.role == "tool"]


@contextlib.contextmanager
def talk(*turns: Turn) -> Iterator[Talk]:
    model = ScriptedModel(*turns)
    config = Config(data_dir=":memory:")
    with (
        Engine(config, store=SqliteStore(None), blobs=MemoryBlobs(), models=model) as engine,
        LocalAssist(engine=engine) as client,
    ):
        yield Talk(client, model)


def test_functions_are_called_until_the_run_ends() -> None:
    with talk(call("add", a=1, b=2), call("multiply", a=3, b=4), say("15.")) as t:
        run = t.client.run_tools(**t.ids, tools=[add, multiply], temperature=0.5)
        assert (run.status, run.temperature) == ("completed", 0.5)
        assert [tool.function.name for tool in run.tools if tool.type == "function"] == ["add", "multiply"]
        assert t.outputs() == ["3", "12"]
        assert t.answer() == "15."


def test_the_calls_of_a_turn_run_together_and_keep_their_order() -> None:
    meeting = threading.Barrier(3, timeout=TIMEOUT_S)

    def meet(name: str) -> str:
        meeting.wait()
        return name

    calls: list[tuple[str, dict[str, object]]] = [("meet", {"name": name}) for name in "abc"]
    with talk(call_all(*calls), say("Met.")) as t:
        assert t.client.run_tools(**t.ids, tools=[meet]).status == "completed"
        assert t.outputs() == ["a", "b", "c"]


def test_what_goes_wrong_in_a_function_is_told_to_the_model() -> None:
    script = call_all(("explode", {}), ("add", {"a": "x", "b": 1}))
    with talk(script, say("Sorry.")) as t:
        assert t.client.run_tools(**t.ids, tools=[explode, add]).status == "completed"
        first, second = t.outputs()
        assert first == "Error: RuntimeError: boom"
        assert second.startswith("Error: invalid arguments for 'add': a: Input should be a valid integer")


def test_a_model_that_never_stops_calling_is_stopped() -> None:
    with talk(*[call("add", a=1, b=1)] * 3) as t:
        with pytest.raises(TooManyRounds):
            t.client.run_tools(**t.ids, tools=[add], max_rounds=2)
        run = t.client.beta.threads.runs.list(t.ids["thread_id"]).data[0]
        assert run.status in ("cancelling", "cancelled")


def test_the_events_of_all_rounds_come_as_one_stream() -> None:
    with talk(call("add", a=1, b=2), say("3.")) as t:
        with t.client.run_tools_stream(**t.ids, tools=[add]) as stream:
            names = [event.event for event in stream]
            run = stream.get_final_run()
        assert run.status == "completed"
        assert names.index("thread.run.requires_action") < names.index("thread.message.completed")
        assert (names[0], names[-1]) == ("thread.run.created", "thread.run.completed")


def test_a_stream_that_is_left_early_has_no_final_run() -> None:
    with talk(call("add", a=1, b=2)) as t:
        with t.client.run_tools_stream(**t.ids, tools=[add]) as stream:
            next(iter(stream))
        with pytest.raises(InvalidRequest):
            stream.get_final_run()


def test_hosted_tools_pass_and_described_functions_do_not() -> None:
    with talk(say("Hi.")) as t:
        run = t.client.run_tools(**t.ids, tools=[{"type": "code_interpreter"}, add])
        assert [tool.type for tool in run.tools] == ["code_interpreter", "function"]
        with pytest.raises(InvalidRequest):
            t.client.run_tools(**t.ids, tools=[{"type": "function", "function": {"name": "f"}}])


def test_the_same_asynchronously() -> None:
    async def converse(engine: Engine) -> tuple[Any, list[str]]:
        async with AsyncLocalAssist(engine=engine) as client:
            assistant = await client.beta.assistants.create(model="scripted")
            thread = await client.beta.threads.create()
            ids = {"assistant_id": assistant.id, "thread_id": thread.id}
            run = await client.run_tools(**ids, tools=[add, multiply])
            async with client.run_tools_stream(**ids, tools=[multiply]) as stream:
                names = [event.event async for event in stream]
                assert (await stream.get_final_run()).status == "completed"
            with pytest.raises(TooManyRounds):
                await client.run_tools(**ids, tools=[add], max_rounds=0)
            return run, names

    both: list[tuple[str, dict[str, object]]] = [("add", {"a": 1, "b": 2}), ("multiply", {"a": 3, "b": 4})]
    turns = [call_all(*both), say("3 and 12."), call("multiply", a=1, b=1), say("1."), call("add", a=1, b=1)]
    model = ScriptedModel(*turns)
    with Engine(Config(data_dir=":memory:"), store=SqliteStore(None), blobs=MemoryBlobs(), models=model) as engine:
        run, names = asyncio.run(converse(engine))
    assert run.status == "completed"
    assert next(outputs for outputs in map(told, model.transcripts) if outputs) == ["3", "12"]
    assert names[-1] == "thread.run.completed"
