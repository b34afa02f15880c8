"""A file with a message, as it was in 2023 (openai-python 1.3 to 1.20): `file_ids`, and the code interpreter reads it.

Unchanged against a local server. Start one with `localassist serve`, then:

    pip install "openai==1.12.0" "httpx<0.28"
    export OPENAI_BASE_URL=http://127.0.0.1:8000/v1 OPENAI_API_KEY=none
    python examples/tutorials/v1/message_files.py
"""

import time

from openai import OpenAI

SALES = b"month,sales\nJanuary,100\nFebruary,250\nMarch,75\n"

client = OpenAI()

assistant = client.beta.assistants.create(
    instructions="You are a data analyst. Write and run code to answer questions.",
    model="gpt-4-1106-preview",
    tools=[{"type": "code_interpreter"}],
)
file = client.files.create(file=("sales.csv", SALES), purpose="assistants")
thread = client.beta.threads.create(
    messages=[{"role": "user", "content": "What is the sum of the sales column in sales.csv?", "file_ids": [file.id]}]
)
run = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)
while run.status in ("queued", "in_progress"):
    time.sleep(0.2)
    run = client.beta.threads.runs.retrieve(thread_id=thread.id, run_id=run.id)
print("run:", run.status)

for step in client.beta.threads.runs.steps.list(thread_id=thread.id, run_id=run.id, order="asc"):
    for call in getattr(step.step_details, "tool_calls", None) or []:
        if call.type == "code_interpreter":
            logs = [output.logs for output in call.code_interpreter.outputs if output.type == "logs"]
            print(f"code: {call.code_interpreter.input}\n  → {' '.join(logs).strip()}")

for message in client.beta.threads.messages.list(thread_id=thread.id, order="asc"):
    text = "".join(part.text.value for part in message.content if part.type == "text")
    files = client.beta.threads.messages.files.list(thread_id=thread.id, message_id=message.id).data
    print(f"{message.role}: {text}", f"(files: {', '.join(one.id for one in files)})" if files else "")
