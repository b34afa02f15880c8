"""/threads/{thread_id}/runs/{run_id}/steps"""

from fastapi import APIRouter, Response

from localassist.http.bodies import EngineOf
from localassist.http.query import IncludeContent, PageOf, without_result_content
from localassist.http.responses import envelope, json_response

router = APIRouter(prefix="/threads/{thread_id}/runs/{run_id}/steps")


@router.get("")
def list_page(engine: EngineOf, thread_id: str, run_id: str, page: PageOf, include: IncludeContent) -> Response:
    found = engine.runs.steps(thread_id, run_id, page)
    steps = [step.wire() for step in found.items]
    return envelope(steps if include else [without_result_content(step) for step in steps], has_more=found.has_more)


@router.get("/{step_id}")
def retrieve(engine: EngineOf, thread_id: str, run_id: str, step_id: str, include: IncludeContent) -> Response:
    step = engine.runs.step(thread_id, run_id, step_id).wire()
    return json_response(step if include else without_result_content(step))
