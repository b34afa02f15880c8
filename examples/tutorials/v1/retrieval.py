"""Retrieval as it was in 2023 (openai-python 1.3 to 1.20): files belong to the assistant, citations carry a quote.

Unchanged against a local server. Start one with `localassist serve`, then:

    pip install "openai==1.12.0" "httpx<0.28"
    export OPENAI_BASE_URL=http://127.0.0.1:8000/v1 OPENAI_API_KEY=none
    python examples/tutorials/v1/retrieval.py
"""

import time
from pathlib import Path

from openai import OpenAI

DOCUMENT = Path(__file__).resolve().parent.parent / "documents" / "shop_handbook.pdf"

client = OpenAI()

file = client.files.create(file=DOCUMENT.open("rb"), purpose="assistants")
assistant = client.beta.assistants.create(
    instructions="Answer from the attached files.",
    model="gpt-4-1106-preview",
    tools=[{"type": "retrieval"}],
    file_ids=[file.id],
)
print("files of the assistant:", [one.id for one in client.beta.assistants.files.list(assistant_id=assistant.id)])

thread = client.beta.threads.create()
client.beta.threads.messages.create(thread_id=thread.id, role="user", content="How long can I return the lamp?")
run = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)
while run.status in ("queued", "in_progress"):
    time.sleep(0.2)
    run = client.beta.threads.runs.retrieve(thread_id=thread.id, run_id=run.id)
print("run:", run.status)
if run.last_error:
    print(run.last_error.message)

for step in client.beta.threads.runs.steps.list(thread_id=thread.id, run_id=run.id, order="asc"):
    kinds = [call.type for call in getattr(step.step_details, "tool_calls", None) or []]
    print(f"step: {step.type} {' '.join(kinds)}".rstrip())

message = client.beta.threads.messages.list(thread_id=thread.id).data[0]
text = message.content[0].text
value, notes = text.value, []
for number, annotation in enumerate(text.annotations):
    value = value.replace(annotation.text, f" [{number}]")
    citation = getattr(annotation, "file_citation", None)
    if citation:
        cited = client.files.retrieve(citation.file_id)
        notes.append(f"[{number}] {citation.quote[:80]!r} from {cited.filename}")
print(f"{message.role}: {value}")
print("\n".join(notes) or "(No citations.)")
