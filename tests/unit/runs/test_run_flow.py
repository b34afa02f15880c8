"""Runs from start to end on a scripted model."""

import pytest

from localassist.errors import Conflict, ContextLengthExceeded, GenerationFailed, InvalidRequest, NotFound
from localassist.objects.faults import validate
from localassist.objects.run_bodies import SubmitToolOutputs
from localassist.protocols import CallArguments, CallStarted, Page, TextPiece
from localassist.testing import Hold, ManualClock, Turn, call, call_all, say
from tests.scripted_engine import FUNCTION, bench


def names(events):
    return [event.name for event in events]


def test_an_answer_is_stored_with_its_step_and_usage():
    with bench(say("Hello there friend")) as b:
        thread = b.thread("hi")
        run = b.finish(b.run(thread, b.assistant(instructions="Be kind.")))
        assert run.status == "completed"
        assert b.answer(thread) == "Hello there friend"
        (step,) = b.engine.runs.steps(thread, run.id, Page()).items
        assert step.status == "completed"
        assert run.usage == step.usage
        assert run.usage.completion_tokens == 3


def test_the_model_reads_instructions_then_history_in_order():
    with bench(say("one"), say("two")) as b:
        assistant, thread = b.assistant(instructions="Be kind."), b.thread("first", "second")
        b.finish(b.run(thread, assistant))
        b.say(thread, "third")
        b.finish(b.run(thread, assistant, additional_instructions="Be brief."))
        transcript = max(b.model.transcripts, key=len)
        assert [(m.role, m.content) for m in transcript] == [
            ("system", "Be kind.\n\nBe brief."),
            ("user", "first"),
            ("user", "second"),
            ("assistant", "one"),
            ("user", "third"),
        ]


def test_function_calls_wait_for_outputs_and_go_on():
    with bench(call("get_weather", before="Let me look.", city="Paris"), say("It is sunny")) as b:
        thread = b.thread("weather?")
        started = b.run(thread, b.assistant(tools=[FUNCTION]))
        waiting = b.finish(started)
        assert waiting.status == "requires_action"
        assert waiting.usage is None
        (asked,) = waiting.required_action.submit_tool_outputs.tool_calls
        assert (asked.function.name, asked.function.arguments) == ("get_weather", '{"city": "Paris"}')
        resumed = b.submit(waiting, "sunny")
        assert (resumed.run.status, resumed.run.required_action) == ("queued", None)
        run = b.finish(resumed)
        assert run.status == "completed"
        assert run.expires_at is None
        assert b.answer(thread) == "It is sunny"
        steps = b.engine.runs.steps(thread, run.id, Page(order="asc")).items
        assert [step.type for step in steps] == ["message_creation", "tool_calls", "message_creation"]
        assert steps[1].step_details.tool_calls[0].function.output == "sunny"
        assert run.usage.completion_tokens == sum(step.usage.completion_tokens for step in steps)


def test_calls_and_outputs_stay_in_the_conversation_of_later_runs():
    with bench(call("get_weather", before="Looking.", city="Paris"), say("Sunny"), say("You are welcome")) as b:
        assistant, thread = b.assistant(tools=[FUNCTION]), b.thread("weather?")
        b.finish(b.submit(b.finish(b.run(thread, assistant)), "sunny"))
        b.say(thread, "thanks")
        b.finish(b.run(thread, assistant))
        transcript = max(b.model.transcripts, key=len)
        assert [(m.role, m.content) for m in transcript] == [
            ("user", "weather?"),
            ("assistant", "Looking."),
            ("tool", "sunny"),
            ("assistant", "Sunny"),
            ("user", "thanks"),
        ]
        assert transcript[1].tool_calls[0].arguments == '{"city": "Paris"}'


def test_parallel_calls_share_a_step_and_need_all_outputs_at_once():
    with bench(call_all(("get_weather", {"city": "A"}), ("get_weather", {"city": "B"})), say("done")) as b:
        waiting = b.finish(b.run(b.thread("both?"), b.assistant(tools=[FUNCTION])))
        first, second = (c.id for c in waiting.required_action.submit_tool_outputs.tool_calls)
        body = validate(SubmitToolOutputs, {"tool_outputs": [{"tool_call_id": first, "output": "x"}]})
        with pytest.raises(InvalidRequest) as caught:
            b.engine.runs.submit(waiting.thread_id, waiting.id, body)
        assert caught.value.message == f"Expected tool outputs for call_ids ['{first}', '{second}'], got ['{first}']"
        assert b.finish(b.submit(waiting, "x", "")).status == "completed"


def test_outputs_are_refused_when_none_are_awaited():
    with bench(say("no calls")) as b:
        run = b.finish(b.run(b.thread("hi"), b.assistant()))
        body = validate(SubmitToolOutputs, {"tool_outputs": []})
        with pytest.raises(Conflict, match=r'^Runs in status "completed" do not accept tool outputs\.$'):
            b.engine.runs.submit(run.thread_id, run.id, body)


def test_a_thread_is_locked_while_a_run_is_active():
    with bench(call("get_weather"), say("done")) as b:
        assistant, thread = b.assistant(tools=[FUNCTION]), b.thread("hi")
        run = b.finish(b.run(thread, assistant))
        with pytest.raises(Conflict, match=f"^Can't add messages to {thread} while a run {run.id} is active.$"):
            b.say(thread, "more")
        with pytest.raises(Conflict, match=f"^Thread {thread} already has an active run {run.id}.$"):
            b.run(thread, assistant)


def test_a_run_at_work_is_cancelled_and_keeps_what_it_wrote():
    hold = Hold()
    with bench(Turn(TextPiece("Half"), hold, TextPiece(" more"))) as b:
        thread = b.thread("hi")
        started = b.run(thread, b.assistant())
        hold.reached.wait()
        assert b.engine.runs.cancel(thread, started.run.id).status == "cancelling"
        events = b.events(started)
        assert names(events)[-4:] == [
            "thread.run.cancelling",
            "thread.message.incomplete",
            "thread.run.step.cancelled",
            "thread.run.cancelled",
        ]
        run = b.engine.runs.get(thread, started.run.id)
        assert run.cancelled_at is not None
        assert events[-3].data.incomplete_details.reason == "run_cancelled"
        assert b.answer(thread) == "Half"
        with pytest.raises(Conflict, match=r"^Cannot cancel run with status 'cancelled'\.$"):
            b.engine.runs.cancel(thread, run.id)


def test_a_run_that_waits_for_outputs_can_be_cancelled():
    with bench(call("get_weather")) as b:
        run = b.finish(b.run(b.thread("hi"), b.assistant(tools=[FUNCTION])))
        assert b.engine.runs.cancel(run.thread_id, run.id).status == "cancelling"
        cancelled = b.engine.runs.get(run.thread_id, run.id)
        assert (cancelled.status, cancelled.required_action) == ("cancelled", None)
        (step,) = b.engine.runs.steps(run.thread_id, run.id, Page()).items
        assert step.status == "cancelled"
        b.say(run.thread_id, "the thread is free again")


def test_a_queued_run_can_be_cancelled_before_it_starts():
    hold = Hold()
    with bench(Turn(hold, TextPiece("x")), max_concurrent_runs=1) as b:
        assistant = b.assistant()
        b.run(b.thread("first"), assistant)
        hold.reached.wait()
        waiting = b.run(b.thread("second"), assistant)
        b.engine.runs.cancel(waiting.run.thread_id, waiting.run.id)
        assert names(b.events(waiting)) == [
            "thread.run.created",
            "thread.run.queued",
            "thread.run.cancelling",
            "thread.run.cancelled",
        ]
        hold.released.set()


def test_an_abandoned_wait_for_outputs_expires():
    clock = ManualClock()
    with bench(call("get_weather"), clock=clock) as b:
        run = b.finish(b.run(b.thread("hi"), b.assistant(tools=[FUNCTION])))
        assert run.expires_at == run.created_at + 600
        clock.advance(600)
        b.engine.expire_due()
        expired = b.engine.runs.get(run.thread_id, run.id)
        assert (expired.status, expired.expires_at) == ("expired", run.created_at + 600)
        (step,) = b.engine.runs.steps(run.thread_id, run.id, Page()).items
        assert (step.status, step.expired_at) == ("expired", clock.now)
        with pytest.raises(Conflict, match=r'^Runs in status "expired" do not accept tool outputs\.$'):
            b.submit(run, "late")


def test_a_slow_run_expires_in_the_middle_of_its_answer():
    clock, hold = ManualClock(), Hold()
    with bench(Turn(TextPiece("Slow"), hold, TextPiece("ly")), clock=clock) as b:
        started = b.run(b.thread("hi"), b.assistant())
        hold.reached.wait()
        clock.advance(601)
        b.engine.expire_due()
        assert names(b.events(started))[-3:] == [
            "thread.message.incomplete",
            "thread.run.step.expired",
            "thread.run.expired",
        ]


def test_the_completion_budget_spans_the_turns_of_a_run():
    long = Turn(*(TextPiece(f"w{i} ") for i in range(400)))
    with bench(call("get_weather"), long) as b:
        run = b.finish(b.run(b.thread("hi"), b.assistant(tools=[FUNCTION]), max_completion_tokens=256))
        assert b.finish(b.submit(run, "x")).status == "incomplete"
        ended = b.engine.runs.get(run.thread_id, run.id)
        assert ended.incomplete_details.reason == "max_completion_tokens"
        assert ended.usage.completion_tokens == 256
        assert ended.completed_at is None
        (message,) = b.engine.messages.page(run.thread_id, Page(limit=1)).items
        assert (message.status, message.incomplete_details.reason) == ("incomplete", "max_tokens")


def test_without_a_budget_a_long_answer_is_cut_and_the_run_completed():
    with bench(Turn(*(TextPiece(f"w{i} ") for i in range(50))), max_turn_tokens=20) as b:
        run = b.finish(b.run(b.thread("hi"), b.assistant()))
        assert run.status == "completed"
        assert run.usage.completion_tokens == 20


def test_the_prompt_budget_ends_a_run_that_cannot_fit():
    with bench(say("never said")) as b:
        run = b.finish(b.run(b.thread("word " * 300), b.assistant(), max_prompt_tokens=256))
        assert (run.status, run.incomplete_details.reason) == ("incomplete", "max_prompt_tokens")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GenerationFailed("The worker died."), "server_error"),
        (ContextLengthExceeded("Too long."), "invalid_prompt"),
    ],
)
def test_a_failing_model_fails_the_run_with_a_reason(error, code):
    with bench(Turn(TextPiece("So"), error)) as b:
        started = b.run(b.thread("hi"), b.assistant())
        assert names(b.events(started))[-3:] == [
            "thread.message.incomplete",
            "thread.run.step.failed",
            "thread.run.failed",
        ]
        run = b.engine.runs.get(started.run.thread_id, started.run.id)
        assert (run.last_error.code, run.last_error.message) == (code, error.message)
        assert run.failed_at is not None


def test_an_answer_is_never_empty():
    with bench(Turn()) as b:
        run = b.finish(b.run(b.thread("hi"), b.assistant()))
        assert (run.status, run.last_error.code) == ("failed", "server_error")
        assert b.answer(run.thread_id) == "hi"


def test_a_call_cut_off_at_the_limit_fails_instead_of_reaching_the_caller():
    cut = Turn(CallStarted(0, "get_weather"), CallArguments(0, '{"city": "P"}'), finish_reason="length")
    with bench(cut) as b:
        run = b.finish(b.run(b.thread("hi"), b.assistant(tools=[FUNCTION])))
        assert run.status == "failed"
        assert "not finished" in run.last_error.message


def test_hosted_tools_that_are_not_there_fail_the_run_by_name():
    with bench(say("x")) as b:
        run = b.finish(b.run(b.thread("hi"), b.assistant(tools=[{"type": "code_interpreter"}])))
        assert run.status == "failed"
        assert "'code_interpreter'" in run.last_error.message


def test_a_force_holds_for_the_first_call_and_then_the_model_is_free():
    with bench(call("get_weather"), say("done")) as b:
        choice = {"type": "function", "function": {"name": "get_weather"}}
        run = b.finish(b.run(b.thread("hi"), b.assistant(tools=[FUNCTION]), tool_choice=choice))
        b.finish(b.submit(run, "x"))
        assert [request.constraint.grammar for request in b.model.requests] == ["required get_weather", "auto"]


def test_tool_choice_none_offers_no_tools():
    with bench(say("done")) as b:
        b.finish(b.run(b.thread("hi"), b.assistant(tools=[FUNCTION]), tool_choice="none"))
        assert b.model.requests[0].constraint is None
        assert "get_weather" not in b.model.requests[0].prompt


def test_zero_is_a_setting():
    with bench(say("done")) as b:
        b.finish(b.run(b.thread("hi"), b.assistant(temperature=0.7), temperature=0, top_p=0))
        assert (b.model.requests[0].temperature, b.model.requests[0].top_p) == (0, 0)


def test_deleting_a_thread_stops_its_run():
    hold = Hold()
    with bench(Turn(TextPiece("x"), hold)) as b:
        started = b.run(b.thread("hi"), b.assistant())
        hold.reached.wait()
        b.engine.threads.delete(started.run.thread_id)
        list(b.engine.bus.follow(started.run.id))
        with pytest.raises(NotFound):
            b.engine.runs.get(started.run.thread_id, started.run.id)


def test_metadata_set_while_a_run_is_at_work_survives_its_end():
    from localassist.objects.run_bodies import ModifyRun

    hold = Hold()
    with bench(Turn(TextPiece("x"), hold)) as b:
        started = b.run(b.thread("hi"), b.assistant())
        hold.reached.wait()
        b.engine.runs.modify(started.run.thread_id, started.run.id, ModifyRun(metadata={"k": "v"}))
        hold.released.set()
        assert b.finish(started).metadata == {"k": "v"}


def test_closing_the_engine_ends_the_run_at_work_with_a_reason():
    hold = Hold()
    with bench(Turn(TextPiece("x"), hold)) as b:
        started = b.run(b.thread("hi"), b.assistant())
        hold.reached.wait()
    events = list(b.engine.bus.follow(started.run.id))
    assert events[-1].data.last_error.message == "The engine was stopped while this run was in progress."


def test_more_runs_than_workers_are_taken_in_order():
    with bench(*(say(f"answer {i}") for i in range(6)), max_concurrent_runs=1) as b:
        assistant = b.assistant()
        threads = [b.thread(f"q{i}") for i in range(6)]
        for started in [b.run(thread, assistant) for thread in threads]:
            b.finish(started)
        assert [b.answer(thread) for thread in threads] == [f"answer {i}" for i in range(6)]
