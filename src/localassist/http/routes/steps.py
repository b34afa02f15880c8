"""/threads/{thread_id}/runs/{run_id}/steps"""

from fastapi import APIRouter, Response

from localassist.http.bodies import EngineOf
from localassist.http.query import IncludeContent, PageOf, without_result_content
from localassist.http.responses import envelope, json_response
from localassist.http.versions import ViewOf

router = APIRouter(prefix="/threads/{thread_id}/runs/{run_id}/steps")


@router.get("")
def list_page(
    thread_id: str, run_id: str, *, engine: EngineOf, page: PageOf, include: IncludeContent, view: ViewOf
) -> Response:
    found = engine.runs.steps(thread_id, run_id, page)
    steps = [view.write(step) for step in found.items]
    return envelope(steps if include else [without_result_content(step) for step in steps], has_more=found.has_more)


@router.get("/{step_id}")
def retrieve(
    thread_id: str, run_id: str, step_id: str, *, engine: EngineOf, include: IncludeContent, view: ViewOf
) -> Response:
    step = view.write(engine.runs.step(thread_id, run_id, step_id))
    return json_response(step if include else without_result_content(step))
