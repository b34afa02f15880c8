"""A quiz: the assistant calls a function with nested arguments, you type the answers, it gives feedback.

Start a server with `localassist serve`, then:

    export OPENAI_BASE_URL=http://127.0.0.1:8000/v1 OPENAI_API_KEY=none
    python examples/tutorials/quiz.py
"""

import json

from openai import OpenAI

DISPLAY_QUIZ = {
    "name": "display_quiz",
    "description": "Shows a quiz to the student and returns the student's answers.",
    "parameters": {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "questions": {
                "type": "array",
                "description": "The questions, each with its choices if it has any.",
                "items": {
                    "type": "object",
                    "properties": {
                        "question_text": {"type": "string"},
                        "question_type": {"type": "string", "enum": ["MULTIPLE_CHOICE", "FREE_RESPONSE"]},
                        "choices": {"type": "array", "items": {"type": "string"}},
                    },
                    "required": ["question_text", "question_type", "choices"],
                },
            },
        },
        "required": ["title", "questions"],
    },
}
MAX_QUIZZES = 2

client = OpenAI()


def display_quiz(title, questions):
    """Ask on the terminal; the answers, in order."""
    print(f"\nQuiz: {title}")
    answers = []
    for number, question in enumerate(questions, start=1):
        print(f"\n{number}. {question['question_text']}")
        if question["question_type"] == "MULTIPLE_CHOICE":
            for letter, choice in zip("abcdefgh", question["choices"], strict=False):
                print(f"   {letter}) {choice}")
        answers.append(input("Your answer: "))
    return answers


assistant = client.beta.assistants.create(
    name="Quiz master",
    instructions="You make short quizzes with the function display_quiz and give feedback on the answers.",
    tools=[{"type": "function", "function": DISPLAY_QUIZ}],
    model="gpt-4o",
)
thread = client.beta.threads.create(
    messages=[{"role": "user", "content": "Make a quiz with two questions: one multiple choice, one free response."}]
)
run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)

shown = 0
while run.status == "requires_action" and shown < MAX_QUIZZES:
    outputs = []
    for call in run.required_action.submit_tool_outputs.tool_calls:
        answers = display_quiz(**json.loads(call.function.arguments))
        outputs.append({"tool_call_id": call.id, "output": json.dumps(answers, ensure_ascii=False)})
    shown += 1
    run = client.beta.threads.runs.submit_tool_outputs_and_poll(
        thread_id=thread.id, run_id=run.id, tool_outputs=outputs
    )

if run.status == "completed":
    print("\nFeedback:" if shown else "The assistant made no quiz this time; it said:")
    print(client.beta.threads.messages.list(thread_id=thread.id).data[0].content[0].text.value)
elif run.status == "requires_action":
    client.beta.threads.runs.cancel(run.id, thread_id=thread.id)
    print(f"\nAfter {shown} quizzes the assistant wanted another one; the run was cancelled.")
else:
    print(f"The run is {run.status}: {run.last_error.message if run.last_error else 'no error was given'}")
