"""What tool_choice and parallel_tool_calls mean for runs on real llama.cpp, whatever the model would rather write."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

from localassist import LocalAssist
from localassist.catalog import ModelFiles
from localassist.config import Config
from localassist.engine import Engine, Loader, read_dialect
from localassist.protocols import CellResult
from localassist.store.blobs import MemoryBlobs
from localassist.store.sql import SqliteStore
from localassist.testing import ScriptedInterpreter
from tests.models.random_weights import build_random
from tests.models.scripted import WEATHER_ANSWER, Branch, build_scripted, calls, plain
from tests.unit.dialects.test_discovery import TEMPLATES, template


def function(name: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"x": {"enum": [1, 2]}}, "required": ["x"], "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "parameters": schema, "strict": True}}


TOOLS = [function("first"), function("second")]


@contextmanager
def opened(path: Path) -> Iterator[tuple[LocalAssist, ScriptedInterpreter]]:
    """The SDK on an engine with this model, whose code goes to an interpreter that runs nothing."""
    config = Config(model=str(path), data_dir=":memory:", max_turn_tokens=200, seed=1)
    interpreter = ScriptedInterpreter(CellResult("2\n", ("2\n",)))
    models = ModelFiles(config, Loader(config), read_dialect)
    engine = Engine(config, store=SqliteStore(None), blobs=MemoryBlobs(), models=models, interpreter=interpreter)
    with engine, LocalAssist(engine=engine) as client:
        yield client, interpreter


def run(client: LocalAssist, **settings: Any) -> Any:
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
    return client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id, **settings)


def names(waiting: Any) -> list[str]:
    found = waiting.required_action.submit_tool_outputs.tool_calls
    assert all(json.loads(call.function.arguments)["x"] in (1, 2) for call in found)
    return [call.function.name for call in found]


def test_force_prohibition_and_number_hold_on_random_weights(tmp_path):
    with opened(build_random(tmp_path / "random.gguf")) as (client, _):
        second = {"type": "function", "function": {"name": "second"}}
        assert names(run(client, tools=TOOLS, tool_choice=second)) == ["second"]
        single = run(client, tools=TOOLS, tool_choice="required", parallel_tool_calls=False)
        assert len(names(single)) == 1
        silent = run(client, tools=TOOLS, tool_choice="none")
        steps = client.beta.threads.runs.steps.list(run_id=silent.id, thread_id=silent.thread_id).data
        assert [step.type for step in steps] == ["message_creation"]


def test_a_force_holds_for_one_call_and_then_the_model_is_free(tmp_path):
    path = build_scripted(tmp_path / "m.gguf", [plain("Hello", " there"), WEATHER_ANSWER])
    with opened(path) as (client, _):
        waiting = run(client, tools=TOOLS[:1], tool_choice="required", temperature=0, parallel_tool_calls=False)
        (call,) = waiting.required_action.submit_tool_outputs.tool_calls
        done = client.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=waiting.id, thread_id=waiting.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "7"}]
        )
        assert done.status == "completed"
        message = client.beta.threads.messages.list(done.thread_id).data[0]
        assert message.content[0].text.value == "The weather in Paris is ☀ sunny."


def test_without_tools_no_call_is_written_whatever_was_called_before(tmp_path):
    """The model would call once more; what it writes instead is no matter, if nobody can take it for a call."""
    again = Branch(calls(("first", {"x": 1})).chunks, marker="<tool_response>")
    with opened(build_scripted(tmp_path / "m.gguf", [calls(("first", {"x": 1})), again])) as (client, _):
        waiting = run(client, tools=TOOLS[:1], tool_choice="required", temperature=0, parallel_tool_calls=False)
        (call,) = waiting.required_action.submit_tool_outputs.tool_calls
        client.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=waiting.id, thread_id=waiting.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "7"}]
        )
        client.beta.threads.runs.cancel(run_id=waiting.id, thread_id=waiting.thread_id)
        done = client.beta.threads.runs.create_and_poll(
            thread_id=waiting.thread_id, assistant_id=waiting.assistant_id, temperature=0
        )
        assert done.last_error is None
        asked = [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "tool_calls": [call.model_dump(exclude_none=True)]},
            {"role": "tool", "tool_call_id": call.id, "content": "7"},
        ]
        answer = client.chat.completions.create(model="gpt-4o", messages=asked, temperature=0, max_tokens=20)
        shown = [message.content[0].text.value for message in client.beta.threads.messages.list(done.thread_id).data]
        assert "<tool_call>" not in str([*shown, answer.choices[0].message.content])


@pytest.mark.parametrize("choice", [{"type": "code_interpreter"}, "required"])
def test_a_hosted_tool_is_forced_under_the_name_the_model_knows(choice, tmp_path):
    """The model would say hello; the rest of the script only helps it to end the code it is made to write."""
    code = Branch(calls(("python", {"code": "1+1"})).chunks, marker="<never>")
    path = build_scripted(tmp_path / "m.gguf", [plain("Hello", " there"), code, WEATHER_ANSWER])
    with opened(path) as (client, interpreter):
        tools = [{"type": "code_interpreter"}]
        done = run(client, tools=tools, tool_choice=choice, temperature=0, parallel_tool_calls=False)
        assert done.status == "completed", done.last_error
        assert [code for _, code, _ in interpreter.executed] == ["1+1"]


def test_what_the_model_cannot_be_held_to_is_refused_at_once(tmp_path):
    """This model writes arguments as bare text, for which some patterns cannot be spelled out."""
    path = build_scripted(tmp_path / "m.gguf", [plain("Hi", " there")], template=template(TEMPLATES["tagged"]))
    with opened(path) as (client, _):
        for pattern, is_good in [("^a+$", True), ("(^a|b)c", False)]:
            limited = {"type": "string", "pattern": pattern}
            schema = {"type": "object", "properties": {"x": limited}, "required": ["x"], "additionalProperties": False}
            tools = [{"type": "function", "function": {"name": "f", "parameters": schema, "strict": True}}]
            if is_good:
                client.beta.assistants.create(model="gpt-4o", tools=tools)
                continue
            with pytest.raises(openai.BadRequestError, match="Invalid schema for function 'f': 'pattern'") as caught:
                client.beta.assistants.create(model="gpt-4o", tools=tools)
            assert (caught.value.param, caught.value.code) == (
                "tools[0].function.parameters",
                "invalid_function_parameters",
            )
            tools[0]["function"]["strict"] = False
            client.beta.assistants.create(model="gpt-4o", tools=tools)
