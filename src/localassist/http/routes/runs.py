"""/threads/runs and /threads/{thread_id}/runs: an object, or the stream of its events."""

from fastapi import APIRouter, Request, Response

from localassist.engine import Engine
from localassist.http.bodies import Body, EngineOf
from localassist.http.query import IncludeContent, PageOf
from localassist.http.responses import list_response, object_response
from localassist.http.sse import EventStream, RunFrames
from localassist.objects.faults import parse_body
from localassist.objects.run_bodies import CreateRun, CreateThreadAndRun, ModifyRun, SubmitToolOutputs

router = APIRouter()


def _stream(request: Request, engine: Engine, run_id: str, *, position: int, include_content: bool = False) -> Response:
    """The run's events from where this request's own begin."""
    frames = RunFrames(engine.bus, run_id, after=position, include_content=include_content)
    return EventStream(frames, request.app.state.streams, keep_alive_s=engine.config.keep_alive_s)


@router.post("/threads/runs")
def create_with_thread(request: Request, engine: EngineOf, body: Body) -> Response:
    wanted = parse_body(CreateThreadAndRun, body)
    started = engine.runs.create_with_thread(wanted)
    if wanted.stream:
        return _stream(request, engine, started.run.id, position=started.position)
    return object_response(started.run)


@router.post("/threads/{thread_id}/runs")
def create(request: Request, engine: EngineOf, thread_id: str, body: Body, include: IncludeContent) -> Response:
    wanted = parse_body(CreateRun, body)
    started = engine.runs.create(thread_id, wanted)
    if wanted.stream:
        return _stream(request, engine, started.run.id, position=started.position, include_content=include)
    return object_response(started.run)


@router.get("/threads/{thread_id}/runs")
def list_page(engine: EngineOf, thread_id: str, page: PageOf) -> Response:
    return list_response(engine.runs.page(thread_id, page))


@router.get("/threads/{thread_id}/runs/{run_id}")
def retrieve(engine: EngineOf, thread_id: str, run_id: str) -> Response:
    return object_response(engine.runs.get(thread_id, run_id))


@router.post("/threads/{thread_id}/runs/{run_id}")
def modify(engine: EngineOf, thread_id: str, run_id: str, body: Body) -> Response:
    return object_response(engine.runs.modify(thread_id, run_id, parse_body(ModifyRun, body)))


@router.post("/threads/{thread_id}/runs/{run_id}/cancel")
def cancel(engine: EngineOf, thread_id: str, run_id: str) -> Response:
    return object_response(engine.runs.cancel(thread_id, run_id))


@router.post("/threads/{thread_id}/runs/{run_id}/submit_tool_outputs")
def submit(
    thread_id: str, run_id: str, *, request: Request, engine: EngineOf, body: Body, include: IncludeContent
) -> Response:
    wanted = parse_body(SubmitToolOutputs, body)
    started = engine.runs.submit(thread_id, run_id, wanted)
    if wanted.stream:
        return _stream(request, engine, started.run.id, position=started.position, include_content=include)
    return object_response(started.run)
