"""Assistants: materialised defaults, modification, refusals."""

import pytest

from localassist.errors import InvalidRequest, NotFound
from localassist.objects.assistants import ModifyAssistant
from localassist.objects.faults import validate
from localassist.testing import say
from tests.scripted_engine import FUNCTION, bench


def modify(b, assistant, **changes):
    return b.engine.assistants.modify(assistant, validate(ModifyAssistant, changes))


def test_defaults_are_materialised():
    with bench() as b:
        wire = b.engine.assistants.get(b.assistant()).wire()
        assert list(wire) == [
            "id", "object", "created_at", "name", "description", "model", "instructions", "tools", "top_p",
            "temperature", "reasoning_effort", "tool_resources", "metadata", "response_format",
        ]  # fmt: skip
        assert (wire["top_p"], wire["temperature"], wire["response_format"]) == (1.0, 1.0, "auto")
        assert (wire["instructions"], wire["tool_resources"]) == (None, {})


def test_tools_are_echoed_with_their_defaults():
    with bench() as b:
        tools = [{"type": "code_interpreter"}, {"type": "file_search"}, FUNCTION]
        wire = b.engine.assistants.get(b.assistant(tools=tools)).wire()
        ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.0, "hybrid_search": None}
        assert wire["tools"][1] == {"type": "file_search", "file_search": {"ranking_options": ranking}}
        assert wire["tools"][2]["function"]["strict"] is False
        assert wire["tool_resources"] == {"code_interpreter": {"file_ids": []}}


def test_what_is_not_given_stays_and_null_clears():
    with bench() as b:
        assistant = b.assistant(name="N", instructions="I", temperature=0.5, metadata={"a": "1"}, tools=[FUNCTION])
        changed = modify(b, assistant, name=None, temperature=0, tools=[])
        assert (changed.name, changed.instructions, changed.temperature, changed.tools) == (None, "I", 0, [])
        assert changed.metadata == {"a": "1"}
        assert modify(b, assistant, metadata={"b": "2"}).metadata == {"b": "2"}


def test_an_unknown_model_is_refused():
    with bench() as b, pytest.raises(InvalidRequest) as caught:
        b.assistant(model="nope")
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")


def test_json_modes_and_hosted_tools_exclude_each_other():
    with bench() as b:
        with pytest.raises(InvalidRequest) as caught:
            b.assistant(tools=[{"type": "code_interpreter"}], response_format={"type": "json_object"})
        assert caught.value.message == (
            "Invalid tools: all tools must be of type `function` when `response_format` is of type `json_object`."
        )


def test_a_deleted_assistant_is_gone_and_its_runs_stay():
    with bench(say("hi")) as b:
        assistant = b.assistant()
        run = b.finish(b.run(b.thread("x"), assistant))
        assert b.engine.assistants.delete(assistant).object == "assistant.deleted"
        with pytest.raises(NotFound, match=f"^No assistant found with id '{assistant}'.$"):
            b.engine.assistants.get(assistant)
        assert b.engine.runs.get(run.thread_id, run.id).assistant_id == assistant


@pytest.mark.parametrize("bad", ["undefined", "thread_abc", ""])
def test_an_id_of_another_kind_is_malformed_not_missing(bad):
    with bench() as b, pytest.raises(InvalidRequest) as caught:
        b.engine.assistants.get(bad)
    assert caught.value.message == f"Invalid 'assistant_id': '{bad}'. Expected an ID that begins with 'asst'."
    assert caught.value.code == "invalid_value"


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ("required", "needs at least one tool"),
        ({"type": "function", "function": {"name": "f"}}, "no function named 'f'"),
        ({"type": "file_search"}, "'file_search' was not specified"),
    ],
)
def test_a_tool_choice_that_cannot_be_met_is_refused(choice, words):
    with bench() as b, pytest.raises(InvalidRequest, match=words):
        b.run(b.thread("x"), b.assistant(), tool_choice=choice)
