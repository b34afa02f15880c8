"""Extensions: what there is, across threads. GET /threads, /runs and /runs/{run_id}; the contract has none of them."""

from fastapi import APIRouter, Response

from localassist.errors import InvalidRequest
from localassist.http.bodies import EngineOf
from localassist.http.query import PageOf, QueryOf
from localassist.http.responses import list_response, object_response
from localassist.http.versions import ViewOf
from localassist.objects.events import LAST_STATUSES

router = APIRouter()

STATUSES = ("queued", "in_progress", "cancelling", *LAST_STATUSES)


@router.get("/threads")
def list_threads(engine: EngineOf, page: PageOf, query: QueryOf, view: ViewOf) -> Response:
    return list_response(engine.threads.page(page, search=query.one("search")), view.write)


@router.get("/runs")
def list_runs(engine: EngineOf, page: PageOf, query: QueryOf, view: ViewOf) -> Response:
    statuses = query.many("status")
    for status in statuses:
        if status not in STATUSES:
            raise InvalidRequest(
                f"Invalid value: '{status}'. Supported values are: {', '.join(map(repr, STATUSES))}.",
                param="status",
                code="invalid_value",
            )
    return list_response(engine.runs.page_of_all(page, statuses=statuses), view.write)


@router.get("/runs/{run_id}")
def retrieve_run(engine: EngineOf, run_id: str, view: ViewOf) -> Response:
    return object_response(engine.runs.find(run_id), view.write)
