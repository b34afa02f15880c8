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
