"""The hosted tools, with a real index and a real kernel."""

from tests.conformance.handlers import new_handler
from tests.conformance.lab import BIRDS, CITES, CITES_TEXT, CODE, CODE_TEXT, NUMBERS, QUERY, Lab, Row, scenario

CITED = "【0:0†birds.txt】"
CONTENT = "step_details.tool_calls[*].file_search.results[*].content"


def searching_assistant(lab: Lab) -> tuple[str, str]:
    """The ids of an assistant that searches a store with one file, and of the file."""
    file = lab.upload(BIRDS)
    store = lab.vector_stores.create(name="birds")
    assert lab.vector_stores.files.create_and_poll(file, vector_store_id=store.id).status == "completed"
    resources = {"file_search": {"vector_store_ids": [store.id]}}
    return lab.assistant(CITES, tools=[{"type": "file_search"}], tool_resources=resources), file


@scenario(Row.SEARCH)
def an_answer_cites_the_file_it_was_found_in(lab: Lab) -> None:
    assistant, file = searching_assistant(lab)
    run = lab.finished_run(lab.thread(QUERY), assistant)
    assert run.status == "completed", run
    text = lab.client.beta.threads.messages.list(run.thread_id).data[0].content[0].text
    assert text.value == CITES_TEXT
    (citation,) = text.annotations
    assert (citation.type, citation.text, citation.file_citation.file_id) == ("file_citation", CITED, file)
    assert text.value[citation.start_index : citation.end_index] == CITED
    last, first = lab.client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    assert (first.type, last.type) == ("tool_calls", "message_creation")
    assert first.step_details.tool_calls[0].type == "file_search"


@scenario(Row.SEARCH, since=(1, 55))
def what_was_found_is_shown_on_request(lab: Lab) -> None:
    assistant, file = searching_assistant(lab)
    run = lab.finished_run(lab.thread(QUERY), assistant)
    steps = lab.client.beta.threads.runs.steps
    first = steps.list(run.id, thread_id=run.thread_id, order="asc", include=[CONTENT]).data[0]
    (found,) = first.step_details.tool_calls[0].file_search.results
    assert (found.file_id, found.file_name, found.content[0].type) == (file, "birds.txt", "text")
    assert "heron" in found.content[0].text
    assert first == steps.retrieve(first.id, thread_id=run.thread_id, run_id=run.id, include=[CONTENT])
    bare = steps.retrieve(first.id, thread_id=run.thread_id, run_id=run.id)
    assert bare.step_details.tool_calls[0].file_search.results[0].content is None


@scenario(Row.SEARCH)
def a_citation_is_streamed_once(lab: Lab) -> None:
    assistant, file = searching_assistant(lab)
    handler = new_handler(lab)
    with lab.client.beta.threads.runs.stream(
        thread_id=lab.thread(QUERY), assistant_id=assistant, event_handler=handler
    ) as stream:
        stream.until_done()
    text = handler.args_of("on_text_done")[0]
    assert text.value == CITES_TEXT
    (citation,) = text.annotations
    assert (citation.text, citation.file_citation.file_id) == (CITED, file)
    assert text.value[citation.start_index : citation.end_index] == CITED
    assert handler.args_of("on_tool_call_done")[0].type == "file_search"


@scenario(Row.CODE, needs="kernel")
def code_draws_a_picture_and_writes_a_file(lab: Lab) -> None:
    resources = {"code_interpreter": {"file_ids": [lab.upload(NUMBERS)]}}
    assistant = lab.assistant(CODE, tools=[{"type": "code_interpreter"}], tool_resources=resources)
    handler, thread = new_handler(lab), lab.thread("Draw the numbers.")
    with lab.client.beta.threads.runs.stream(thread_id=thread, assistant_id=assistant, event_handler=handler) as stream:
        stream.until_done()
        run = stream.current_run
    assert run.status == "completed", run
    picture, text = lab.client.beta.threads.messages.list(thread).data[0].content
    assert lab.client.files.content(picture.image_file.file_id).content.startswith(b"\x89PNG")
    assert text.text.value == CODE_TEXT
    (link,) = text.text.annotations
    assert (link.type, link.text) == ("file_path", "sandbox:/mnt/data/report.csv")
    assert lab.client.files.content(link.file_path.file_id).content == b"sum,42"
    step = lab.client.beta.threads.runs.steps.list(run.id, thread_id=thread, order="asc").data[0]
    call = step.step_details.tool_calls[0].code_interpreter
    assert call.input.startswith("import matplotlib")
    shown = {output.type: output for output in call.outputs}
    assert shown["logs"].logs.strip() == "sum 42"
    assert shown["image"].image.file_id
    streamed = handler.args_of("on_tool_call_done")[0].code_interpreter
    assert (streamed.input, len(streamed.outputs)) == (call.input, len(call.outputs))
    assert handler.args_of("on_image_file_done")[0].file_id == picture.image_file.file_id
