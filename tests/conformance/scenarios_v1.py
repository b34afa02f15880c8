"""What SDKs of the first version of the API (`OpenAI-Beta: assistants=v1`, until 1.20) do, in their own words."""

from tests.conformance.handlers import new_handler
from tests.conformance.lab import (
    BIRDS,
    CITES,
    CODE,
    CODE_TEXT,
    FIRST,
    LAST_V1,
    NUMBERS,
    PLAIN,
    PLAIN_TEXT,
    QUERY,
    TWO_CALLS,
    WEATHER,
    WEATHER_TEXT,
    Lab,
    Row,
    outputs_for,
    scenario,
)


@scenario(Row.RUNS, since=FIRST, until=LAST_V1)
def a_conversation_of_2023(lab: Lab) -> None:
    client = lab.client.beta
    assistant = client.assistants.create(model=PLAIN, name="Tutor", instructions="Be brief.", metadata={"k": "v"})
    assert (assistant.name, assistant.file_ids, assistant.tools) == ("Tutor", [], [])
    thread = client.threads.create()
    message = client.threads.messages.create(thread.id, role="user", content="안녕 ☀")
    assert (message.content[0].text.value, message.file_ids) == ("안녕 ☀", [])
    run = client.threads.runs.create(thread.id, assistant_id=assistant.id)
    assert (run.status, run.file_ids, run.instructions) == ("queued", [], "Be brief.")
    assert run.expires_at == run.created_at + 600
    run = lab.poll(run)
    assert run.status == "completed", run
    assert lab.texts(thread.id) == ["안녕 ☀", PLAIN_TEXT]
    (step,) = client.threads.runs.steps.list(run.id, thread_id=thread.id)
    assert (step.type, step.status) == ("message_creation", "completed")
    assert client.threads.runs.steps.retrieve(step.id, thread_id=thread.id, run_id=run.id) == step
    assert [listed.id for listed in client.threads.runs.list(thread.id)] == [run.id]
    once = client.threads.create_and_run(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "hi"}]}
    )
    assert lab.poll(once).status == "completed"


@scenario(Row.STREAMS, since=(1, 14), until=LAST_V1)
def a_stream_of_spring_2024(lab: Lab) -> None:
    handler, runs = new_handler(lab), lab.client.beta.threads.runs
    with runs.create_and_stream(
        thread_id=lab.thread("hi"), assistant_id=lab.assistant(), event_handler=handler
    ) as stream:
        stream.until_done()
    assert handler.args_of("on_text_done")[0].value == PLAIN_TEXT
    assert "".join(args[0].value for args in handler.all_args_of("on_text_delta")) == PLAIN_TEXT
    assert handler.args_of("on_message_done")[0].file_ids == []
    events = [event.event for (event,) in handler.all_args_of("on_event")]
    assert (events[0], events[-1]) == ("thread.run.created", "thread.run.completed")


@scenario(Row.FUNCTIONS, since=FIRST, until=LAST_V1)
def functions_of_2023(lab: Lab) -> None:
    run = lab.waiting_run(TWO_CALLS)
    calls = run.required_action.submit_tool_outputs.tool_calls
    assert [call.function.name for call in calls] == ["get_weather", "get_time"]
    lab.client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run, "sunny", "noon")
    )
    assert lab.poll(run).status == "completed"
    assert lab.texts(run.thread_id)[-1] == WEATHER_TEXT
    last, first = lab.client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    assert [call.function.output for call in first.step_details.tool_calls] == ["sunny", "noon"]
    assert last.type == "message_creation"


@scenario(Row.FUNCTIONS, since=(1, 16), until=LAST_V1)
def outputs_are_submitted_and_polled_in_spring_2024(lab: Lab) -> None:
    run = lab.waiting_run(WEATHER)
    done = lab.client.beta.threads.runs.submit_tool_outputs_and_poll(
        thread_id=run.thread_id, run_id=run.id, tool_outputs=outputs_for(run)
    )
    assert (done.status, done.incomplete_details, done.truncation_strategy.type) == ("completed", None, "auto")


@scenario(Row.FUNCTIONS, since=(1, 14), until=LAST_V1)
def a_stream_of_2024_goes_on_with_outputs(lab: Lab) -> None:
    runs = lab.client.beta.threads.runs
    events = list(runs.create(thread_id=lab.thread(), assistant_id=lab.assistant(WEATHER), stream=True))
    assert (events[0].event, events[-1].event) == ("thread.run.created", "thread.run.requires_action")
    run = events[-1].data
    again = list(
        runs.submit_tool_outputs(
            thread_id=run.thread_id, run_id=run.id, tool_outputs=outputs_for(run, "sunny"), stream=True
        )
    )
    assert (again[0].event, again[-1].event) == ("thread.run.step.completed", "thread.run.completed")
    deltas = [event.data.delta for event in again if event.event == "thread.message.delta"]
    assert "".join(delta.content[0].text.value for delta in deltas) == WEATHER_TEXT


@scenario(Row.RUNS, since=(1, 20), until=LAST_V1)
def runs_take_the_settings_of_april_2024(lab: Lab) -> None:
    file = lab.upload(BIRDS)
    assistant = lab.client.beta.assistants.create(model=CITES, tools=[{"type": "retrieval"}])
    run = lab.client.beta.threads.runs.create_and_poll(
        thread_id=lab.client.beta.threads.create().id,
        assistant_id=assistant.id,
        additional_messages=[{"role": "user", "content": QUERY, "file_ids": [file]}],
        tool_choice={"type": "retrieval"},
        max_prompt_tokens=20_000,
        max_completion_tokens=1_000,
        truncation_strategy={"type": "last_messages", "last_messages": 5},
        temperature=0.2,
    )
    assert (run.status, run.tool_choice.type, run.max_completion_tokens) == ("completed", "retrieval", 1_000)
    assert (run.truncation_strategy.last_messages, run.temperature) == (5, 0.2)


@scenario(Row.SEARCH, since=FIRST, until=LAST_V1)
def retrieval_quotes_the_file_it_cites(lab: Lab) -> None:
    file = lab.upload(BIRDS)
    assistant = lab.client.beta.assistants.create(model=CITES, tools=[{"type": "retrieval"}], file_ids=[file])
    assert (assistant.file_ids, [tool.type for tool in assistant.tools]) == ([file], ["retrieval"])
    run = lab.finished_run(lab.thread(QUERY), assistant.id)
    assert (run.status, run.file_ids) == ("completed", [file])
    text = lab.client.beta.threads.messages.list(run.thread_id).data[0].content[0].text
    (citation,) = text.annotations
    assert (citation.type, citation.file_citation.file_id) == ("file_citation", file)
    assert "heron" in citation.file_citation.quote
    assert text.value[citation.start_index : citation.end_index] == citation.text
    first = lab.client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data[0]
    (call,) = first.step_details.tool_calls
    assert (call.type, call.retrieval) == ("retrieval", {})


@scenario(Row.SEARCH, since=FIRST, until=LAST_V1)
def files_of_a_message_are_searched(lab: Lab) -> None:
    file = lab.upload(BIRDS)
    assistant = lab.client.beta.assistants.create(model=CITES, tools=[{"type": "retrieval"}])
    asked = {"messages": [{"role": "user", "content": QUERY, "file_ids": [file]}]}
    run = lab.poll(lab.client.beta.threads.create_and_run(assistant_id=assistant.id, thread=asked))
    text = lab.client.beta.threads.messages.list(run.thread_id).data[0].content[0].text
    assert text.value == "It waits at the river 【0†source】."
    assert [citation.file_citation.file_id for citation in text.annotations] == [file]


@scenario(Row.STREAMS, since=(1, 14), until=LAST_V1)
def a_handler_follows_retrieval(lab: Lab) -> None:
    file = lab.upload(BIRDS)
    assistant = lab.client.beta.assistants.create(model=CITES, tools=[{"type": "retrieval"}], file_ids=[file])
    handler, runs = new_handler(lab), lab.client.beta.threads.runs
    with runs.create_and_stream(
        thread_id=lab.thread(QUERY), assistant_id=assistant.id, event_handler=handler
    ) as stream:
        stream.until_done()
    assert [call.type for (call,) in handler.all_args_of("on_tool_call_created")] == ["retrieval"]
    (message,) = handler.args_of("on_message_done")
    text = message.content[0].text
    assert "".join(args[0].value or "" for args in handler.all_args_of("on_text_delta")) == text.value
    (citation,) = text.annotations
    assert text.value[citation.start_index : citation.end_index] == citation.text == "【0†source】"
    assert (citation.file_citation.file_id, message.file_ids) == (file, [])


@scenario(Row.CODE, since=FIRST, until=LAST_V1, needs="kernel")
def code_of_2023_draws_a_picture_and_writes_a_file(lab: Lab) -> None:
    assistant = lab.client.beta.assistants.create(
        model=CODE, tools=[{"type": "code_interpreter"}], file_ids=[lab.upload(NUMBERS)]
    )
    run = lab.finished_run(lab.thread("Draw the numbers."), assistant.id)
    assert run.status == "completed", run
    message = lab.client.beta.threads.messages.list(run.thread_id).data[0]
    picture, text = message.content
    assert lab.client.files.content(picture.image_file.file_id).content.startswith(b"\x89PNG")
    assert text.text.value == CODE_TEXT
    (link,) = text.text.annotations
    assert lab.client.files.content(link.file_path.file_id).content == b"sum,42"
    assert link.file_path.file_id in message.file_ids
    first = lab.client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data[0]
    shown = {output.type: output for output in first.step_details.tool_calls[0].code_interpreter.outputs}
    assert shown["logs"].logs.strip() == "sum 42"
    assert shown["image"].image.file_id == picture.image_file.file_id


@scenario(Row.OBJECTS, since=FIRST, until=LAST_V1)
def files_of_assistants_and_messages(lab: Lab) -> None:
    client, (one, two) = lab.client.beta, (lab.upload(BIRDS), lab.upload(NUMBERS))
    made = client.assistants.create(model=PLAIN, tools=[{"type": "code_interpreter"}], file_ids=[one])
    added = client.assistants.files.create(made.id, file_id=two)
    assert (added.id, added.object, added.assistant_id) == (two, "assistant.file", made.id)
    assert {file.id for file in client.assistants.files.list(made.id)} == {one, two}
    assert [file.id for file in client.assistants.files.list(made.id, limit=1, order="asc")] == [one, two]
    assert client.assistants.files.retrieve(one, assistant_id=made.id).id == one
    assert client.assistants.files.delete(one, assistant_id=made.id).deleted
    assert client.assistants.retrieve(made.id).file_ids == [two]
    thread = client.threads.create()
    message = client.threads.messages.create(thread.id, role="user", content="look", file_ids=[one])
    assert message.file_ids == [one]
    assert [file.id for file in client.threads.messages.files.list(message.id, thread_id=thread.id)] == [one]
    found = client.threads.messages.files.retrieve(one, thread_id=thread.id, message_id=message.id)
    assert (found.id, found.object, found.message_id) == (one, "thread.message.file", message.id)


@scenario(Row.OBJECTS, since=FIRST, until=LAST_V1)
def assistants_and_threads_of_2023(lab: Lab) -> None:
    client = lab.client.beta
    made = client.assistants.create(model="gpt-4-1106-preview", name="one")
    assert client.assistants.update(made.id, name="two", tools=[{"type": "code_interpreter"}]).name == "two"
    assert client.assistants.retrieve(made.id).tools[0].type == "code_interpreter"
    assert client.assistants.list(limit=1).data[0].id == made.id
    assert client.assistants.delete(made.id).deleted
    thread = client.threads.create(metadata={"k": "v"})
    assert client.threads.update(thread.id, metadata={"k": "w"}).metadata == {"k": "w"}
    message = client.threads.messages.create(thread.id, role="user", content="hi")
    assert client.threads.messages.update(message.id, thread_id=thread.id, metadata={"k": "x"}).metadata == {"k": "x"}
    assert client.threads.messages.retrieve(message.id, thread_id=thread.id).metadata == {"k": "x"}
    assert client.threads.delete(thread.id).deleted
