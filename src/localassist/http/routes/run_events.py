"""An extension: GET /threads/{thread_id}/runs/{run_id}/events, a run's events from the first, then as they come.

Other than the stream of the request that made the run, it goes on over `requires_action` until the run has ended.
"""

from fastapi import APIRouter, Request, Response

from localassist.http.bodies import EngineOf
from localassist.http.query import IncludeContent
from localassist.http.sse import DONE, EventStream, RunFrames, Wakeup, frame
from localassist.http.versions import ViewOf
from localassist.http.view import View
from localassist.objects.events import LAST_STATUSES
from localassist.objects.runs import Run

router = APIRouter()

ENDED = frozenset(LAST_STATUSES) - {"requires_action"}
LAST_EVENTS = frozenset(f"thread.run.{status}" for status in ENDED)


class WholeRunFrames(RunFrames):
    """All events of a run. One that began before this engine did has none: its present state stands for them."""

    last_events = LAST_EVENTS


class StateFrames:
    """The end of a run whose events are gone."""

    def __init__(self, run: Run, view: View) -> None:
        self._status = run.status
        self._data = view.write(run)

    def open(self, wakeup: Wakeup) -> None:
        """There is nothing to wait for."""

    def take(self) -> tuple[bytes, bool]:
        return frame(f"thread.run.{self._status}", self._data) + DONE, True

    def close(self) -> None:
        """There is nothing to release."""


@router.get("/threads/{thread_id}/runs/{run_id}/events")
def follow(
    thread_id: str, run_id: str, *, request: Request, engine: EngineOf, include: IncludeContent, view: ViewOf
) -> Response:
    run = engine.runs.get(thread_id, run_id)
    frames: StateFrames | WholeRunFrames
    if run.status in ENDED and engine.bus.position(run.id) == 0:
        frames = StateFrames(run, view)
    else:
        write = view.event_writer(run)
        frames = WholeRunFrames(engine.bus, run.id, after=0, include_content=include, write=write)
    return EventStream(frames, request.app.state.streams, keep_alive_s=engine.config.keep_alive_s)
