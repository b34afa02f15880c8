"""Streams: raw, through the SDK's helpers, through event handlers, one inside another, and left early."""

import openai

from tests.conformance.handlers import new_handler
from tests.conformance.lab import (
    ENDLESS,
    LONG,
    LONG_TEXT,
    PLAIN_TEXT,
    TWO_CALLS,
    WEATHER,
    WEATHER_TEXT,
    Lab,
    Row,
    outputs_for,
    scenario,
)

ANSWER = [
    "thread.run.created",
    "thread.run.queued",
    "thread.run.in_progress",
    "thread.run.step.created",
    "thread.run.step.in_progress",
    "thread.message.created",
    "thread.message.in_progress",
    *["thread.message.delta"] * 3,
    "thread.message.completed",
    "thread.run.step.completed",
    "thread.run.completed",
]
TEXTS = "thread.message.delta"
STEP_DELTA = "thread.run.step.delta"


def names(events):
    return [event.event for event in events]


def text_of(events):
    deltas = [event.data.delta for event in events if event.event == TEXTS]
    return "".join(part.text.value for delta in deltas for part in delta.content)


def hello():
    return {"messages": [{"role": "user", "content": "hi"}]}


@scenario(Row.STREAMS)
def raw_events_come_in_order(lab: Lab) -> None:
    assistant = lab.assistant()
    events = list(lab.client.beta.threads.runs.create(lab.thread("hi"), assistant_id=assistant, stream=True))
    assert names(events) == ANSWER
    assert text_of(events) == PLAIN_TEXT
    events = list(lab.client.beta.threads.create_and_run(assistant_id=assistant, thread=hello(), stream=True))
    assert names(events) == ["thread.created", *ANSWER]


@scenario(Row.STREAMS)
def a_stream_gives_text_and_final_objects(lab: Lab) -> None:
    runs, assistant = lab.client.beta.threads.runs, lab.assistant()
    with runs.stream(thread_id=lab.thread("hi"), assistant_id=assistant) as stream:
        assert "".join(stream.text_deltas) == PLAIN_TEXT
    with runs.stream(thread_id=lab.thread("hi"), assistant_id=assistant) as stream:
        stream.until_done()
        assert stream.get_final_run().status == "completed"
        (message,) = stream.get_final_messages()
        assert message.content[0].text.value == PLAIN_TEXT
        (step,) = stream.get_final_run_steps()
        assert step.step_details.message_creation.message_id == message.id
        assert stream.current_run.usage.completion_tokens > 0


@scenario(Row.STREAMS)
def a_handler_can_ask_where_the_stream_is(lab: Lab) -> None:
    seen = []

    def on_event(event):
        assert handler.current_event.event == event.event
        seen.append(event.event)
        if event.event == TEXTS:
            assert handler.current_message_snapshot.id == event.data.id
            assert handler.current_run_step_snapshot.type == "message_creation"
            assert handler.current_run.status == "in_progress"

    handler = new_handler(lab, on_event)
    with lab.client.beta.threads.runs.stream(
        thread_id=lab.thread("hi"), assistant_id=lab.assistant(), event_handler=handler
    ) as stream:
        stream.until_done()
    assert seen == ANSWER


@scenario(Row.SPELLINGS)
def the_older_names_of_streams_work(lab: Lab) -> None:
    runs, assistant = lab.client.beta.threads.runs, lab.assistant()
    with runs.create_and_stream(thread_id=lab.thread("hi"), assistant_id=assistant) as stream:
        assert stream.get_final_run().status == "completed"
    with lab.client.beta.threads.create_and_run_stream(assistant_id=assistant, thread=hello()) as stream:
        assert stream.get_final_messages()[0].content[0].text.value == PLAIN_TEXT


@scenario(Row.STREAMS)
def a_handler_is_called_for_a_text(lab: Lab) -> None:
    handler = new_handler(lab)
    with lab.client.beta.threads.runs.stream(
        thread_id=lab.thread("hi"), assistant_id=lab.assistant(), event_handler=handler
    ) as stream:
        stream.until_done()
    called = [name for name, _ in handler.calls if name != "on_event"]
    assert called == [
        "on_run_step_created",
        "on_message_created",
        "on_text_created",
        *[name for name in called if name in ("on_text_delta", "on_message_delta")],
        "on_text_done",
        "on_message_done",
        "on_run_step_done",
        "on_end",
    ]
    assert "".join(args[0].value for name, args in handler.calls if name == "on_text_delta") == PLAIN_TEXT
    assert handler.args_of("on_text_done")[0].value == PLAIN_TEXT
    assert [event.event for (event,) in handler.all_args_of("on_event")] == ANSWER


@scenario(Row.STREAMS)
def a_handler_accumulates_calls_without_doubling(lab: Lab) -> None:
    handler = new_handler(lab)
    with lab.client.beta.threads.runs.stream(
        thread_id=lab.thread(), assistant_id=lab.assistant(TWO_CALLS), event_handler=handler
    ) as stream:
        stream.until_done()
        run = stream.current_run
        step = stream.current_run_step_snapshot
    assert run.status == "requires_action"
    asked = run.required_action.submit_tool_outputs.tool_calls
    seen = [(call.id, call.function.name, call.function.arguments) for call in step.step_details.tool_calls]
    assert seen == [(call.id, call.function.name, call.function.arguments) for call in asked]
    assert len(handler.all_args_of("on_tool_call_created")) == 2
    assert handler.all_args_of("on_tool_call_delta")
    assert not handler.all_args_of("on_run_step_done")


@scenario(Row.FUNCTIONS)
def a_function_call_ends_the_stream_and_outputs_open_another(lab: Lab) -> None:
    runs = lab.client.beta.threads.runs
    events = list(runs.create(lab.thread(), assistant_id=lab.assistant(WEATHER), stream=True))
    assert names(events)[-1] == "thread.run.requires_action"
    assert "thread.run.step.completed" not in names(events)
    run = events[-1].data
    submitted = list(
        runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run), stream=True)
    )
    assert names(submitted)[:3] == ["thread.run.step.completed", "thread.run.queued", "thread.run.in_progress"]
    assert names(submitted)[-1] == "thread.run.completed"
    assert text_of(submitted) == WEATHER_TEXT


@scenario(Row.FUNCTIONS)
def outputs_are_submitted_through_the_helper(lab: Lab) -> None:
    run, handler = lab.waiting_run(), new_handler(lab)
    with lab.client.beta.threads.runs.submit_tool_outputs_stream(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run), event_handler=handler
    ) as stream:
        stream.until_done()
        assert stream.current_run.status == "completed"
    assert handler.args_of("on_text_done")[0].value == WEATHER_TEXT


@scenario(Row.FUNCTIONS)
def a_second_stream_opens_inside_the_handler_of_the_first(lab: Lab) -> None:
    said = []

    def on_event(event):
        if event.event == "thread.run.requires_action":
            run = event.data
            with lab.client.beta.threads.runs.submit_tool_outputs_stream(
                run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run)
            ) as inner:
                said.append("".join(inner.text_deltas))

    runs = lab.client.beta.threads.runs
    if lab.is_async:  # its handlers are called on the loop, which a blocking call would stop
        with runs.stream(thread_id=lab.thread(), assistant_id=lab.assistant(WEATHER)) as outer:
            for event in outer:
                on_event(event)
    else:
        handler = new_handler(lab, on_event)
        with runs.stream(thread_id=lab.thread(), assistant_id=lab.assistant(WEATHER), event_handler=handler) as outer:
            outer.until_done()
    assert said == [WEATHER_TEXT]


@scenario(Row.STREAMS)
def a_run_goes_on_when_its_reader_leaves(lab: Lab) -> None:
    thread = lab.thread("hi")
    with lab.client.beta.threads.runs.stream(thread_id=thread, assistant_id=lab.assistant(LONG)) as stream:
        for event in stream:
            if event.event == TEXTS:
                run = stream.current_run
                break
    assert lab.poll(run).status == "completed"
    assert lab.texts(thread)[-1] == LONG_TEXT


@scenario(Row.CANCEL)
def a_run_is_cancelled_while_it_streams(lab: Lab) -> None:
    runs, events = lab.client.beta.threads.runs, []
    for event in runs.create(lab.thread("hi"), assistant_id=lab.assistant(ENDLESS), stream=True):
        events.append(event)
        if names(events).count(TEXTS) == 1 and event.event == TEXTS:
            runs.cancel(events[0].data.id, thread_id=events[0].data.thread_id)
    ending = [name for name in names(events) if name != TEXTS][-4:]
    assert ending == [
        "thread.run.cancelling",
        "thread.message.incomplete",
        "thread.run.step.cancelled",
        "thread.run.cancelled",
    ]
    (message,) = (event.data for event in events if event.event == "thread.message.incomplete")
    assert message.incomplete_details.reason == "run_cancelled"
    assert message.content[0].text.value == text_of(events)


@scenario(Row.ERRORS)
def a_refused_stream_is_an_ordinary_error(lab: Lab) -> None:
    run = lab.waiting_run()
    try:
        lab.client.beta.threads.runs.create(run.thread_id, assistant_id=run.assistant_id, stream=True)
    except openai.BadRequestError as exc:
        assert exc.body["message"] == f"Thread {run.thread_id} already has an active run {run.id}."
    else:
        raise AssertionError("a second run was started")
    lab.client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
