"""What is refused about functions and their outputs, in the contract's words, through the SDK."""

import warnings
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from localassist import LocalAssist
from localassist.testing import SCRIPTED_MODEL, call, call_all, say
from tests.scripted_engine import Bench, bench

OBJECT = {"type": "object", "properties": {}}
NOT_AN_OBJECT = "Invalid schema for function 'f': schema must be a JSON Schema of 'type: \"object\"'"


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def function(name: str = "f", **settings: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": OBJECT, **settings}}


def refused(client: LocalAssist, **settings: Any) -> tuple[str, str | None, str | None]:
    """The error of an assistant that is refused: message, param, code."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.beta.assistants.create(model=SCRIPTED_MODEL, **settings)
    return caught.value.body["message"], caught.value.param, caught.value.code


@pytest.mark.parametrize(
    ("tools", "message", "param", "code"),
    [
        (
            [function()] * 129,
            "Invalid 'tools': array too long. Expected an array with maximum length 128",
            "tools",
            None,
        ),
        ([function("")], "Invalid 'tools[0].function.name': empty string.", "tools[0].function.name", "empty_string"),
        (
            [function("n" * 65)],
            "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64, but got a "
            "string with length 65 instead.",
            "tools[0].function.name",
            "string_above_max_length",
        ),
        (
            [function(), function("a b")],
            "Invalid 'tools[1].function.name': string does not match pattern. Expected a string that matches the "
            "pattern '^[a-zA-Z0-9_-]+$'.",
            "tools[1].function.name",
            "invalid_value",
        ),
        (
            [function(description=7)],
            "Invalid type for 'tools[0].function.description': expected a string, but got an integer instead.",
            "tools[0].function.description",
            "invalid_type",
        ),
        (
            [function(parameters={"type": "array"})],
            f"{NOT_AN_OBJECT}, got 'type: \"array\"'.",
            "tools[0].function.parameters",
            "invalid_function_parameters",
        ),
        (
            [function(parameters={})],
            f"{NOT_AN_OBJECT}, got 'type: \"None\"'.",
            "tools[0].function.parameters",
            "invalid_function_parameters",
        ),
        (
            [function(strict=True)],
            "Invalid schema for function 'f': In context=(), 'additionalProperties' is required to be supplied and to "
            "be false.",
            "tools[0].function.parameters",
            "invalid_function_parameters",
        ),
    ],
)
def test_functions_that_are_refused(
    tools: list[Any], message: str, param: str, code: str | None, client: LocalAssist
) -> None:
    found = refused(client, tools=tools)
    assert found[0].startswith(message)
    assert found[1] == param
    assert code is None or found[2] == code


def test_the_largest_that_is_taken(client: LocalAssist) -> None:
    tools = [function(f"f{number}-_{'x' * 55}"[:64], description="d" * 1024) for number in range(128)]
    assert len(client.beta.assistants.create(model=SCRIPTED_MODEL, tools=tools).tools) == 128


def test_a_forced_function_has_to_be_declared(client: LocalAssist) -> None:
    assistant = client.beta.assistants.create(model=SCRIPTED_MODEL, tools=[function()])
    thread = client.beta.threads.create()
    for choice, name in [
        ({"type": "function", "function": {"name": "g"}}, "no function named 'g'"),
        ({"type": "file_search"}, "the tool 'file_search'"),
        ({"type": "code_interpreter"}, "the tool 'code_interpreter'"),
    ]:
        with pytest.raises(openai.BadRequestError, match=name) as caught:
            client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, tool_choice=choice)
        assert caught.value.param == "tool_choice"


@pytest.fixture
def client() -> Iterator[LocalAssist]:
    with bench() as made, LocalAssist(engine=made.engine) as found:
        yield found


def waiting_run(made: Bench, client: LocalAssist) -> Any:
    assistant = made.assistant(tools=[function(), function("g")])
    return client.beta.threads.runs.create_and_poll(thread_id=made.thread("Hi"), assistant_id=assistant)


def test_outputs_answer_all_calls_once_and_in_time() -> None:
    with (
        bench(call_all(("f", {}), ("g", {})), call("f"), say("Done")) as made,
        LocalAssist(engine=made.engine) as client,
    ):
        run = waiting_run(made, client)
        ids = [one.id for one in run.required_action.submit_tool_outputs.tool_calls]
        wrong = {
            (ids[0],): f"Expected tool outputs for call_ids {ids}, got ['{ids[0]}']",
            (): f"Expected tool outputs for call_ids {ids}, got []",
            (*ids, ids[0]): f"Expected tool outputs for call_ids {ids}, got {[*ids, ids[0]]}",
            (*ids, "call_other"): f"Expected tool outputs for call_ids {ids}, got {[*ids, 'call_other']}",
        }
        for given, message in wrong.items():
            with pytest.raises(openai.BadRequestError) as caught:
                submit(client, run, *given)
            assert (caught.value.body["message"], caught.value.param, caught.value.code) == (message, None, None)
        again = submit(client, run, *reversed(ids))
        assert again.status == "requires_action", "a new call waits"
        with pytest.raises(openai.BadRequestError, match="Expected tool outputs for call_ids"):
            submit(client, run, *ids)
        done = submit(client, run, *(one.id for one in again.required_action.submit_tool_outputs.tool_calls))
        assert done.status == "completed"
        with pytest.raises(openai.BadRequestError) as caught:
            submit(client, run, *ids)
        assert caught.value.body["message"] == 'Runs in status "completed" do not accept tool outputs.'


def submit(client: LocalAssist, run: Any, *call_ids: str) -> Any:
    outputs = [{"tool_call_id": call_id, "output": ""} for call_id in call_ids]
    return client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs
    )
