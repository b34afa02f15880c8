"""A short conversation with an assistant on this computer: run it with `make demo`.

Nothing here knows that the model is local: it is the ordinary OpenAI SDK, with `LocalAssist` in place of `OpenAI`.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from openai import AssistantEventHandler
from typing_extensions import override

from localassist import LocalAssist

STOCK = {"red chairs": 14, "oak tables": 3, "desk lamps": 52}

TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "get_stock",
            "description": "How many pieces of an item are in stock.",
            "parameters": {
                "type": "object",
                "properties": {"item": {"type": "string"}},
                "required": ["item"],
                "additionalProperties": False,
            },
        },
    }
]

QUESTIONS = (
    "Hello, my name is Mira.",
    'get_stock for "oak tables"',
    'get_stock for "red chairs"',
    "What is my name?",
)


SALES = b"month,units,price\nJan,120,9.50\nFeb,135,9.50\nMar,160,8.90\nApr,148,8.90\n"
CODE_QUESTIONS = (
    "What is the total of units?",
    "Draw a bar chart of units by month.",
    "Store the average of the column price in a file prices.txt and tell me the value.",
)
MADE = Path("build") / "demo"

HANDBOOK = b"# Handbook\n\nThe office opens at 9:30 in the morning.\n\nThe parking code is 4417.\n"


class Printer(AssistantEventHandler):
    """Prints text as it comes, and carries out the functions the assistant calls."""

    def __init__(self, client: LocalAssist) -> None:
        super().__init__()
        self._client = client
        self._began = time.perf_counter()
        self.first_token_s: float | None = None

    @override
    def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        if self.first_token_s is None:
            self.first_token_s = time.perf_counter() - self._began
        print(delta.value, end="", flush=True)

    @override
    def on_event(self, event: Any) -> None:
        if event.event == "thread.run.requires_action":
            self._submit(event.data)

    def _submit(self, run: Any) -> None:
        outputs = []
        for call in run.required_action.submit_tool_outputs.tool_calls:
            arguments = json.loads(call.function.arguments)
            output = str(STOCK.get(arguments.get("item"), "unknown item"))
            print(f"[calls {call.function.name}({call.function.arguments}) → {output}]")
            outputs.append({"tool_call_id": call.id, "output": output})
        answer = Printer(self._client)
        with self._client.beta.threads.runs.submit_tool_outputs_stream(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs, event_handler=answer
        ) as stream:
            stream.until_done()
        self.first_token_s = answer.first_token_s


def main() -> int:
    began = time.perf_counter()
    with LocalAssist(data_dir=":memory:") as client:
        assistant = client.beta.assistants.create(
            model="gpt-4o",  # any hosted name stands for the local default model
            name="Shop assistant",
            instructions="You are a helpful assistant.",
            tools=TOOLS,
            temperature=0,
        )
        thread = client.beta.threads.create()
        print(f"localassist, {client.models.list().data[0].id}, in this process. Nothing leaves the machine.\n")
        for question in QUESTIONS:
            print(f"you        {question}\nassistant  ", end="", flush=True)
            client.beta.threads.messages.create(thread.id, role="user", content=question)
            printer = Printer(client)
            with client.beta.threads.runs.stream(
                thread_id=thread.id, assistant_id=assistant.id, event_handler=printer
            ) as stream:
                stream.until_done()
            print(f"\n{_summary(client, thread.id, printer)}\n")
        cite_a_document(client)
        compute_with_a_table(client)
    print(f"Done in {time.perf_counter() - began:.1f} s. How to go on:")
    print("  .venv/bin/localassist chat            talk to it in the terminal")
    print(
        "  .venv/bin/localassist serve           the same API over HTTP, for any SDK: base_url=http://127.0.0.1:8000/v1"
    )
    print("  .venv/bin/localassist models pull …   a real model (this bundled one only demonstrates the protocol)")
    return 0


def cite_a_document(client: LocalAssist) -> None:
    """An assistant searches a document and cites the passage its answer comes from."""
    question = "What is the parking code?"
    store = client.vector_stores.create(name="Handbook")
    client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=("handbook.md", HANDBOOK))
    assistant = client.beta.assistants.create(
        model="gpt-4o",
        instructions="You are a helpful assistant.",
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_store_ids": [store.id]}},
        temperature=0,
    )
    thread = client.beta.threads.create(messages=[{"role": "user", "content": question}])
    print(f"you        {question}\nassistant  ", end="", flush=True)
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    if run.last_error is not None:
        print(f"[{run.status}: {run.last_error.message}]\n")
        return
    text: Any = client.beta.threads.messages.list(thread.id).data[0].content[0]
    print(text.text.value)
    for annotation in text.text.annotations:
        cited = client.files.retrieve(annotation.file_citation.file_id)
        print(f"           [{annotation.text} cites {cited.filename}, characters {annotation.localassist}]")
    print()


def compute_with_a_table(client: LocalAssist) -> None:
    """An assistant writes Python about an uploaded table; the code runs in a sandbox, what it saves is downloaded."""
    table = client.files.create(file=("sales.csv", SALES), purpose="assistants")
    assistant = client.beta.assistants.create(
        model="gpt-4o",
        instructions="You are a helpful assistant.",
        tools=[{"type": "code_interpreter"}],
        temperature=0,
    )
    for question in CODE_QUESTIONS:
        attached: Any = {"file_id": table.id, "tools": [{"type": "code_interpreter"}]}
        thread = client.beta.threads.create(messages=[{"role": "user", "content": question, "attachments": [attached]}])
        print(f"you        {question} [attached: sales.csv]")
        run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        steps = client.beta.threads.runs.steps.list(run.id, thread_id=thread.id, order="asc").data
        for call in [call for step in steps for call in getattr(step.step_details, "tool_calls", [])]:
            _show_code(call.code_interpreter)
        if run.last_error is not None:
            print(f"           [{run.status}: {run.last_error.message}]\n")
            continue
        message = client.beta.threads.messages.list(thread.id).data[0]
        _show_answer(client, message)


def _show_code(cell: Any) -> None:
    for line in cell.input.splitlines():
        print(f"           │ {line}")
    for output in cell.outputs:
        print(f"           → {output.logs.strip() if output.type == 'logs' else 'a picture'}")


def _show_answer(client: LocalAssist, message: Any) -> None:
    """Print the answer, and download the files it links to."""
    saved = []
    for part in message.content:
        if part.type == "image_file":
            print("           [shows a picture]")
            continue
        print(f"assistant  {part.text.value}")
        saved += [
            (annotation.file_path.file_id, annotation.text.rpartition("/")[2])
            for annotation in part.text.annotations
            if annotation.type == "file_path"
        ]
    MADE.mkdir(parents=True, exist_ok=True)
    for file_id, name in saved:
        content = client.files.content(file_id).read()
        (MADE / name).write_bytes(content)
        print(f"           [downloaded to {MADE / name}, {len(content):,} bytes]")
    print()


def _summary(client: LocalAssist, thread_id: str, printer: Printer) -> str:
    """The run's steps, tokens and timings in one line."""
    run = client.beta.threads.runs.list(thread_id, limit=1).data[0]
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=thread_id, order="asc").data
    kinds = " → ".join(step.type for step in steps)
    usage = run.usage
    assert usage is not None
    cached = usage.model_extra["prompt_token_details"]["cached_tokens"] if usage.model_extra else 0
    first = f"first token {printer.first_token_s * 1000:.0f} ms" if printer.first_token_s is not None else "no text"
    return (
        f"           [{run.status}: {kinds}; {usage.prompt_tokens} prompt tokens ({cached} reused), "
        f"{usage.completion_tokens} written; {first}]"
    )


if __name__ == "__main__":
    sys.exit(main())
