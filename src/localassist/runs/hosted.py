"""What the run loop asks of a hosted tool, and which tools a turn offers."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from localassist.objects.runs import CodeInterpreterCall, FileSearchCall, HostedCall, LastError, Run, ShownPassage
from localassist.objects.tools import FunctionTool
from localassist.protocols import Cancellation, FunctionSpec
from localassist.runs.signals import Failed

HostedType = Literal["code_interpreter", "file_search"]
WireCall = CodeInterpreterCall | FileSearchCall
ShowOutput = Callable[[dict[str, Any]], None]

# What a hosted tool is called when the run declares a function that has its usual name.
OTHER_NAMES: dict[HostedType, str] = {"code_interpreter": "code_interpreter", "file_search": "search_files"}


@dataclass(frozen=True, slots=True)
class HostedOutcome:
    """What came of a call: its wire form, the result as the model reads it, what may be cited and linked to."""

    call: WireCall
    output: str
    passages: list[ShownPassage] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    failure: LastError | None = None  # the run cannot go on after this call


@dataclass(frozen=True, slots=True)
class ResultLimits:
    """How long a result may be for the model that reads it; `count_tokens` counts as that model does."""

    max_tokens: int
    count_tokens: Callable[[str], int]

    def admit(self, text: str) -> bool:
        return self.count_tokens(text) <= self.max_tokens


@dataclass(frozen=True, slots=True)
class HostedRequest:
    """A call to carry out. `show` publishes an output entry of it at once."""

    run: Run
    call: WireCall
    arguments: str
    show: ShowOutput
    limits: ResultLimits
    cancellation: Cancellation


class InputReader(Protocol):
    """Turns the fragments of a call's arguments into the fragments of its wire `input`."""

    def feed(self, fragment: str) -> str: ...


class HostedTool(Protocol):
    """A tool the engine itself carries out."""

    @property
    def type(self) -> HostedType: ...

    @property
    def spec(self) -> FunctionSpec:
        """The tool as the model is offered it."""

    def prepare(self, run: Run, cancellation: Cancellation) -> None:
        """Called once before the turns of a claimed run. Raises BackendError or RequestError when it cannot work."""

    def open_call(self, run: Run, call_id: str) -> WireCall:
        """The wire form of a call that begins."""

    def input_reader(self) -> InputReader | None:
        """How the call's input is streamed; None when its first form is all that is."""

    def carry_out(self, request: HostedRequest) -> HostedOutcome:
        """Do what was asked.

        What goes wrong in the tool's own work is a result for the model. Raises BackendError when the tool is broken.
        """


@dataclass(frozen=True, slots=True)
class OfferedTools:
    """The tools of a turn, as the model sees them, and which of the names are hosted ones."""

    specs: tuple[FunctionSpec, ...] = ()
    hosted_by_name: Mapping[str, HostedTool] = field(default_factory=dict)

    def name_of(self, hosted_type: str) -> str | None:
        """What the model calls a hosted tool."""
        return next((name for name, tool in self.hosted_by_name.items() if tool.type == hosted_type), None)


def offered_tools(run: Run, hosted: Mapping[str, HostedTool]) -> OfferedTools:
    """The run's tools in the order they were declared. Raises Failed for one this engine does not have."""
    functions = {tool.function.name for tool in run.tools if isinstance(tool, FunctionTool)}
    specs: list[FunctionSpec] = []
    by_name: dict[str, HostedTool] = {}
    for tool in run.tools:
        if isinstance(tool, FunctionTool):
            function = tool.function
            specs.append(FunctionSpec(function.name, function.description, function.parameters, function.strict))
            continue
        if tool.type not in hosted:
            raise Failed(_not_here(tool.type))
        if any(other.type == tool.type for other in by_name.values()):
            continue
        spec = hosted[tool.type].spec
        name = OTHER_NAMES[tool.type] if spec.name in functions else spec.name
        by_name[name] = hosted[tool.type]
        specs.append(replace(spec, name=name))
    return OfferedTools(tuple(specs), by_name)


def read_arguments(arguments: str) -> dict[str, Any] | None:
    """The arguments of a call; None when they are no JSON object."""
    try:
        found = json.loads(arguments, strict=False)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def model_call(name: str, arguments: str, outcome: HostedOutcome) -> HostedCall:
    """What is kept of a call for later prompts."""
    return HostedCall(
        name=name, arguments=arguments, output=outcome.output, passages=outcome.passages, files=outcome.files
    )


def _not_here(tool_type: str) -> LastError:
    return LastError(
        code="server_error",
        message=f"This engine was composed without the tool '{tool_type}'. Remove it from the assistant's or the run's "
        "tools, or set tool_choice to 'none'.",
    )
