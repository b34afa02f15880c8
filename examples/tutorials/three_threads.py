"""Three users talk to one assistant at the same time, each on a thread of their own and in a language of their own.

All three runs are started before any is waited for. Start a server with `localassist serve`, then:

    export OPENAI_BASE_URL=http://127.0.0.1:8000/v1 OPENAI_API_KEY=none
    python examples/tutorials/three_threads.py
"""

import time

from openai import OpenAI

client = OpenAI()
assistant = client.beta.assistants.create(model="gpt-4o", instructions="You are a helpful assistant.")

GREETINGS = {
    "Mira": "Hello, my name is Mira.",
    "지우": "안녕하세요, 제 이름은 지우예요.",
    "小林": "你好,我叫小林。",
}


def submit_message(thread, text):
    """Put a message on the thread and start a run for it."""
    client.beta.threads.messages.create(thread_id=thread.id, role="user", content=text)
    return client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)


def create_thread_and_run(text):
    thread = client.beta.threads.create()
    return thread, submit_message(thread, text)


def wait_on_run(run):
    while run.status in ("queued", "in_progress"):
        time.sleep(0.2)
        run = client.beta.threads.runs.retrieve(thread_id=run.thread_id, run_id=run.id)
    return run


def pretty_print(user, thread):
    print(f"# {user}")
    for message in client.beta.threads.messages.list(thread_id=thread.id, order="asc"):
        text = "".join(part.text.value for part in message.content if part.type == "text")
        print(f"{message.role:>9}: {text}")
    print()


# Three users at once.
started = {user: create_thread_and_run(text) for user, text in GREETINGS.items()}

# Nothing has been waited for so far.
for user, (thread, run) in started.items():
    status = wait_on_run(run).status
    if status != "completed":
        print(f"The run of {user} is {status}.")
    pretty_print(user, thread)

# Each thread goes on by itself.
thread, _ = started["Mira"]
wait_on_run(submit_message(thread, "What is my name?"))
pretty_print("Mira again", thread)
