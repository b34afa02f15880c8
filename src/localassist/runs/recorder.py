"""The only writer while a run is active: commits first, publishes second, both from the same object.

A write to the run is conditional on the status this recorder last saw. When somebody else moved the run meanwhile
(a cancel), the write does not happen and the matching signal is raised instead.
"""

from collections.abc import Callable
from typing import Any, Literal

from localassist.objects.base import new_id
from localassist.objects.events import Event, EventName, message_delta, step_delta
from localassist.objects.runs import (
    ContextReport,
    CreatedMessage,
    FunctionCall,
    FunctionCallDetails,
    IncompleteRun,
    LastError,
    MessageCreation,
    RequiredAction,
    Run,
    RunStatus,
    RunStep,
    StepInternal,
    ToolCall,
    ToolCalls,
    Usage,
)
from localassist.objects.threads import IncompleteMessage, Message, Text, TextPart
from localassist.protocols import EventBus, Store
from localassist.runs.lifecycle import TERMINAL, advance
from localassist.runs.signals import Cancelled

EndStatus = Literal["cancelled", "failed", "expired", "incomplete"]

_MESSAGE_REASON: dict[str, str] = {
    "cancelled": "run_cancelled",
    "failed": "run_failed",
    "expired": "run_expired",
    "incomplete": "max_tokens",
}


class Recorder:
    """Records one run. Not thread-safe: it belongs to whoever moves the run at the moment."""

    def __init__(self, store: Store, bus: EventBus, run: Run, *, clock: Callable[[], int]) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock
        self.run = run
        self._message: Message | None = None
        self._message_step: RunStep | None = None
        self._text: list[str] = []
        self._calls_step: RunStep | None = None
        self._calls: list[FunctionCall] = []
        self._noted: dict[str, Any] = {}

    # --- the run ---------------------------------------------------------------------------------------------------

    def announce(self) -> None:
        """Publish the run as it stands."""
        self._publish(Event(_run_event(self.run.status), self.run))

    def move(self, status: RunStatus, **changes: Any) -> None:
        """Move the run, with the usage so far when it ends. Raises Cancelled when it was cancelled meanwhile."""
        with self._store.transaction():
            self.run = self._moved(status, **changes)
        self._publish(Event(_run_event(status), self.run))
        if status in TERMINAL:
            self._bus.end(self.run.id)

    def note(self, report: ContextReport) -> None:
        """Keep how the prompt was made up; it is stored with the run's next move."""
        self._noted = {"localassist": report}

    def _moved(self, status: RunStatus, **changes: Any) -> Run:
        """Inside a transaction: the stored run after the move."""
        current = self._store.get(Run, self.run.id)
        if current.status != self.run.status:
            self.run = current
            raise Cancelled
        if status in TERMINAL:
            changes["usage"] = self.usage_so_far()
        moved = advance(current, status, at=self._clock(), **self._noted, **changes)
        self._store.update(moved)
        return moved

    def usage_so_far(self) -> Usage:
        """The sum over the run's steps, waiting ones included."""
        total = Usage()
        for step in self._store.all(RunStep, run_id=self.run.id):
            total += step.usage or step.internal.pending_usage or Usage()
        return total

    # --- text ------------------------------------------------------------------------------------------------------

    @property
    def has_open_message(self) -> bool:
        return self._message is not None

    def write_text(self, fragment: str) -> None:
        """Append to the open message; the first fragment opens it."""
        if self._message is None:
            self._open_message()
        assert self._message is not None
        text: dict[str, Any] = {"value": fragment}
        if not self._text:
            text["annotations"] = []
        self._text.append(fragment)
        self._publish(message_delta(self._message.id, {"index": 0, "type": "text", "text": text}))

    def _open_message(self) -> None:
        at = self._clock()
        message = Message(
            id=new_id("msg_"),
            created_at=at,
            assistant_id=self.run.assistant_id,
            thread_id=self.run.thread_id,
            run_id=self.run.id,
            status="in_progress",
            role="assistant",
        )
        created = MessageCreation(message_creation=CreatedMessage(message_id=message.id))
        step = self._new_step("message_creation", created, at)
        with self._store.transaction():
            self._store.insert(step)
            self._store.insert(message)
        self._message, self._message_step, self._text = message, step, []
        self._publish(
            Event("thread.run.step.created", step),
            Event("thread.run.step.in_progress", step),
            Event("thread.message.created", message),
            Event("thread.message.in_progress", message),
        )

    def finish_message(self, usage: Usage) -> None:
        """Complete the open message and its step."""
        assert self._message is not None
        assert self._message_step is not None
        at = self._clock()
        with self._store.transaction():
            message = self._replace(self._message, status="completed", completed_at=at, content=self._content())
            step = self._replace(self._message_step, **_step_done(at, usage))
        self._forget_message()
        self._publish(Event("thread.message.completed", message), Event("thread.run.step.completed", step))

    def _content(self) -> list[TextPart]:
        return [TextPart(text=Text(value="".join(self._text)))] if self._text else []

    def _message_cut(self, status: EndStatus, at: int) -> dict[str, Any]:
        details = IncompleteMessage.model_validate({"reason": _MESSAGE_REASON[status]})
        changes: dict[str, Any] = {"status": "incomplete", "incomplete_details": details, "incomplete_at": at}
        return changes | ({"content": self._content()} if self._text else {})

    def _forget_message(self) -> None:
        self._message, self._message_step, self._text = None, None, []

    # --- function calls --------------------------------------------------------------------------------------------

    @property
    def calls(self) -> list[FunctionCall]:
        return self._calls

    def start_call(self, name: str) -> None:
        """A call begins; the first one of a turn opens the step, after the text before it was completed."""
        if self._message is not None:
            self.finish_message(Usage())
        if self._calls_step is None:
            self._open_calls_step()
        assert self._calls_step is not None
        call = FunctionCall(id=new_id("call_"), function=FunctionCallDetails(name=name, arguments=""))
        self._calls.append(call)
        first = {"name": name, "arguments": "", "output": None}
        index = len(self._calls) - 1
        self._publish(
            step_delta(self._calls_step.id, {"index": index, "id": call.id, "type": "function", "function": first})
        )

    def write_arguments(self, fragment: str) -> None:
        """Append to the arguments of the newest call."""
        assert self._calls_step is not None
        call = self._calls[-1]
        details = call.function.model_copy(update={"arguments": call.function.arguments + fragment})
        self._calls[-1] = call.model_copy(update={"function": details})
        delta = {"index": len(self._calls) - 1, "type": "function", "function": {"arguments": fragment}}
        self._publish(step_delta(self._calls_step.id, delta))

    def _open_calls_step(self) -> None:
        step = self._new_step("tool_calls", ToolCalls(), self._clock())
        self._store.insert(step)
        self._calls_step, self._calls = step, []
        self._publish(Event("thread.run.step.created", step), Event("thread.run.step.in_progress", step))

    def require_action(self, action: RequiredAction, usage: Usage) -> None:
        """Store the calls and wait for their outputs. The step stays in progress until they come."""
        assert self._calls_step is not None
        with self._store.transaction():
            self._replace(
                self._calls_step,
                step_details=ToolCalls(tool_calls=list[ToolCall](self._calls)),
                internal=StepInternal(pending_usage=usage),
            )
            self.run = self._moved("requires_action", required_action=action)
        self._calls_step, self._calls = None, []
        self._publish(Event("thread.run.requires_action", self.run))

    def resume(self, output_by_call_id: dict[str, str]) -> list[Event]:
        """Complete the waiting step with the outputs and queue the run again.

        Part of the caller's transaction; the events are for it to publish after the commit.
        """
        step = self._complete_waiting_step(output_by_call_id)
        self.run = self._moved("queued")
        return [Event("thread.run.step.completed", step), Event("thread.run.queued", self.run)]

    def _complete_waiting_step(self, output_by_call_id: dict[str, str]) -> RunStep:
        (step,) = self._store.all(RunStep, run_id=self.run.id, status="in_progress")
        assert isinstance(step.step_details, ToolCalls)
        calls = [_answered(call, output_by_call_id) for call in step.step_details.tool_calls]
        usage = step.internal.pending_usage or Usage()
        changes = _step_done(self._clock(), usage)
        details = ToolCalls(tool_calls=calls)
        done: RunStep = self._replace(step, step_details=details, internal=StepInternal(), **changes)
        return done

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
            self.run = self._ended(status, at, last_error=last_error, incomplete_details=incomplete_details)
        self._forget_message()
        self._calls_step, self._calls = None, []
        names = {"cancelled": "cancelled", "failed": "failed", "expired": "expired", "incomplete": "completed"}
        self._publish(
            *(Event("thread.message.incomplete", message) for message in messages),
            *(Event(_STEP_EVENT[names[status]], step) for step in steps),
            Event(_run_event(status), self.run),
        )
        self._bus.end(self.run.id)

    def _ended(self, status: EndStatus, at: int, **changes: Any) -> Run:
        current = self._store.get(Run, self.run.id)
        given = {name: value for name, value in changes.items() if value is not None}
        ended = advance(current, status, at=at, usage=self.usage_so_far(), **self._noted, **given)
        self._store.update(ended)
        return ended

    def _cut_open_messages(self, status: EndStatus, at: int) -> list[Message]:
        open_messages = self._store.all(Message, run_id=self.run.id, status="in_progress")
        return [self._replace(message, **self._message_cut(status, at)) for message in open_messages]

    def _end_open_steps(
        self, status: EndStatus, at: int, usage: Usage | None, last_error: LastError | None
    ) -> list[RunStep]:
        ended = []
        for step in self._store.all(RunStep, run_id=self.run.id, status="in_progress"):
            spent = usage or step.internal.pending_usage or Usage()
            changes: dict[str, Any] = {"usage": spent, "internal": StepInternal(), "expires_at": None}
            if self._calls and isinstance(step.step_details, ToolCalls):
                changes["step_details"] = ToolCalls(tool_calls=list[ToolCall](self._calls))
            if status == "incomplete":
                changes |= {"status": "completed", "completed_at": at}
            else:
                changes |= {"status": status, f"{status}_at": at, "last_error": last_error}
            ended.append(self._replace(step, **changes))
        return ended

    # --- helpers ---------------------------------------------------------------------------------------------------

    def _new_step(
        self, kind: Literal["message_creation", "tool_calls"], details: MessageCreation | ToolCalls, at: int
    ) -> RunStep:
        return RunStep(
            id=new_id("step_"),
            created_at=at,
            run_id=self.run.id,
            assistant_id=self.run.assistant_id,
            thread_id=self.run.thread_id,
            type=kind,
            expires_at=self.run.expires_at,
            step_details=details,
        )

    def _replace(self, item: Any, **changes: Any) -> Any:
        """The stored object with changes; what others changed meanwhile (metadata) is kept."""
        current = self._store.get(type(item), item.id)
        changed = current.model_copy(update=changes)
        self._store.update(changed)
        return changed

    def _publish(self, *events: Event) -> None:
        for event in events:
            self._bus.publish(self.run.id, event)


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


def _step_done(at: int, usage: Usage) -> dict[str, Any]:
    return {"status": "completed", "completed_at": at, "expires_at": None, "usage": usage}


def _answered(call: Any, output_by_call_id: dict[str, str]) -> Any:
    output = output_by_call_id.get(call.id)
    if output is None or not isinstance(call, FunctionCall):
        return call
    return call.model_copy(update={"function": call.function.model_copy(update={"output": output})})
