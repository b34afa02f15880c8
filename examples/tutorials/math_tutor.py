"""A math tutor that writes and runs code, the way assistants were first taught: create, ask, poll, read.

Nothing here is local but the base URL. Start a server with `localassist serve`, then:

    export OPENAI_BASE_URL=http://127.0.0.1:8000/v1 OPENAI_API_KEY=none
    python examples/tutorials/math_tutor.py
"""

import time

from openai import OpenAI

client = OpenAI()

# 1. An assistant
tutor = client.beta.assistants.create(
    name="Math Tutor",
    instructions="You are a patient math tutor. Write and run code to answer math questions.",
    tools=[{"type": "code_interpreter"}],
    model="gpt-4o",
)

# 2. A thread with a question
thread = client.beta.threads.create()
client.beta.threads.messages.create(thread_id=thread.id, role="user", content="Solve the equation 4x + 7 = 31.")

# 3. A run
run = client.beta.threads.runs.create(
    thread_id=thread.id, assistant_id=tutor.id, additional_instructions="The student's name is Mina."
)

# 4. Ask for its status until it has ended
print(run.status, end="", flush=True)
while run.status in ("queued", "in_progress"):
    time.sleep(0.2)
    before = run.status
    run = client.beta.threads.runs.retrieve(thread_id=thread.id, run_id=run.id)
    print("." if run.status == before else f" {run.status} ", end="", flush=True)
print()

if run.status != "completed":
    print(f"The run is {run.status}: {run.last_error.message if run.last_error else 'no error was given'}")

# 5. The conversation, oldest message first
for message in client.beta.threads.messages.list(thread_id=thread.id, order="asc"):
    for part in message.content:
        if part.type == "text":
            print(f"{message.role:>9}: {part.text.value}")
if run.usage:
    print(f"{run.usage.total_tokens} tokens")
