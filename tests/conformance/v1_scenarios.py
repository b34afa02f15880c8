"""What programs did with SDKs of the first version (openai-python up to 1.20). Needs only such an SDK.

Run as a program, it does so with the SDK of its interpreter against the server named in its argument, and prints a line
of JSON for each scenario: `python -m tests.conformance.v1_scenarios http://…/v1`.
"""

import json
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

import openai

MODEL = "scripted"
RESTING = {"requires_action", "cancelled", "failed", "completed", "expired"}
FUNCTION = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
RETRIEVAL, CODE = {"type": "retrieval"}, {"type": "code_interpreter"}
STREAMING, POLLING = (1, 14), (1, 16)
Scenario = Callable[[Any], None]
SCENARIOS: dict[str, tuple[Scenario, tuple[int, ...]]] = {}


def scenario(*, since: tuple[int, ...] = (1, 3)) -> Callable[[Scenario], Scenario]:
    def register(function: Scenario) -> Scenario:
        SCENARIOS[function.__name__] = (function, since)
        return function

    return register


def applicable(version: str) -> list[str]:
    installed = tuple(int(part) for part in version.split("."))
    return [name for name, (_, since) in SCENARIOS.items() if installed >= since]


def finished(client: Any, run: Any) -> Any:
    """As programs waited before there were helpers."""
    for _ in range(600):
        run = client.beta.threads.runs.retrieve(thread_id=run.thread_id, run_id=run.id)
        if run.status in RESTING:
            return run
        time.sleep(0.05)
    raise AssertionError(f"the run is still {run.status}")


def uploaded(client: Any, name: str = "birds.txt", content: bytes = b"The heron waits.") -> str:
    return client.files.create(file=(name, content), purpose="assistants").id


@scenario()
def assistants_have_files(client: Any) -> None:
    assistants = client.beta.assistants
    first, second = uploaded(client), uploaded(client, "fish.txt")
    made = assistants.create(model=MODEL, name="Reader", tools=[RETRIEVAL], file_ids=[first])
    assert (made.file_ids, [tool.type for tool in made.tools]) == ([first], ["retrieval"])
    attached = assistants.files.create(assistant_id=made.id, file_id=second)
    assert (attached.id, attached.object, attached.assistant_id) == (second, "assistant.file", made.id)
    assert assistants.files.retrieve(assistant_id=made.id, file_id=second) == attached
    assert [file.id for file in assistants.files.list(assistant_id=made.id)] == [second, first]
    assert [file.id for file in assistants.files.list(assistant_id=made.id, limit=1, order="asc")] == [first, second]
    gone = assistants.files.delete(assistant_id=made.id, file_id=first)
    assert (gone.id, gone.object, gone.deleted) == (first, "assistant.file.deleted", True)
    assert assistants.retrieve(made.id).file_ids == [second]
    changed = assistants.update(made.id, name="Renamed", tools=[CODE], file_ids=[first])
    assert (changed.name, changed.file_ids, changed.tools[0].type) == ("Renamed", [first], "code_interpreter")
    assert made.id in [assistant.id for assistant in assistants.list(limit=3)]
    assert assistants.delete(made.id).deleted


@scenario()
def messages_have_files(client: Any) -> None:
    messages, file_id = client.beta.threads.messages, uploaded(client)
    sent = [{"role": "user", "content": "one", "file_ids": [file_id]}]
    thread = client.beta.threads.create(messages=sent, metadata={"k": "v"})
    assert thread.metadata == {"k": "v"}
    made = messages.create(thread_id=thread.id, role="user", content="two", file_ids=[file_id])
    assert (made.file_ids, made.content[0].text.value) == ([file_id], "two")
    assert messages.retrieve(thread_id=thread.id, message_id=made.id).file_ids == [file_id]
    (file,) = list(messages.files.list(thread_id=thread.id, message_id=made.id))
    assert (file.id, file.object, file.message_id) == (file_id, "thread.message.file", made.id)
    assert messages.files.retrieve(thread_id=thread.id, message_id=made.id, file_id=file_id) == file
    changed = messages.update(thread_id=thread.id, message_id=made.id, metadata={"k": "w"})
    assert (changed.metadata, changed.file_ids) == ({"k": "w"}, [file_id])
    assert [message.content[0].text.value for message in messages.list(thread_id=thread.id)] == ["two", "one"]


@scenario()
def a_run_is_polled_and_its_answer_listed(client: Any) -> None:
    assistant = client.beta.assistants.create(model=MODEL, instructions="Be kind.")
    thread = client.beta.threads.create()
    client.beta.threads.messages.create(thread_id=thread.id, role="user", content="hi")
    run = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id, instructions="Be brief.")
    assert (run.status, run.instructions, run.file_ids) == ("queued", "Be brief.", [])
    run = finished(client, run)
    assert (run.status, run.object, run.thread_id) == ("completed", "thread.run", thread.id)
    answer = client.beta.threads.messages.list(thread_id=thread.id).data[0]
    assert (answer.role, answer.run_id, answer.file_ids) == ("assistant", run.id, [])
    assert answer.content[0].text.value == "Hello there, my friend."
    (step,) = list(client.beta.threads.runs.steps.list(thread_id=thread.id, run_id=run.id))
    assert step.step_details.message_creation.message_id == answer.id
    assert [one.id for one in client.beta.threads.runs.list(thread_id=thread.id)] == [run.id]


@scenario()
def functions_are_called_and_answered(client: Any) -> None:
    assistant = client.beta.assistants.create(model=MODEL, tools=[FUNCTION])
    assert assistant.tools[0].function.name == "get_weather"
    asked = {"messages": [{"role": "user", "content": "How is the weather?"}]}
    run = finished(client, client.beta.threads.create_and_run(assistant_id=assistant.id, thread=asked))
    assert run.status == "requires_action"
    (waiting,) = run.required_action.submit_tool_outputs.tool_calls
    assert json.loads(waiting.function.arguments) == {"city": "Paris"}
    outputs = [{"tool_call_id": waiting.id, "output": "sunny"}]
    place = {"thread_id": run.thread_id, "run_id": run.id}
    run = finished(client, client.beta.threads.runs.submit_tool_outputs(**place, tool_outputs=outputs))
    assert run.status == "completed"
    answer = client.beta.threads.messages.list(thread_id=run.thread_id).data[0]
    assert answer.content[0].text.value == "It is sunny in Paris."
    first, _ = list(client.beta.threads.runs.steps.list(**place, order="asc"))
    assert first.step_details.tool_calls[0].function.output == "sunny"


@scenario()
def a_waiting_run_is_cancelled_and_locks_until_then(client: Any) -> None:
    assistant = client.beta.assistants.create(model=MODEL, tools=[FUNCTION])
    asked = {"messages": [{"role": "user", "content": "How is the weather?"}]}
    run = finished(client, client.beta.threads.create_and_run(assistant_id=assistant.id, thread=asked))
    messages = client.beta.threads.messages
    locked = refusal(lambda: messages.create(thread_id=run.thread_id, role="user", content="x"))
    assert f"Can't add messages to {run.thread_id} while a run {run.id} is active." in str(locked)
    cancelled = client.beta.threads.runs.cancel(thread_id=run.thread_id, run_id=run.id)
    assert cancelled.status in ("cancelling", "cancelled")
    assert finished(client, run).status == "cancelled"


def check_citation(text: Any, file_id: str) -> None:
    """The blog posts' way: markers are replaced, and the quotes printed."""
    assert text.annotations
    for annotation in text.annotations:
        assert annotation.text == text.value[annotation.start_index : annotation.end_index]
        assert annotation.text.startswith("【")
        assert annotation.text.endswith("†source】")
        citation = annotation.file_citation
        assert (citation.file_id, citation.quote) == (file_id, "The heron waits.")
    shown = text.value
    for number, annotation in enumerate(text.annotations):
        shown = shown.replace(annotation.text, f"[{number}]")
    assert "【" not in shown


@scenario()
def retrieval_cites_with_a_quote(client: Any) -> None:
    file_id = uploaded(client)
    assistant = client.beta.assistants.create(model=MODEL, tools=[RETRIEVAL], file_ids=[file_id])
    asked = {"messages": [{"role": "user", "content": "What does the heron do?"}]}
    run = finished(client, client.beta.threads.create_and_run(assistant_id=assistant.id, thread=asked))
    assert (run.status, run.file_ids, run.tools[0].type) == ("completed", [file_id], "retrieval")
    answer = client.beta.threads.messages.list(thread_id=run.thread_id).data[0]
    check_citation(answer.content[0].text, file_id)
    assert client.files.retrieve(file_id).filename == "birds.txt"
    steps = list(client.beta.threads.runs.steps.list(thread_id=run.thread_id, run_id=run.id, order="asc"))
    assert steps[0].step_details.tool_calls[0].type == "retrieval"
    assert getattr(steps[0].step_details.tool_calls[0], "retrieval", {}) == {}


@scenario()
def files_of_a_message_are_searched(client: Any) -> None:
    file_id = uploaded(client)
    assistant = client.beta.assistants.create(model=MODEL, tools=[RETRIEVAL])
    asked = {"messages": [{"role": "user", "content": "What does the heron do?", "file_ids": [file_id]}]}
    run = finished(client, client.beta.threads.create_and_run(assistant_id=assistant.id, thread=asked))
    answer = client.beta.threads.messages.list(thread_id=run.thread_id).data[0]
    check_citation(answer.content[0].text, file_id)


@scenario()
def code_makes_a_picture_and_a_file(client: Any) -> None:
    assistant = client.beta.assistants.create(model=MODEL, tools=[CODE], file_ids=[uploaded(client, "data.csv")])
    asked = {"messages": [{"role": "user", "content": "plot it"}]}
    run = finished(client, client.beta.threads.create_and_run(assistant_id=assistant.id, thread=asked))
    assert run.status == "completed"
    picture, answer = client.beta.threads.messages.list(thread_id=run.thread_id).data[0].content
    assert client.files.content(picture.image_file.file_id).content.startswith(b"\x89PNG")
    (link,) = answer.text.annotations
    assert link.text == "sandbox:/mnt/data/table.csv"
    assert client.files.content(link.file_path.file_id).content == b"a,b\n1,2\n"
    message = client.beta.threads.messages.list(thread_id=run.thread_id).data[0]
    assert message.file_ids == [link.file_path.file_id]
    first, _ = list(client.beta.threads.runs.steps.list(thread_id=run.thread_id, run_id=run.id, order="asc"))
    done = first.step_details.tool_calls[0].code_interpreter
    assert done.input == "plot()"
    assert [output.type for output in done.outputs] == ["logs", "image"]


@scenario()
def long_lists_end(client: Any) -> None:
    thread = client.beta.threads.create()
    made = [
        client.beta.threads.messages.create(thread_id=thread.id, role="user", content=f"number {number}").id
        for number in range(45)
    ]
    assert [message.id for message in client.beta.threads.messages.list(thread_id=thread.id)] == made[::-1]
    assert [message.id for message in client.beta.threads.messages.list(thread_id=thread.id, order="asc")] == made


def refusal(act: Callable[[], Any]) -> Any:
    """The error that a call raises; the first SDKs tell what it says in its text alone."""
    try:
        act()
    except openai.APIStatusError as exc:
        return exc
    raise AssertionError("the request was accepted")


@scenario()
def faults_have_their_classes(client: Any) -> None:
    missing = refusal(lambda: client.beta.assistants.retrieve("asst_none"))
    assert isinstance(missing, openai.NotFoundError)
    assert "No assistant found with id 'asst_none'." in str(missing)
    malformed = refusal(lambda: client.beta.threads.retrieve("undefined"))
    assert isinstance(malformed, openai.BadRequestError)
    assert "begins with 'thread'" in str(malformed)
    unattached = refusal(lambda: client.beta.assistants.create(model=MODEL, file_ids=["file-x"]))
    assert unattached.status_code == 400
    assert "Files ['file-x'] are invalid" in str(unattached)


@scenario(since=POLLING)
def helpers_poll_runs(client: Any) -> None:
    runs, assistant = client.beta.threads.runs, client.beta.assistants.create(model=MODEL, tools=[FUNCTION])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "How is the weather?"}])
    run = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    (waiting,) = run.required_action.submit_tool_outputs.tool_calls
    outputs = [{"tool_call_id": waiting.id, "output": "sunny"}]
    done = runs.submit_tool_outputs_and_poll(thread_id=thread.id, run_id=run.id, tool_outputs=outputs)
    assert (done.status, done.incomplete_details, done.temperature) == ("completed", None, 1)
    assert done.truncation_strategy.type == "auto"


@scenario(since=STREAMING)
def a_handler_follows_retrieval(client: Any) -> None:
    class Handler(openai.AssistantEventHandler):
        def __init__(self) -> None:
            super().__init__()
            self.said = ""
            self.calls: list[str] = []
            self.texts: list[Any] = []

        def on_text_delta(self, delta: Any, snapshot: Any) -> None:
            self.said += delta.value or ""

        def on_text_done(self, text: Any) -> None:
            self.texts.append(text)

        def on_tool_call_created(self, tool_call: Any) -> None:
            self.calls.append(tool_call.type)

    file_id = uploaded(client)
    assistant = client.beta.assistants.create(model=MODEL, tools=[RETRIEVAL], file_ids=[file_id])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "What does the heron do?"}])
    handler = Handler()
    stream = client.beta.threads.runs.create_and_stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=handler
    )
    with stream as following:
        following.until_done()
        (message,) = following.get_final_messages()
        run = following.get_final_run()
    assert (run.status, run.file_ids) == ("completed", [file_id])
    assert handler.calls == ["retrieval"]
    assert handler.said == message.content[0].text.value == handler.texts[0].value
    check_citation(message.content[0].text, file_id)
    assert message.file_ids == []


@scenario(since=STREAMING)
def a_stream_goes_on_with_outputs(client: Any) -> None:
    runs, assistant = client.beta.threads.runs, client.beta.assistants.create(model=MODEL, tools=[FUNCTION])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "How is the weather?"}])
    events = list(runs.create(thread_id=thread.id, assistant_id=assistant.id, stream=True))
    assert (events[0].event, events[-1].event) == ("thread.run.created", "thread.run.requires_action")
    run = events[-1].data
    (waiting,) = run.required_action.submit_tool_outputs.tool_calls
    outputs = [{"tool_call_id": waiting.id, "output": "sunny"}]
    again = runs.submit_tool_outputs(thread_id=thread.id, run_id=run.id, tool_outputs=outputs, stream=True)
    names, text = [], ""
    for event in again:
        names.append(event.event)
        if event.event == "thread.message.delta":
            text += event.data.delta.content[0].text.value
    assert names[0] == "thread.run.step.completed"
    assert (names[-1], text) == ("thread.run.completed", "It is sunny in Paris.")


@scenario(since=(1, 20))
def runs_take_the_settings_of_april_2024(client: Any) -> None:
    assistant = client.beta.assistants.create(model=MODEL, tools=[FUNCTION, RETRIEVAL])
    thread = client.beta.threads.create()
    run = client.beta.threads.runs.create_and_poll(
        thread_id=thread.id,
        assistant_id=assistant.id,
        additional_messages=[{"role": "user", "content": "hi", "file_ids": [uploaded(client)]}],
        tool_choice={"type": "retrieval"},
        max_prompt_tokens=20_000,
        max_completion_tokens=1_000,
        truncation_strategy={"type": "last_messages", "last_messages": 5},
        temperature=0.2,
    )
    assert (run.status, run.tool_choice.type, run.max_completion_tokens) == ("completed", "retrieval", 1_000)
    assert (run.truncation_strategy.last_messages, run.temperature) == (5, 0.2)


def main() -> None:
    url = sys.argv[1]
    for name in applicable(openai.__version__):
        failure = ""
        try:
            SCENARIOS[name][0](openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=60))
        except Exception:
            failure = traceback.format_exc()
        print(json.dumps({"sdk": openai.__version__, "name": name, "failure": failure}), flush=True)


if __name__ == "__main__":
    main()
