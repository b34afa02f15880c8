"""Whether events, read from the first, are a legal life of a run."""

from collections.abc import Iterable

from localassist.objects.events import Event
from localassist.runs.lifecycle import TERMINAL, is_legal

ENDS_STEP = {f"thread.run.step.{status}" for status in ("completed", "failed", "cancelled", "expired")}
ENDS_MESSAGE = {"thread.message.completed", "thread.message.incomplete"}


class Path:
    """Takes the events of one stream in order, and refuses what must not come next.

    `submitted` is for a stream that answers tool outputs: a step is open when it begins.
    """

    def __init__(self, *, submitted: bool = False) -> None:
        self._status = "requires_action" if submitted else None
        self._may_end_unseen_step = submitted
        self._steps: set[str] = set()
        self._message: str | None = None

    def take(self, event: Event) -> None:
        assert self._status not in TERMINAL, f"{event.name} after the run is {self._status}"
        if event.name.startswith("thread.run.step."):
            self._take_step(event)
        elif event.name.startswith("thread.message."):
            self._take_message(event)
        elif event.name.startswith("thread.run."):
            self._take_run(event)
        else:
            assert event.name == "thread.created"
            assert self._status is None

    def _take_run(self, event: Event) -> None:
        status = event.wire()["status"]
        assert event.name == f"thread.run.{status}" or (event.name, status) == ("thread.run.created", "queued")
        if self._status is not None and (self._status, status) != ("queued", "queued"):
            assert is_legal(self._status, status), f"from {self._status} to {status}"
        if status in TERMINAL or status == "requires_action":
            assert self._message is None
            assert len(self._steps) == (status == "requires_action")
        self._status = status

    def _take_step(self, event: Event) -> None:
        step_id = event.wire()["id"]
        if event.name in ENDS_STEP:
            assert step_id in self._steps or self._may_end_unseen_step
            self._may_end_unseen_step = False
            self._steps.discard(step_id)
        elif event.name == "thread.run.step.created":
            assert self._status == "in_progress"
            assert step_id not in self._steps
            self._steps.add(step_id)
        else:
            assert step_id in self._steps

    def _take_message(self, event: Event) -> None:
        message_id = event.wire()["id"]
        if event.name == "thread.message.created":
            assert self._message is None
            assert self._steps
            self._message = message_id
        else:
            assert message_id == self._message
        if event.name in ENDS_MESSAGE:
            self._message = None


def check_path(events: Iterable[Event], *, submitted: bool = False) -> None:
    path = Path(submitted=submitted)
    for event in events:
        path.take(event)
