"""/assistants"""

from fastapi import APIRouter, Response

from localassist.http.bodies import Body, EngineOf
from localassist.http.query import PageOf
from localassist.http.responses import deleted_response, list_response, object_response
from localassist.http.versions import ViewOf

router = APIRouter()


@router.post("/assistants")
def create(body: Body, view: ViewOf) -> Response:
    return object_response(view.create_assistant(body), view.write)


@router.get("/assistants")
def list_page(engine: EngineOf, page: PageOf, view: ViewOf) -> Response:
    return list_response(engine.assistants.page(page), view.write)


@router.get("/assistants/{assistant_id}")
def retrieve(engine: EngineOf, assistant_id: str, view: ViewOf) -> Response:
    return object_response(engine.assistants.get(assistant_id), view.write)


@router.post("/assistants/{assistant_id}")
def modify(assistant_id: str, body: Body, view: ViewOf) -> Response:
    return object_response(view.modify_assistant(assistant_id, body), view.write)


@router.delete("/assistants/{assistant_id}")
def delete(assistant_id: str, view: ViewOf) -> Response:
    return deleted_response(view.delete_assistant(assistant_id))
