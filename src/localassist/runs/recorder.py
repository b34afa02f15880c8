"""The only writer while a run is active: commits first, publishes second, both from the same object.

A write to the run is conditional on the status this recorder last saw. When somebody else moved the run meanwhile
(a cancel), the write does not happen and the matching signal is raised instead.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from localassist.objects.events import Event, EventName
from localassist.objects.runs import (
    ContextReport,
    FunctionCall,
    IncompleteRun,
    LastError,
    RequiredAction,
    Run,
    RunStatus,
    RunStep,
    ShownPassage,
    ToolCalls,
    Usage,
)
from localassist.objects.threads import IncompleteMessage, Message
from localassist.protocols import EventBus, Store
from localassist.runs.call_step import CallStep
from localassist.runs.citations import Annotator
from localassist.runs.hosted import HostedTool
from localassist.runs.lifecycle import TERMINAL, advance
from localassist.runs.open_message import OpenMessage
from localassist.runs.records import RunRecords, step_done
from localassist.runs.signals import Cancelled

EndStatus = Literal["cancelled", "failed", "expired", "incomplete"]

_MESSAGE_REASON: dict[str, str] = {
    "cancelled": "run_cancelled",
    "failed": "run_failed",
    "expired": "run_expired",
    "incomplete": "max_tokens",
}


def usage_of(steps: Sequence[RunStep]) -> Usage:
    """What steps have cost, waiting ones included."""
    return sum((step.usage or step.internal.pending_usage or Usage() for step in steps), Usage())


class Recorder:
    """Records one run. Not thread-safe: it belongs to whoever moves the run at the moment."""

    def __init__(self, store: Store, bus: EventBus, run: Run, *, clock: Callable[[], int]) -> None:
        self._records = RunRecords(store, bus, run, clock=clock)
        self._store = store
        self._clock = clock
        self._message: OpenMessage | None = None
        self._noted: dict[str, Any] = {}
        self._passages: Sequence[ShownPassage] = ()
        self._files: Mapping[str, str] = {}
        self.calls: CallStep | None = None

    @property
    def run(self) -> Run:
        return self._records.run

    # --- the run ---------------------------------------------------------------------------------------------------

    def announce(self) -> None:
        """Publish the run as it stands."""
        self._publish(Event(_run_event(self.run.status), self.run))

    def move(self, status: RunStatus, **changes: Any) -> None:
        """Move the run, with the usage so far when it ends. Raises Cancelled when it was cancelled meanwhile."""
        with self._store.transaction():
            self._records.run = self._moved(status, **changes)
        self._publish(Event(_run_event(status), self.run))
        if status in TERMINAL:
            self._records.end_events()

    def note(self, report: ContextReport) -> None:
        """Keep how the prompt was made up; it is stored with the run's next move."""
        self._noted = {"localassist": report}

    @property
    def window_tokens(self) -> int:
        """The context window of the model that took the last turn."""
        report: ContextReport = self._noted["localassist"]
        return report.window_tokens

    def _moved(self, status: RunStatus, **changes: Any) -> Run:
        """Inside a transaction: the stored run after the move."""
        current = self._store.get(Run, self.run.id)
        if current.status != self.run.status:
            self._records.run = current
            raise Cancelled
        if status in TERMINAL:
            changes["usage"] = self.usage_so_far()
        moved = advance(current, status, at=self._clock(), **self._noted, **changes)
        self._store.update(moved)
        return moved

    def usage_so_far(self) -> Usage:
        """The sum over the run's steps, waiting ones included."""
        return usage_of(self._store.all(RunStep, run_id=self.run.id))

    # --- text ------------------------------------------------------------------------------------------------------

    def may_annotate(self, passages: Sequence[ShownPassage], files: Mapping[str, str]) -> None:
        """What the text of the next message may cite and link to."""
        self._passages, self._files = passages, files

    @property
    def has_open_message(self) -> bool:
        return self._message is not None

    def write_text(self, fragment: str) -> None:
        """Append to the open message; the first fragment opens it."""
        self._opened_message().write(fragment)

    def write_refusal(self, fragment: str) -> None:
        """Append to the refusal that the open message is, instead of an answer."""
        self._opened_message().refuse(fragment)

    def _opened_message(self) -> OpenMessage:
        if self._message is None:
            self._message = OpenMessage(self._records, Annotator(self._passages, self._files))
        return self._message

    def finish_message(self, usage: Usage) -> None:
        """Complete the open message and its step."""
        assert self._message is not None
        self._message.finish(usage)
        self._message = None

    # --- tool calls ------------------------------------------------------------------------------------------------

    def start_call(self, name: str, tool: HostedTool | None = None) -> None:
        """A call begins; the first one of a turn opens the step, after the text before it was completed."""
        if self._message is not None:
            self.finish_message(Usage())
        if self.calls is None:
            self.calls = CallStep(self._records)
        self.calls.start(name, tool)

    def finish_calls(self) -> None:
        """Complete the step of calls, all of which have their outputs."""
        assert self.calls is not None
        self.calls.finish()
        self.calls = None

    def require_action(self, action: RequiredAction) -> None:
        """Store the calls and wait for their outputs. The step stays in progress until they come."""
        assert self.calls is not None
        with self._store.transaction():
            self.calls.wait()
            self._records.run = self._moved("requires_action", required_action=action)
        self.calls = None
        self._publish(Event("thread.run.requires_action", self.run))

    def resume(self, output_by_call_id: dict[str, str]) -> list[Event]:
        """Complete the waiting step with the outputs and queue the run again.

        Part of the caller's transaction; the events are for it to publish after the commit.
        """
        step = self._complete_waiting_step(output_by_call_id)
        self._records.run = self._moved("queued")
        return [Event("thread.run.step.completed", step), Event("thread.run.queued", self.run)]

    def _complete_waiting_step(self, output_by_call_id: dict[str, str]) -> RunStep:
        (step,) = self._store.all(RunStep, run_id=self.run.id, status="in_progress")
        assert isinstance(step.step_details, ToolCalls)
        calls = [_answered(call, output_by_call_id) for call in step.step_details.tool_calls]
        usage = step.internal.pending_usage or Usage()
        internal = step.internal.model_copy(update={"pending_usage": None})
        changes = {"step_details": ToolCalls(tool_calls=calls), "internal": internal}
        return self._records.replace(step, **changes, **step_done(self._clock(), usage))

    # --- ends ------------------------------------------------------------------------------------------------------

    def end(
        self,
        status: EndStatus,
        *,
        usage: Usage | None = None,
        last_error: LastError | None = None,
        incomplete_details: IncompleteRun | None = None,
    ) -> None:
        """Close what is open and end the run; works from the store alone for a run this recorder did not drive.

        `usage` is that of the turn being cut, if it is known.
        """
        at = self._clock()
        with self._store.transaction():
            messages = self._cut_open_messages(status, at)
            steps = self._end_open_steps(status, at, usage, last_error)
            self._records.run = self._ended(status, at, last_error=last_error, incomplete_details=incomplete_details)
        self._message = self.calls = None
        names = {"cancelled": "cancelled", "failed": "failed", "expired": "expired", "incomplete": "completed"}
        self._publish(
            *(Event("thread.message.incomplete", message) for message in messages),
            *(Event(_STEP_EVENT[names[status]], step) for step in steps),
            Event(_run_event(status), self.run),
        )
        self._records.end_events()

    def _ended(self, status: EndStatus, at: int, **changes: Any) -> Run:
        current = self._store.get(Run, self.run.id)
        given = {name: value for name, value in changes.items() if value is not None}
        ended = advance(current, status, at=at, usage=self.usage_so_far(), **self._noted, **given)
        self._store.update(ended)
        return ended

    def _cut_open_messages(self, status: EndStatus, at: int) -> list[Message]:
        open_messages = self._store.all(Message, run_id=self.run.id, status="in_progress")
        return [self._records.replace(message, **self._message_cut(status, at)) for message in open_messages]

    def _end_open_steps(
        self, status: EndStatus, at: int, usage: Usage | None, last_error: LastError | None
    ) -> list[RunStep]:
        ended = []
        for step in self._store.all(RunStep, run_id=self.run.id, status="in_progress"):
            calls = self.calls if self.calls is not None and self.calls.id == step.id else None
            spent = usage or (calls.usage if calls else step.internal.pending_usage) or Usage()
            internal = step.internal.model_copy(update={"pending_usage": None})
            changes: dict[str, Any] = {"usage": spent, "internal": internal, "expires_at": None}
            if calls is not None:
                changes["step_details"] = calls.details()
            if status == "incomplete":
                changes |= {"status": "completed", "completed_at": at}
            else:
                changes |= {"status": status, f"{status}_at": at, "last_error": last_error}
            ended.append(self._records.replace(step, **changes))
        return ended

    def _message_cut(self, status: EndStatus, at: int) -> dict[str, Any]:
        details = IncompleteMessage.model_validate({"reason": _MESSAGE_REASON[status]})
        changes: dict[str, Any] = {"status": "incomplete", "incomplete_details": details, "incomplete_at": at}
        return changes | ({"content": self._message.content()} if self._message is not None else {})

    def _publish(self, *events: Event) -> None:
        self._records.publish(*events)


_STEP_EVENT: dict[str, EventName] = {
    "completed": "thread.run.step.completed",
    "failed": "thread.run.step.failed",
    "cancelled": "thread.run.step.cancelled",
    "expired": "thread.run.step.expired",
}

_RUN_EVENT: dict[RunStatus, EventName] = {
    "queued": "thread.run.queued",
    "in_progress": "thread.run.in_progress",
    "requires_action": "thread.run.requires_action",
    "completed": "thread.run.completed",
    "incomplete": "thread.run.incomplete",
    "failed": "thread.run.failed",
    "cancelling": "thread.run.cancelling",
    "cancelled": "thread.run.cancelled",
    "expired": "thread.run.expired",
}


def _run_event(status: RunStatus) -> EventName:
    return _RUN_EVENT[status]


def _answered(call: Any, output_by_call_id: dict[str, str]) -> Any:
    output = output_by_call_id.get(call.id)
    if output is None or not isinstance(call, FunctionCall):
        return call
    return call.model_copy(update={"function": call.function.model_copy(update={"output": output})})
