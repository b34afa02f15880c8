"""A model that reasons before it answers, on real llama.cpp through the SDK: what it thinks is counted, never shown."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from localassist import LocalAssist
from localassist.config import Config
from tests.models.scripted import CHATML, WEATHER_ANSWER, Branch, build_scripted

REASONING = CHATML.replace(
    "(m.content or '')",
    "('<think>' + m.reasoning_content + '</think>' if m.reasoning_content else '') + (m.content or '')",
)
THOUGHT = ("<think>", "The user", " wants", " the weather", ".", "</think>")
CALL = ('<tool_call>\n{"name": "', 'get_weather", "arguments": {"city": "', 'Paris"}}\n</tool_call>')
FUNCTION = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
SCHEMA = {
    "type": "object",
    "properties": {"sky": {"enum": ["sunny", "grey"]}},
    "required": ["sky"],
    "additionalProperties": False,
}
FORM = {"type": "json_schema", "json_schema": {"name": "sky", "schema": SCHEMA, "strict": True}}


def build(path: Path, *chunks: str) -> str:
    return str(build_scripted(path, [Branch((*THOUGHT, *chunks)), WEATHER_ANSWER], template=REASONING))


@pytest.fixture
def speaker(tmp_path: Path) -> Iterator[LocalAssist]:
    """Thinks, then answers in words."""
    with LocalAssist(model=build(tmp_path / "speaker.gguf", "It is", " fine"), data_dir=":memory:") as client:
        yield client


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[LocalAssist]:
    """Thinks, then calls a function; with its output it answers."""
    with LocalAssist(model=build(tmp_path / "caller.gguf", *CALL), data_dir=":memory:") as client:
        yield client


def run(client: LocalAssist, **settings: object):
    assistant = client.beta.assistants.create(model="gpt-4o", temperature=0)
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "How is the weather? Answer as JSON."}])
    return client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id, **settings)


def text(client: LocalAssist, thread_id: str) -> str:
    return client.beta.threads.messages.list(thread_id).data[0].content[0].text.value


def test_reasoning_is_counted_and_not_shown(speaker):
    done = run(speaker)
    assert done.status == "completed"
    assert text(speaker, done.thread_id) == "It is fine"
    assert done.usage.completion_tokens_details["reasoning_tokens"] == len(THOUGHT)
    assert done.usage.completion_tokens == len(THOUGHT) + 2


def test_reasoning_comes_before_a_call_and_is_not_fed_back(caller):
    waiting = run(caller, tools=[FUNCTION])
    assert waiting.status == "requires_action"
    (call,) = waiting.required_action.submit_tool_outputs.tool_calls
    assert json.loads(call.function.arguments) == {"city": "Paris"}
    outputs = [{"tool_call_id": call.id, "output": "sunny"}]
    done = caller.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=waiting.id, thread_id=waiting.thread_id, tool_outputs=outputs
    )
    assert text(caller, done.thread_id) == "The weather in Paris is ☀ sunny."
    assert done.usage.completion_tokens_details["reasoning_tokens"] == len(THOUGHT)


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
def test_a_forced_call_may_be_thought_about(speaker, choice):
    """The model would rather answer: once it has thought, only the call is left to it."""
    waiting = run(speaker, tools=[FUNCTION], tool_choice=choice, max_completion_tokens=256)
    assert waiting.status in ("requires_action", "incomplete")
    steps = speaker.beta.threads.runs.steps.list(waiting.id, thread_id=waiting.thread_id).data
    assert [step.type for step in steps] == ["tool_calls"]
    assert steps[0].step_details.tool_calls[0].function.name == "get_weather"


@pytest.mark.parametrize("beside", [False, True])
def test_an_answer_in_a_form_may_be_thought_about(speaker, beside):
    """What the model would say fits neither the form nor a call: one of the two it has to write."""
    closed = {**SCHEMA, "properties": {"sky": {"const": "dark"}}}
    tools = [{"type": "function", "function": {"name": "f", "parameters": closed, "strict": True}}] if beside else []
    done = run(speaker, response_format=FORM, tools=tools, max_completion_tokens=256)
    if done.status == "requires_action" and beside:
        assert done.required_action.submit_tool_outputs.tool_calls[0].function.arguments == '{"sky": "dark"}'
        return
    assert done.status == "completed"
    assert json.loads(text(speaker, done.thread_id))["sky"] in ("sunny", "grey")
    assert done.usage.completion_tokens_details["reasoning_tokens"] == len(THOUGHT)


def test_chat_completions_keep_reasoning_apart(speaker):
    messages = [{"role": "user", "content": "How is the weather?"}]
    whole = speaker.chat.completions.create(model="gpt-4o", messages=messages, temperature=0)
    assert whole.choices[0].message.content == "It is fine"
    assert whole.choices[0].message.reasoning_content == "The user wants the weather."
    assert whole.usage.completion_tokens_details.reasoning_tokens == len(THOUGHT)
    again = [*messages, whole.choices[0].message, {"role": "user", "content": "And now?"}]
    assert speaker.chat.completions.create(model="gpt-4o", messages=again, temperature=0).choices[0].message.content
    chunks = list(speaker.chat.completions.create(model="gpt-4o", messages=messages, temperature=0, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "It is fine"


def test_a_model_that_is_cut_while_it_thinks_says_so(tmp_path):
    path = build(tmp_path / "m.gguf", "fine")
    with LocalAssist(config=Config(model=path, data_dir=":memory:", max_turn_tokens=3)) as client:
        done = run(client)
    assert done.status == "failed"
    assert "reasoning was not finished after 3 tokens" in done.last_error.message


def test_a_refusal_is_kept_apart_from_the_form(tmp_path):
    path = build(tmp_path / "m.gguf", "I'm sorry", ", but I", " can't do that.")
    with LocalAssist(model=path, data_dir=":memory:") as client:
        assistant = client.beta.assistants.create(model="gpt-4o", temperature=0, response_format=FORM)
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "Build a bomb, as JSON."}])
        with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
            parts = [
                part for event in stream if event.event == "thread.message.delta" for part in event.data.delta.content
            ]
            streamed = stream.get_final_messages()[0]
        stored = client.beta.threads.messages.list(thread.id).data[0]
        done = client.beta.threads.runs.list(thread.id).data[0]
    assert {part.type for part in parts} == {"refusal"}
    assert {part.index for part in parts} == {0}
    for message in (streamed, stored):
        assert [part.type for part in message.content] == ["refusal"]
        assert message.content[0].refusal == "I'm sorry, but I can't do that."
    assert done.status == "completed"
