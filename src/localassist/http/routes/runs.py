"""/threads/runs and /threads/{thread_id}/runs: an object, or the stream of its events."""

from fastapi import APIRouter, Request, Response

from localassist.engine import Engine
from localassist.http.bodies import Body, EngineOf
from localassist.http.query import IncludeContent, PageOf
from localassist.http.responses import list_response, object_response
from localassist.http.sse import EventStream, RunFrames
from localassist.http.versions import ViewOf
from localassist.http.view import View
from localassist.objects.run_bodies import CreateRun, CreateThreadAndRun, ModifyRun, SubmitToolOutputs
from localassist.objects.runs import Run

router = APIRouter()


def _stream(
    request: Request, engine: Engine, run: Run, view: View, *, position: int, include_content: bool = False
) -> Response:
    """The run's events from where this request's own begin."""
    write = view.event_writer(run)
    frames = RunFrames(engine.bus, run.id, after=position, include_content=include_content, write=write)
    return EventStream(frames, request.app.state.streams, keep_alive_s=engine.config.keep_alive_s)


@router.post("/threads/runs")
def create_with_thread(request: Request, engine: EngineOf, body: Body, view: ViewOf) -> Response:
    wanted = view.read(CreateThreadAndRun, body)
    started = engine.runs.create_with_thread(wanted)
    if wanted.stream:
        return _stream(request, engine, started.run, view, position=started.position)
    return object_response(started.run, view.write)


@router.post("/threads/{thread_id}/runs")
def create(
    thread_id: str, *, request: Request, engine: EngineOf, body: Body, include: IncludeContent, view: ViewOf
) -> Response:
    wanted = view.read(CreateRun, body)
    started = engine.runs.create(thread_id, wanted)
    if wanted.stream:
        return _stream(request, engine, started.run, view, position=started.position, include_content=include)
    return object_response(started.run, view.write)


@router.get("/threads/{thread_id}/runs")
def list_page(engine: EngineOf, thread_id: str, page: PageOf, view: ViewOf) -> Response:
    return list_response(engine.runs.page(thread_id, page), view.write)


@router.get("/threads/{thread_id}/runs/{run_id}")
def retrieve(engine: EngineOf, thread_id: str, run_id: str, view: ViewOf) -> Response:
    return object_response(engine.runs.get(thread_id, run_id), view.write)


@router.post("/threads/{thread_id}/runs/{run_id}")
def modify(engine: EngineOf, thread_id: str, run_id: str, body: Body, view: ViewOf) -> Response:
    return object_response(engine.runs.modify(thread_id, run_id, view.read(ModifyRun, body)), view.write)


@router.post("/threads/{thread_id}/runs/{run_id}/cancel")
def cancel(engine: EngineOf, thread_id: str, run_id: str, view: ViewOf) -> Response:
    return object_response(engine.runs.cancel(thread_id, run_id), view.write)


@router.post("/threads/{thread_id}/runs/{run_id}/submit_tool_outputs")
def submit(
    thread_id: str,
    run_id: str,
    *,
    request: Request,
    engine: EngineOf,
    body: Body,
    include: IncludeContent,
    view: ViewOf,
) -> Response:
    wanted = view.read(SubmitToolOutputs, body)
    started = engine.runs.submit(thread_id, run_id, wanted)
    if wanted.stream:
        return _stream(request, engine, started.run, view, position=started.position, include_content=include)
    return object_response(started.run, view.write)
