"""The step of a turn's tool calls, while the model writes them and the hosted ones are carried out."""

from dataclasses import dataclass
from typing import Any

from localassist.objects.base import new_id
from localassist.objects.events import Event, step_delta
from localassist.objects.runs import (
    CodeInterpreterCall,
    FunctionCall,
    FunctionCallDetails,
    HostedCall,
    StepInternal,
    ToolCall,
    ToolCalls,
    Usage,
)
from localassist.runs.hosted import HostedOutcome, HostedTool, InputReader, model_call
from localassist.runs.records import RunRecords, step_done


@dataclass(slots=True)
class OpenCall:
    """A call in its wire form, and as the model wrote it. `tool` is None for a function of the caller's."""

    call: ToolCall
    name: str
    tool: HostedTool | None = None
    reader: InputReader | None = None
    arguments: str = ""
    record: HostedCall | None = None


class CallStep:
    """Opened by a turn's first call. The step completes when all its calls have their outputs.

    `usage` is the turn's, set once it is known.
    """

    def __init__(self, records: RunRecords) -> None:
        self._records = records
        self._calls: list[OpenCall] = []
        self.usage = Usage()
        self._step = records.new_step("tool_calls", ToolCalls(), records.clock())
        records.store.insert(self._step)
        records.publish(Event("thread.run.step.created", self._step), Event("thread.run.step.in_progress", self._step))

    @property
    def id(self) -> str:
        return self._step.id

    @property
    def functions(self) -> list[FunctionCall]:
        """The calls that the caller has to carry out."""
        return [one.call for one in self._calls if isinstance(one.call, FunctionCall)]

    @property
    def hosted(self) -> list[tuple[int, OpenCall]]:
        """The calls that the engine carries out, with their places in the step."""
        return [(index, one) for index, one in enumerate(self._calls) if one.tool is not None]

    # --- while the model writes ------------------------------------------------------------------------------------

    def start(self, name: str, tool: HostedTool | None) -> None:
        """A call begins."""
        call_id = new_id("call_")
        if tool is None:
            details = FunctionCallDetails(name=name, arguments="")
            opened = OpenCall(FunctionCall(id=call_id, function=details), name)
        else:
            opened = OpenCall(tool.open_call(self._records.run, call_id), name, tool, tool.input_reader())
        self._calls.append(opened)
        self._publish(len(self._calls) - 1, opened.call.model_dump(mode="json"))

    def write_arguments(self, fragment: str) -> None:
        """Append to the arguments of the newest call."""
        newest = self._calls[-1]
        newest.arguments += fragment
        if isinstance(newest.call, FunctionCall):
            changed = newest.call.function.model_copy(update={"arguments": newest.arguments})
            newest.call = newest.call.model_copy(update={"function": changed})
            self._publish_part(newest.call, {"arguments": fragment})
        elif newest.reader is not None and isinstance(newest.call, CodeInterpreterCall):
            added = newest.reader.feed(fragment)
            if added:
                written = newest.call.code_interpreter.input + added
                details = newest.call.code_interpreter.model_copy(update={"input": written})
                newest.call = newest.call.model_copy(update={"code_interpreter": details})
                self._publish_part(newest.call, {"input": added})

    # --- when it has written them ----------------------------------------------------------------------------------

    def show(self, index: int, output: dict[str, Any]) -> None:
        """Publish one output entry of a hosted call; `output` carries its own `index`."""
        call = self._calls[index].call
        self._publish(index, {"type": call.type, call.type: {"outputs": [output]}})

    def settle(self, index: int, outcome: HostedOutcome) -> None:
        """Keep what came of a hosted call. It is stored at once, so that it is there whatever happens next."""
        settled = self._calls[index]
        settled.call = outcome.call
        settled.record = model_call(settled.name, settled.arguments, outcome)
        self._step = self._records.replace(self._step, **self._contents())

    def wait(self) -> None:
        """Store the calls; the step stays in progress until the caller's outputs come. In a transaction."""
        self._step = self._records.replace(self._step, **self._contents())

    def finish(self) -> None:
        """Complete the step."""
        contents = self._contents()
        contents["internal"] = contents["internal"].model_copy(update={"pending_usage": None})
        done = step_done(self._records.clock(), self.usage)
        self._step = self._records.replace(self._step, **contents, **done)
        self._records.publish(Event("thread.run.step.completed", self._step))

    def details(self) -> ToolCalls:
        """The calls as far as they have come."""
        return ToolCalls(tool_calls=[one.call for one in self._calls])

    # --- helpers ---------------------------------------------------------------------------------------------------

    def _contents(self) -> dict[str, Any]:
        hosted = {one.call.id: one.record for one in self._calls if one.record is not None}
        internal = StepInternal(pending_usage=self.usage, hosted=hosted)
        return {"step_details": self.details(), "internal": internal}

    def _publish_part(self, call: ToolCall, part: dict[str, Any]) -> None:
        self._publish(len(self._calls) - 1, {"type": call.type, call.type: part})

    def _publish(self, index: int, call: dict[str, Any]) -> None:
        self._records.publish(step_delta(self._step.id, {"index": index, **call}))
