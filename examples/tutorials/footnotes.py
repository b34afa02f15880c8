"""Citations become footnotes: every marker in the answer is replaced by a number, with its source below.

Start a server with `localassist serve`, then:

    export OPENAI_BASE_URL=http://127.0.0.1:8000/v1 OPENAI_API_KEY=none
    python examples/tutorials/footnotes.py
"""

from pathlib import Path

from openai import OpenAI

DOCUMENT = Path(__file__).parent / "documents" / "shop_handbook.pdf"

client = OpenAI()

assistant = client.beta.assistants.create(
    instructions="You are a helpful assistant. Answer from the attached files.",
    tools=[{"type": "file_search"}],
    model="gpt-4o",
)
# A file attached to a message goes into a vector store of the thread.
upload = client.files.create(file=DOCUMENT.open("rb"), purpose="assistants")
thread = client.beta.threads.create(
    messages=[
        {
            "role": "user",
            "content": "Who is responsible for the storeroom?",
            "attachments": [{"file_id": upload.id, "tools": [{"type": "file_search"}]}],
        }
    ]
)
run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
messages = client.beta.threads.messages.list(thread_id=thread.id, run_id=run.id).data


def with_footnotes(text):
    """The text with numbers for its citations, and a line for each number."""
    value, notes = text.value, []
    for number, annotation in enumerate(text.annotations, start=1):
        value = value.replace(annotation.text, f"[{number}]", 1)
        if annotation.type == "file_citation":
            cited = client.files.retrieve(annotation.file_citation.file_id)
            quote = getattr(annotation.file_citation, "quote", "") or ""
            notes.append(f"[{number}] {cited.filename}" + (f": “{' '.join(quote.split())[:80]}…”" if quote else ""))
        elif annotation.type == "file_path":
            made = client.files.retrieve(annotation.file_path.file_id)
            notes.append(f"[{number}] Download {made.filename}")
    return value, notes


if run.status == "completed":
    value, notes = with_footnotes(messages[0].content[0].text)
    print(value)
    print("\n" + "\n".join(notes) if notes else "\n(The answer cites nothing.)")
else:
    print(f"The run is {run.status}: {run.last_error.message if run.last_error else 'no error was given'}")
