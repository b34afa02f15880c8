"""Events of a run, as they are published, replayed and streamed."""

from dataclasses import dataclass
from typing import Any, Literal

from localassist.objects.base import StoredObject

EventName = Literal[
    "thread.created",
    "thread.run.created",
    "thread.run.queued",
    "thread.run.in_progress",
    "thread.run.requires_action",
    "thread.run.completed",
    "thread.run.incomplete",
    "thread.run.failed",
    "thread.run.cancelling",
    "thread.run.cancelled",
    "thread.run.expired",
    "thread.run.step.created",
    "thread.run.step.in_progress",
    "thread.run.step.delta",
    "thread.run.step.completed",
    "thread.run.step.failed",
    "thread.run.step.cancelled",
    "thread.run.step.expired",
    "thread.message.created",
    "thread.message.in_progress",
    "thread.message.delta",
    "thread.message.completed",
    "thread.message.incomplete",
    "error",
]

# Events after which a stream has nothing more to say (contract §4.1).
LAST_STATUSES = ("requires_action", "completed", "incomplete", "failed", "cancelled", "expired")
LAST_EVENTS: frozenset[str] = frozenset(f"thread.run.{status}" for status in LAST_STATUSES)


@dataclass(frozen=True, slots=True)
class Event:
    """One fact. `data` is the stored object itself, or the JSON of a delta."""

    name: EventName
    data: StoredObject | dict[str, Any]

    def wire(self) -> dict[str, Any]:
        return self.data.wire() if isinstance(self.data, StoredObject) else self.data


def message_delta(message_id: str, content: dict[str, Any]) -> Event:
    """One fragment of one content part; `content` carries its `index` and `type`."""
    data = {"id": message_id, "object": "thread.message.delta", "delta": {"content": [content]}}
    return Event("thread.message.delta", data)


def step_delta(step_id: str, tool_call: dict[str, Any]) -> Event:
    """One fragment of one tool call; `tool_call` carries its `index` and `type`."""
    details = {"type": "tool_calls", "tool_calls": [tool_call]}
    data = {"id": step_id, "object": "thread.run.step.delta", "delta": {"step_details": details}}
    return Event("thread.run.step.delta", data)
