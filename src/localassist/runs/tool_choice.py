"""What a run's tool_choice means for its next turn: a force holds until it is satisfied, then it is auto."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, cast

from localassist.objects.runs import FunctionCall, Run, RunStep, ToolCalls
from localassist.protocols import ChatMessage, FunctionSpec, ToolChoice
from localassist.runs.hosted import OfferedTools

ToolChoiceMode = Literal["auto", "none", "required"]


def effective_choice(run: Run, steps: Sequence[RunStep], offered: OfferedTools) -> ToolChoice:
    """The choice for the next turn of the run, whose steps so far are given.

    A hosted tool is forced by the name the model knows it under.
    """
    mode, name = _asked(run.tool_choice, offered)
    if mode == "required" and _is_satisfied(steps, name, offered):
        mode, name = "auto", None
    return ToolChoice(mode=mode, name=name, parallel=run.parallel_tool_calls)


def within(choice: ToolChoice, tools: Sequence[FunctionSpec], messages: Sequence[ChatMessage]) -> ToolChoice:
    """The choice where these tools are on offer after these messages.

    Earlier calls tempt a model to another one; with nothing on offer that would be text that nobody can carry out.
    """
    is_tempted = not tools and any(message.tool_calls for message in messages)
    return replace(choice, mode="none") if is_tempted else choice


def _asked(tool_choice: object, offered: OfferedTools) -> tuple[ToolChoiceMode, str | None]:
    if isinstance(tool_choice, dict):
        function = tool_choice.get("function")
        return "required", function["name"] if function else offered.name_of(tool_choice["type"])
    return cast("ToolChoiceMode", tool_choice), None


def _is_satisfied(steps: Sequence[RunStep], name: str | None, offered: OfferedTools) -> bool:
    called = [
        call.function.name if isinstance(call, FunctionCall) else offered.name_of(call.type)
        for step in steps
        if isinstance(step.step_details, ToolCalls)
        for call in step.step_details.tool_calls
    ]
    return bool(called) if name is None else name in called
