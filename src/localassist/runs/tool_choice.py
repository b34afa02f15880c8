"""What a run's tool_choice means for its next turn: a force holds until it is satisfied, then it is auto."""

from typing import Literal, cast

from localassist.objects.runs import FunctionCall, Run, RunStep, ToolCalls
from localassist.protocols import Store, ToolChoice

ToolChoiceMode = Literal["auto", "none", "required"]


def effective_choice(store: Store, run: Run) -> ToolChoice:
    """The choice for the next turn of the run."""
    mode, name = _asked(run.tool_choice)
    if mode == "required" and _is_satisfied(store, run, name):
        mode, name = "auto", None
    return ToolChoice(mode=mode, name=name, parallel=run.parallel_tool_calls)


def _asked(tool_choice: object) -> tuple[ToolChoiceMode, str | None]:
    if isinstance(tool_choice, dict):
        function = tool_choice.get("function")
        return "required", function["name"] if function else None
    return cast("ToolChoiceMode", tool_choice), None


def _is_satisfied(store: Store, run: Run, name: str | None) -> bool:
    called = [
        call.function.name
        for step in store.all(RunStep, run_id=run.id)
        if isinstance(step.step_details, ToolCalls)
        for call in step.step_details.tool_calls
        if isinstance(call, FunctionCall)
    ]
    return bool(called) if name is None else name in called
