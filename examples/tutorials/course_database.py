"""Questions to a course database: parallel calls with SQL, answered from inside a streaming event handler.

A handler that sees `requires_action` runs the queries and opens the next stream with a handler of its own, while the
first stream is still open. Start a server with `localassist serve`, then:

    export OPENAI_BASE_URL=http://127.0.0.1:8000/v1 OPENAI_API_KEY=none
    python examples/tutorials/course_database.py
"""

import json
import sqlite3

from openai import AssistantEventHandler, OpenAI
from typing_extensions import override

COURSES = [
    ("Algebra", "Mina Park", 120),
    ("Geometry", "Mina Park", 90),
    ("Statistics", "Mina Park", 150),
    ("Poetry", "Omar Haddad", 60),
    ("Drama", "Omar Haddad", 80),
]
SCHEMA = "Table: Courses\nColumns: course, teacher, price"
ASK_DATABASE = {
    "name": "ask_database",
    "description": "Answers questions about courses. The input is a complete SQL query.",
    "parameters": {
        "type": "object",
        "properties": {"query": {"type": "string", "description": f"SQL query over this schema:\n{SCHEMA}"}},
        "required": ["query"],
    },
}
MAX_ROUNDS = 4

client = OpenAI()
database = sqlite3.connect(":memory:")
database.execute("CREATE TABLE Courses (course TEXT, teacher TEXT, price INTEGER)")
database.executemany("INSERT INTO Courses VALUES (?, ?, ?)", COURSES)
database.execute("PRAGMA query_only = ON")  # what the model writes can only read


def ask_database(query):
    try:
        return str(database.execute(query).fetchall())
    except sqlite3.Error as exc:
        return f"Error: {exc}"  # the model reads it and may try again


class EventHandler(AssistantEventHandler):
    def __init__(self, rounds=0):
        super().__init__()
        self.rounds = rounds

    @override
    def on_text_created(self, text):
        print("\nassistant > ", end="", flush=True)

    @override
    def on_text_delta(self, delta, snapshot):
        print(delta.value, end="", flush=True)

    @override
    def on_event(self, event):
        if event.event == "thread.run.requires_action":
            self.submit_outputs(event.data)

    def submit_outputs(self, run):
        if self.rounds == MAX_ROUNDS:
            print(f"\n[after {MAX_ROUNDS} rounds of queries the run is cancelled]")
            client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
            return
        outputs = []
        for call in run.required_action.submit_tool_outputs.tool_calls:
            query = json.loads(call.function.arguments)["query"]
            output = ask_database(query)
            print(f"\nquery > {query}\n      = {output}", flush=True)
            outputs.append({"tool_call_id": call.id, "output": output})
        with client.beta.threads.runs.submit_tool_outputs_stream(
            thread_id=run.thread_id,
            run_id=run.id,
            tool_outputs=outputs,
            event_handler=EventHandler(self.rounds + 1),
        ) as stream:
            stream.until_done()


assistant = client.beta.assistants.create(
    instructions="You are a course database assistant. Use the ask_database function to answer questions.",
    tools=[{"type": "function", "function": ASK_DATABASE}],
    model="gpt-4o",
)
question = "How many courses does Mina Park teach? How many courses does Omar Haddad teach?"
thread = client.beta.threads.create(messages=[{"role": "user", "content": question}])
print(f"user > {question}")
with client.beta.threads.runs.stream(
    thread_id=thread.id, assistant_id=assistant.id, event_handler=EventHandler()
) as stream:
    stream.until_done()
print(f"\n\n[{client.beta.threads.runs.list(thread.id).data[0].status}]")
