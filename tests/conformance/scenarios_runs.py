"""Runs and their steps, without streams."""

import json

import openai

from tests.conformance.lab import (
    ENDLESS,
    FIRST,
    LONG,
    PLAIN,
    PLAIN_TEXT,
    TWO_CALLS,
    WEATHER,
    WEATHER_TEXT,
    Lab,
    Row,
    error_of,
    outputs_for,
    scenario,
)

REFUSED = "the request was accepted"


@scenario(Row.RUNS)
def a_run_answers_and_leaves_a_step(lab: Lab) -> None:
    runs, thread, assistant = lab.client.beta.threads.runs, lab.thread("hi"), lab.assistant()
    run = runs.create(thread, assistant_id=assistant, metadata={"k": "v"})
    assert run.status in ("queued", "in_progress")
    assert (run.expires_at, run.usage, run.required_action) == (run.created_at + 600, None, None)
    run = runs.poll(run.id, thread_id=thread)
    assert run.status == "completed", run
    assert lab.texts(thread) == ["hi", PLAIN_TEXT]
    (step,) = runs.steps.list(run.id, thread_id=thread).data
    assert (step.type, step.status) == ("message_creation", "completed")
    assert runs.steps.retrieve(step.id, thread_id=thread, run_id=run.id) == step
    assert run.usage.total_tokens == run.usage.prompt_tokens + run.usage.completion_tokens
    assert runs.retrieve(run.id, thread_id=thread) == run
    assert runs.update(run.id, thread_id=thread, metadata={"k": "w"}).metadata == {"k": "w"}
    assert [listed.id for listed in runs.list(thread)] == [run.id]


@scenario(Row.RUNS)
def a_run_is_created_and_polled(lab: Lab) -> None:
    run = lab.client.beta.threads.runs.create_and_poll(
        thread_id=lab.thread("hi"),
        assistant_id=lab.assistant(),
        instructions="Other instructions.",
        additional_instructions="Be brief.",
        additional_messages=[{"role": "user", "content": "more"}],
        temperature=0,
        truncation_strategy={"type": "last_messages", "last_messages": 5},
        tool_choice="auto",
        poll_interval_ms=10,
    )
    assert (run.status, run.instructions) == ("completed", "Other instructions.\n\nBe brief.")
    assert lab.texts(run.thread_id) == ["hi", "more", PLAIN_TEXT]


@scenario(Row.RUNS, since=(1, 30))
def messages_are_listed_by_run(lab: Lab) -> None:
    run = lab.client.beta.threads.runs.create_and_poll(thread_id=lab.thread("hi"), assistant_id=lab.assistant())
    assert lab.texts(run.thread_id, run_id=run.id) == [PLAIN_TEXT]


@scenario(Row.FUNCTIONS)
def a_function_call_waits_for_its_output(lab: Lab) -> None:
    runs, run = lab.client.beta.threads.runs, lab.waiting_run()
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Paris"})
    again = runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run, "sunny"))
    assert again.status in ("queued", "in_progress")
    assert again.required_action is None
    run = lab.poll(run)
    assert run.status == "completed", run
    assert lab.texts(run.thread_id)[-1] == WEATHER_TEXT
    last, first = runs.steps.list(run.id, thread_id=run.thread_id).data
    assert (first.type, last.type) == ("tool_calls", "message_creation")
    assert first.step_details.tool_calls[0].function.output == "sunny"


@scenario(Row.FUNCTIONS)
def outputs_are_submitted_and_polled(lab: Lab) -> None:
    run = lab.waiting_run()
    run = lab.client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run), poll_interval_ms=10
    )
    assert run.status == "completed", run


@scenario(Row.FUNCTIONS)
def parallel_calls_are_answered_together(lab: Lab) -> None:
    runs, run = lab.client.beta.threads.runs, lab.waiting_run(TWO_CALLS)
    calls = run.required_action.submit_tool_outputs.tool_calls
    assert [call.function.name for call in calls] == ["get_weather", "get_time"]
    both = outputs_for(run, "sunny", "")
    try:
        runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=both[:1])
    except openai.BadRequestError as exc:
        first, second = (call.id for call in calls)
        expected = f"Expected tool outputs for call_ids ['{first}', '{second}'], got ['{first}']"
        assert error_of(exc)["message"] == expected
    else:
        raise AssertionError(REFUSED)
    runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=run.thread_id, tool_outputs=both)
    assert lab.texts(run.thread_id)[-1] == WEATHER_TEXT


@scenario(Row.RUNS)
def a_thread_and_a_run_are_created_at_once(lab: Lab) -> None:
    thread = {"messages": [{"role": "user", "content": "hi"}], "metadata": {"k": "v"}}
    run = lab.client.beta.threads.create_and_run(assistant_id=lab.assistant(), thread=thread)
    assert lab.poll(run).status == "completed"
    assert lab.client.beta.threads.retrieve(run.thread_id).metadata == {"k": "v"}
    run = lab.client.beta.threads.create_and_run_poll(assistant_id=lab.assistant(), thread=thread)
    assert run.status == "completed"
    assert lab.texts(run.thread_id) == ["hi", PLAIN_TEXT]


@scenario(Row.CANCEL, since=FIRST)
def a_run_at_work_is_cancelled(lab: Lab) -> None:
    runs = lab.client.beta.threads.runs
    run = runs.create(lab.thread("hi"), assistant_id=lab.assistant(ENDLESS))
    assert runs.cancel(run.id, thread_id=run.thread_id).status == "cancelling"
    run = lab.poll(run)
    assert run.status == "cancelled"
    assert run.cancelled_at >= run.created_at
    try:
        runs.cancel(run.id, thread_id=run.thread_id)
    except openai.BadRequestError as exc:
        assert error_of(exc)["message"] == "Cannot cancel run with status 'cancelled'."
    else:
        raise AssertionError(REFUSED)


@scenario(Row.CANCEL, since=FIRST)
def a_waiting_run_locks_its_thread_until_it_is_cancelled(lab: Lab) -> None:
    threads, run = lab.client.beta.threads, lab.waiting_run()
    try:
        threads.messages.create(run.thread_id, role="user", content="more")
    except openai.BadRequestError as exc:
        assert error_of(exc)["message"] == f"Can't add messages to {run.thread_id} while a run {run.id} is active."
    else:
        raise AssertionError(REFUSED)
    try:
        threads.runs.create(run.thread_id, assistant_id=run.assistant_id)
    except openai.BadRequestError as exc:
        assert error_of(exc)["message"] == f"Thread {run.thread_id} already has an active run {run.id}."
    else:
        raise AssertionError(REFUSED)
    threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert lab.poll(run).status == "cancelled"
    threads.messages.create(run.thread_id, role="user", content="more")


@scenario(Row.RUNS)
def a_token_budget_ends_a_run_incomplete(lab: Lab) -> None:
    run = lab.client.beta.threads.runs.create(
        lab.thread("hi"), assistant_id=lab.assistant(ENDLESS), max_completion_tokens=256
    )
    # 1.21 does not know the status `incomplete` and would poll for ever
    while run.status not in ("incomplete", "failed"):
        run = lab.client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    assert (run.status, run.incomplete_details.reason) == ("incomplete", "max_completion_tokens")
    assert run.usage.completion_tokens == 256


@scenario(Row.FUNCTIONS)
def a_forced_function_is_called_once(lab: Lab) -> None:
    force = {"type": "function", "function": {"name": "get_weather"}}
    runs = lab.client.beta.threads.runs
    run = runs.create(lab.thread(), assistant_id=lab.assistant(WEATHER), tool_choice=force)
    run = lab.poll(run)
    assert run.status == "requires_action", run
    run = runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run))
    assert run.status == "completed", run


@scenario(Row.PAGING, since=FIRST)
def runs_and_steps_are_paged(lab: Lab) -> None:
    runs, thread, assistant = lab.client.beta.threads.runs, lab.thread("hi"), lab.assistant()
    made = [lab.finished_run(thread, assistant).id for _ in range(4)]
    for order, expected in (("asc", made), ("desc", made[::-1])):
        assert [run.id for run in runs.list(thread, order=order, limit=2)] == expected
    for run_id in made:
        assert len(list(runs.steps.list(run_id, thread_id=thread, limit=1))) == 1


@scenario(Row.RUNS)
def the_next_run_knows_the_conversation(lab: Lab) -> None:
    client, run = lab.client.beta.threads, lab.waiting_run()
    client.runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run))
    client.messages.create(run.thread_id, role="user", content="thanks")
    run = client.runs.create_and_poll(thread_id=run.thread_id, assistant_id=run.assistant_id)
    assert run.status == "completed"  # a tool response is in the context, so the model answers at once
    assert lab.texts(run.thread_id)[-1] == WEATHER_TEXT


@scenario(Row.RUNS)
def an_override_of_the_model_is_used(lab: Lab) -> None:
    run = lab.client.beta.threads.runs.create_and_poll(
        thread_id=lab.thread("hi"), assistant_id=lab.assistant(PLAIN), model=LONG
    )
    assert run.model == LONG
    assert lab.texts(run.thread_id)[-1].startswith("part0 part1 ")
