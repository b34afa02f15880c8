"""Assistants, threads, messages, models: every method, as programs call them."""

import openai

from tests.conformance.lab import FIRST, PLAIN, PLAIN_TEXT, TOOL, WEATHER, Lab, Row, error_of, scenario

REFUSED = "the request was accepted"


@scenario(Row.OBJECTS)
def assistants_are_created_retrieved_updated_listed_and_deleted(lab: Lab) -> None:
    assistants = lab.client.beta.assistants
    made = assistants.create(
        model="gpt-4o",
        name="Weather man",
        description="Knows the weather",
        instructions="Be brief.",
        tools=[TOOL],
        metadata={"kind": "test"},
        temperature=0.5,
        top_p=0.9,
        response_format={"type": "text"},
    )
    assert made.id.startswith("asst_")
    assert (made.model, made.name, made.description) == ("gpt-4o", "Weather man", "Knows the weather")
    assert made.tools[0].function.name == "get_weather"
    assert assistants.retrieve(made.id) == made
    changed = assistants.update(made.id, name="Renamed", metadata={"kind": "changed"})
    assert (changed.name, changed.instructions, changed.metadata) == ("Renamed", "Be brief.", {"kind": "changed"})
    assert assistants.list(limit=1).data[0].id == made.id
    gone = assistants.delete(made.id)
    assert (gone.id, gone.deleted, gone.object) == (made.id, True, "assistant.deleted")
    try:
        assistants.retrieve(made.id)
    except openai.NotFoundError as exc:
        assert exc.status_code == 404
        assert error_of(exc)["message"] == f"No assistant found with id '{made.id}'."
    else:
        raise AssertionError(REFUSED)


@scenario(Row.OBJECTS)
def threads_are_created_retrieved_updated_and_deleted(lab: Lab) -> None:
    threads = lab.client.beta.threads
    assert threads.create().metadata == {}
    made = threads.create(messages=[{"role": "user", "content": "hi"}], metadata={"k": "v"})
    assert threads.retrieve(made.id) == made
    assert threads.update(made.id, metadata={"k": "w"}).metadata == {"k": "w"}
    gone = threads.delete(made.id)
    assert (gone.id, gone.deleted, gone.object) == (made.id, True, "thread.deleted")
    try:
        threads.messages.list(made.id)
    except openai.NotFoundError as exc:
        assert error_of(exc)["message"] == f"No thread found with id '{made.id}'."
    else:
        raise AssertionError(REFUSED)


@scenario(Row.OBJECTS)
def messages_are_created_retrieved_updated_and_listed(lab: Lab) -> None:
    messages, thread = lab.client.beta.threads.messages, lab.client.beta.threads.create().id
    made = messages.create(thread, role="user", content="안녕 ☀", metadata={"k": "v"})
    assert (made.role, made.content[0].text.value, made.content[0].text.annotations) == ("user", "안녕 ☀", [])
    assert messages.retrieve(made.id, thread_id=thread) == made
    assert messages.update(made.id, thread_id=thread, metadata={"k": "w"}).metadata == {"k": "w"}
    second = messages.create(thread, role="assistant", content="answer")
    assert [m.id for m in messages.list(thread).data] == [second.id, made.id]
    assert [m.id for m in messages.list(thread, order="asc").data] == [made.id, second.id]
    assert [m.id for m in messages.list(thread, order="asc", after=made.id).data] == [second.id]
    assert [m.id for m in messages.list(thread, order="asc", before=second.id).data] == [made.id]


@scenario(Row.ATTACHMENTS)
def messages_take_parts_images_and_attachments(lab: Lab) -> None:
    files = lab.client.files
    picture = files.create(file=("dot.png", b"\x89PNG\r\n\x1a\n"), purpose="vision")
    table = files.create(file=("table.csv", b"a,b\n"), purpose="assistants")
    made = lab.client.beta.threads.messages.create(
        lab.thread("hi"),
        role="user",
        content=[
            {"type": "text", "text": "look"},
            {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
            {"type": "image_file", "image_file": {"file_id": picture.id}},
        ],
        attachments=[{"file_id": table.id, "tools": [{"type": "code_interpreter"}]}],
    )
    assert [part.type for part in made.content] == ["text", "image_url", "image_file"]
    assert made.content[0].text.value == "look"
    assert made.content[2].image_file.file_id == picture.id
    assert made.attachments[0].file_id == table.id
    thread = lab.client.beta.threads.retrieve(made.thread_id)
    assert thread.tool_resources.code_interpreter.file_ids == [table.id]


@scenario(Row.OBJECTS, since=(1, 25))
def messages_are_deleted(lab: Lab) -> None:
    messages, thread = lab.client.beta.threads.messages, lab.thread("one", "two")
    first = messages.list(thread, order="asc").data[0]
    gone = messages.delete(first.id, thread_id=thread)
    assert (gone.id, gone.deleted, gone.object) == (first.id, True, "thread.message.deleted")
    assert lab.texts(thread) == ["two"]


@scenario(Row.OBJECTS, since=FIRST)
def models_are_listed_and_retrieved(lab: Lab) -> None:
    names = [model.id for model in lab.client.models.list()]
    assert names[0] == WEATHER
    assert "gpt-4o" in names
    assert lab.client.models.retrieve(PLAIN).object == "model"
    try:
        lab.client.models.retrieve("nothing")
    except openai.NotFoundError as exc:
        assert (error_of(exc)["code"], error_of(exc)["param"]) == ("model_not_found", "model")
        assert error_of(exc)["message"] == "The model 'nothing' does not exist"
    else:
        raise AssertionError(REFUSED)
    try:
        lab.client.models.delete(PLAIN)
    except openai.BadRequestError as exc:
        assert error_of(exc)["param"] == "model"
    else:
        raise AssertionError(REFUSED)


@scenario(Row.REQUESTS)
def explicit_nulls_mean_unset(lab: Lab) -> None:
    client = lab.client.beta
    made = client.assistants.create(
        model=PLAIN,
        name=None,
        description=None,
        instructions=None,
        metadata=None,
        temperature=None,
        top_p=None,
        tool_resources=None,
        response_format=None,
    )
    assert (made.name, made.instructions, made.metadata) == (None, None, {})
    assert (made.temperature, made.top_p, made.response_format) == (1, 1, "auto")
    message = {"role": "user", "content": "hi", "attachments": None, "metadata": None}
    thread = client.threads.create(messages=[message], metadata=None, tool_resources=None)
    client.threads.update(thread.id, metadata=None, tool_resources={"file_search": None, "code_interpreter": None})
    client.threads.messages.create(thread.id, role="user", content="more", attachments=None, metadata=None)
    run = client.threads.runs.create(
        thread.id,
        assistant_id=made.id,
        additional_instructions=None,
        additional_messages=None,
        instructions=None,
        max_completion_tokens=None,
        max_prompt_tokens=None,
        metadata=None,
        model=None,
        response_format=None,
        stream=None,
        temperature=None,
        tool_choice=None,
        tools=None,
        top_p=None,
        truncation_strategy=None,
    )
    assert lab.poll(run).status == "completed"
    assert lab.texts(thread.id) == ["hi", "more", PLAIN_TEXT]
    started = client.threads.create_and_run(
        assistant_id=made.id,
        thread={"messages": [message], "metadata": None},
        instructions=None,
        model=None,
        tool_resources=None,
        tools=None,
        metadata=None,
    )
    assert lab.poll(started).status == "completed"


@scenario(
    Row.ERRORS,
    since=FIRST,
    defects=(((1, 3), (1, 3, 0), "Errors have no `body`, `code` and `param`: only their text tells these."),),
)
def a_faulty_request_raises_bad_request_with_code_param_and_body(lab: Lab) -> None:
    try:
        lab.client.beta.assistants.list(limit=101)
    except openai.BadRequestError as exc:
        assert exc.status_code == 400
        assert exc.body == error_of(exc)
        assert exc.body == {
            "message": "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
            "type": "invalid_request_error",
            "param": "limit",
            "code": "integer_above_max_value",
        }
        assert (exc.code, exc.param, exc.type) == ("integer_above_max_value", "limit", "invalid_request_error")
        assert str(exc).startswith("Error code: 400 - ")
        assert error_of(exc)["message"] in str(exc)
    else:
        raise AssertionError(REFUSED)
    try:
        lab.client.beta.threads.retrieve("undefined")
    except openai.BadRequestError as exc:
        assert "Invalid 'thread_id': 'undefined'. Expected an ID that begins with 'thread'." in str(exc)
    else:
        raise AssertionError(REFUSED)


@scenario(Row.ERRORS, since=FIRST, needs="keys")
def a_wrong_key_raises_authentication_error(lab: Lab) -> None:
    try:
        lab.outsider.beta.assistants.list()
    except openai.AuthenticationError as exc:
        assert (exc.status_code, error_of(exc)["code"]) == (401, "invalid_api_key")
        assert error_of(exc)["message"].startswith("Incorrect API key provided: sk-wrong")
    else:
        raise AssertionError(REFUSED)


@scenario(Row.REQUESTS, since=FIRST)
def raw_responses_show_headers_and_parse(lab: Lab) -> None:
    raw = lab.client.beta.assistants.with_raw_response.create(model=PLAIN)
    assert raw.headers["x-request-id"].startswith("req_")
    assert raw.headers["content-type"] == "application/json"
    assistant = raw.parse()
    assert assistant.id.startswith("asst_")
    created = lab.client.beta.threads.runs.with_raw_response.create(lab.thread(), assistant_id=assistant.id)
    assert int(created.headers["openai-poll-after-ms"]) > 0
    run = lab.poll(created.parse())
    assert run.status == "completed"
    assert lab.client.beta.threads.runs.with_raw_response.retrieve(run.id, thread_id=run.thread_id).parse() == run


@scenario(Row.REQUESTS)
def streamed_responses_are_read_piece_by_piece(lab: Lab) -> None:
    made = lab.client.beta.assistants.create(model=PLAIN, name="piecewise")
    with lab.client.beta.assistants.with_streaming_response.retrieve(made.id) as response:
        assert response.status_code == 200
        assert b"piecewise" in b"".join(response.iter_bytes())


@scenario(Row.REQUESTS, since=(1, 55))
def objects_carry_their_request_id(lab: Lab) -> None:
    assert lab.client.beta.assistants.create(model=PLAIN)._request_id.startswith("req_")
