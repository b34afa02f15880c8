"""What the writers of a run share: the run's place in the store and in the bus."""

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from localassist.objects.base import StoredObject, new_id
from localassist.objects.events import Event
from localassist.objects.runs import MessageCreation, Run, RunStep, ToolCalls, Usage
from localassist.protocols import EventBus, Store

ObjectT = TypeVar("ObjectT", bound=StoredObject)


class RunRecords:
    """The stored objects and the events of one run."""

    def __init__(self, store: Store, bus: EventBus, run: Run, *, clock: Callable[[], int]) -> None:
        self.store = store
        self.clock = clock
        self.run = run
        self._bus = bus

    def new_step(
        self, kind: Literal["message_creation", "tool_calls"], details: MessageCreation | ToolCalls, at: int
    ) -> RunStep:
        """A step in progress, not yet stored."""
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

    def replace(self, item: ObjectT, **changes: Any) -> ObjectT:
        """The stored object with changes; what others changed meanwhile (metadata) is kept."""
        changed = self.store.get(type(item), item.id).model_copy(update=changes)
        self.store.update(changed)
        return changed

    def publish(self, *events: Event) -> None:
        for event in events:
            self._bus.publish(self.run.id, event)

    def end_events(self) -> None:
        """The run will publish nothing more."""
        self._bus.end(self.run.id)


def step_done(at: int, usage: Usage) -> dict[str, Any]:
    """The changes that complete a step."""
    return {"status": "completed", "completed_at": at, "expires_at": None, "usage": usage}
