"""Settings that runs and assistants give back do what they say: they reach the model."""

from typing import Any

import pytest

from tests.compat.samples import JSON
from tests.compat.world import CALL_ME, FUNCTION, HI, TOOL, World

SAMPLING = {"temperature": 0.25, "top_p": 0.75}


def asked_of_model(world: World, **settings: Any) -> Any:
    """The request of a finished run's only turn."""
    assert world.run(world.thread(HI), **settings)["status"] == "completed"
    return world.model.requests[-1]


def test_sampling_of_a_run_counts_before_that_of_its_assistant(world: World) -> None:
    assistant = world.assistant(**SAMPLING)
    own = asked_of_model(world, assistant_id=assistant)
    assert (own.temperature, own.top_p) == (0.25, 0.75)
    changed = asked_of_model(world, assistant_id=assistant, temperature=0, top_p=1)
    assert (changed.temperature, changed.top_p) == (0, 1)


def test_instructions_of_a_run_replace_those_of_its_assistant(world: World) -> None:
    assistant = world.assistant(instructions="Speak of birds.")
    assert "Speak of birds." in asked_of_model(world, assistant_id=assistant).prompt
    assert "Speak of birds." not in asked_of_model(world, assistant_id=assistant, instructions="Speak of fish.").prompt


def test_the_budget_of_a_run_bounds_its_turn(world: World) -> None:
    assert asked_of_model(world, max_completion_tokens=256).max_tokens == 256


def test_the_effort_is_asked_for(world: World) -> None:
    asked_of_model(world, reasoning_effort="high")
    assert world.model.efforts[-1] == "high"


def test_tools_of_a_run_replace_those_of_its_assistant(world: World) -> None:
    assistant = world.assistant(tools=[TOOL])
    asked_of_model(world, assistant_id=assistant)
    described = (FUNCTION["name"], FUNCTION["description"], FUNCTION["parameters"], FUNCTION["strict"])
    assert world.model.tools[-1] == [described]
    other = {"type": "function", "function": {"name": "get_time"}}
    asked_of_model(world, assistant_id=assistant, tools=[other])
    assert [name for name, *_ in world.model.tools[-1]] == ["get_time"]


@pytest.mark.parametrize(
    ("choice", "mode", "name"),
    [
        ("none", "none", None),
        ("required", "required", None),
        ({"type": "function", "function": {"name": FUNCTION["name"]}}, "required", FUNCTION["name"]),
    ],
)
def test_a_choice_of_tools_constrains_the_turn(choice: Any, mode: str, name: str | None, world: World) -> None:
    world.run(world.thread(HI), tools=[TOOL], tool_choice=choice, parallel_tool_calls=False)
    asked = world.model.choices[-1]
    assert (asked.mode, asked.name, asked.parallel) == (mode, name, False)


def test_a_response_format_constrains_the_answer(world: World) -> None:
    asked_of_model(world, response_format=JSON)
    asked = next(answer for answer in reversed(world.model.answers) if answer is not None)
    assert (asked.schema, asked.strict) == (JSON["json_schema"]["schema"], True)


def test_only_the_last_messages_are_shown(world: World) -> None:
    thread = world.thread(*({"role": "user", "content": f"number {n}"} for n in range(5)))
    world.run(thread, truncation_strategy={"type": "last_messages", "last_messages": 2})
    shown = world.model.requests[-1].prompt
    assert [n for n in range(5) if f"number {n}" in shown] == [3, 4]


def test_a_message_of_the_assistant_is_its_own(world: World) -> None:
    world.run(world.thread(HI, {"role": "assistant", "content": "I said so."}, HI))
    assert "assistant I said so." in world.model.requests[-1].prompt


def test_outputs_are_read_by_the_model(world: World) -> None:
    run = world.run(world.thread({"role": "user", "content": CALL_ME}), tools=[TOOL])
    (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = {"tool_outputs": [{"tool_call_id": call["id"], "output": "a hailstorm"}]}
    world.rested(world.post(f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs", outputs))
    assert "tool a hailstorm" in world.model.requests[-1].prompt
