"""Reasoning, refusals, calls that do not fit and outputs that are too long, as the run loop treats them."""

import json
from dataclasses import replace

import pytest

from localassist.protocols import CallArguments, CallStarted, Page, ReasoningPiece, TextPiece
from localassist.testing import Turn, call, call_all, say
from tests.scripted_engine import FUNCTION, bench

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}
FORM = {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": SCHEMA}}
# `contains` is a keyword that no grammar enforces.
LOOSE = {"type": "object", "properties": {"n": {"type": "array", "contains": {"const": 7}}}, "required": ["n"]}
PICK = {"type": "function", "function": {"name": "pick", "parameters": LOOSE}}


def arguments_of(run):
    return [json.loads(one.function.arguments) for one in run.required_action.submit_tool_outputs.tool_calls]


def outputs_shown(b):
    """The outputs in the last prompt that ends with one."""
    transcript = next(found for found in reversed(b.model.transcripts) if found[-1].role == "tool")
    return [message.content for message in transcript if message.role == "tool"]


def deltas(events):
    return [event.data["delta"] for event in events if event.name == "thread.run.step.delta"]


# --- reasoning --------------------------------------------------------------------------------------------------------


def test_reasoning_is_counted_and_belongs_to_no_message():
    turn = Turn(ReasoningPiece("Let me"), ReasoningPiece(" think"), TextPiece("Yes."))
    with bench(turn, say("again")) as b:
        thread = b.thread("Hi")
        run = b.finish(b.run(thread, b.assistant(reasoning_effort="low")))
        assert b.answer(thread) == "Yes."
        assert run.usage.completion_tokens_details.reasoning_tokens == 2
        assert b.model.efforts == ["low"]
        b.finish(b.run(thread, b.assistant(), reasoning_effort="none"))
        assert "think" not in b.model.requests[-1].prompt
        assert b.model.efforts == ["low", "none"]


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["I'm sorry, I can't do that.", "I can’t help with this.", "抱歉，我不能这样做。"])
def test_a_refusal_where_a_schema_is_asked_for_is_a_part_of_its_own(words):
    with bench(say(words)) as b:
        thread = b.thread("Hi")
        events = b.events(b.run(thread, b.assistant(), response_format=FORM))
        (message,) = [event.data for event in events if event.name == "thread.message.completed"]
        assert [part.model_dump() for part in message.content] == [{"type": "refusal", "refusal": words}]
        assert events[-1].name == "thread.run.completed"


def test_text_that_is_no_refusal_is_dropped_and_the_turn_is_held_to_its_form():
    with bench(Turn(ReasoningPiece("hm"), TextPiece("Here"), TextPiece(" it is")), say('{"a": 1}')) as b:
        thread = b.thread("Hi")
        run = b.finish(b.run(thread, b.assistant(), response_format=FORM))
        assert b.answer(thread) == '{"a": 1}'
        first, second = b.model.requests
        assert (first.constraint, bool(second.constraint)) == (None, True)
        assert run.usage.completion_tokens == 1 + 2
        assert run.usage.completion_tokens_details.reasoning_tokens == 1


def test_json_object_and_forced_calls_leave_nothing_to_refuse():
    with bench(say('{"b": 2}'), call("get_weather")) as b:
        b.finish(b.run(b.thread("JSON"), b.assistant(), response_format={"type": "json_object"}))
        forced = {"tool_choice": "required", "tools": [FUNCTION]}
        run = b.finish(b.run(b.thread("Hi"), b.assistant(), response_format=FORM, **forced))
        assert run.status == "requires_action"
        assert len(b.model.requests) == 2
        assert all(request.constraint for request in b.model.requests)


# --- calls that do not fit --------------------------------------------------------------------------------------------


def test_a_call_that_does_not_fit_is_asked_for_again_with_the_fault():
    with bench(call("pick", n=[1]), call("pick", n=[2]), call("pick", n=[7])) as b:
        events = b.events(b.run(b.thread("Hi"), b.assistant(tools=[PICK])))
        run = events[-1].data
        assert arguments_of(run) == [{"n": [7]}]
        written = "".join(d["step_details"]["tool_calls"][0]["function"]["arguments"] for d in deltas(events))
        assert json.loads(written) == {"n": [7]}, "nothing that was taken back may have been shown"
        feedback = b.model.transcripts[-1][-1]
        assert feedback.role == "tool"
        assert "does not contain" in feedback.content
        step = b.engine.runs.steps(run.thread_id, run.id, Page()).items[0]
        assert step.internal.pending_usage.completion_tokens == 9


def test_a_call_that_never_fits_is_handed_over_with_a_warning(caplog):
    with bench(*(call("pick", n=[n]) for n in (1, 2, 3, 4))) as b:
        run = b.finish(b.run(b.thread("Hi"), b.assistant(tools=[PICK])))
        assert arguments_of(run) == [{"n": [3]}]
        assert len(b.model.requests) == 3
    assert "do not fit the function's schema" in caplog.text


def test_calls_that_the_grammar_holds_are_shown_as_they_are_written():
    with bench(call_all(("get_weather", {}), ("pick", {"n": [1]})), call("pick", n=[7])) as b:
        events = b.events(b.run(b.thread("Hi"), b.assistant(tools=[FUNCTION, PICK])))
        assert arguments_of(events[-1].data) == [{}, {"n": [7]}]
        indices = [d["step_details"]["tool_calls"][0]["index"] for d in deltas(events)]
        assert indices == sorted(indices)


def test_a_call_that_is_cut_is_not_asked_for_again():
    cut = Turn(CallStarted(0, "pick"), CallArguments(0, '{"n": [1'), finish_reason="length")
    with bench(cut) as b:
        run = b.finish(b.run(b.thread("Hi"), b.assistant(tools=[PICK])))
        assert run.status == "failed"
        assert len(b.model.requests) == 1


# --- outputs that are too long ----------------------------------------------------------------------------------------


def test_a_long_output_is_cut_with_a_note_and_the_run_goes_on():
    with bench(call("get_weather"), say("ok")) as b:
        b.model.facts = replace(b.model.facts, context_window=900)
        run = b.finish(b.run(b.thread("Hi"), b.assistant(tools=[FUNCTION])))
        output = " ".join(f"w{number}" for number in range(5000))
        done = b.finish(b.submit(run, output))
        assert done.status == "completed"
        (shown,) = outputs_shown(b)
        assert shown.startswith("w0 w1 ")
        assert shown.endswith(" w4999")
        assert "characters of this output left out" in shown
        assert b.model.count_tokens(shown) <= 300
        steps = b.engine.runs.steps(run.thread_id, run.id, Page()).items
        assert any(
            step.type == "tool_calls" and step.step_details.tool_calls[0].function.output == output for step in steps
        )


def test_parallel_outputs_share_the_room_and_short_ones_stay_whole():
    with bench(call_all(("get_weather", {}), ("get_weather", {"b": 1})), say("ok")) as b:
        b.model.facts = replace(b.model.facts, context_window=900)
        run = b.finish(b.run(b.thread("Hi"), b.assistant(tools=[FUNCTION])))
        b.finish(b.submit(run, "short", "long " * 5000))
        short, long = outputs_shown(b)
        assert short == "short"
        assert 200 < b.model.count_tokens(long) <= 300
