"""/assistants"""

from fastapi import APIRouter, Response

from localassist.http.bodies import Body, EngineOf
from localassist.http.query import PageOf
from localassist.http.responses import deleted_response, list_response, object_response
from localassist.objects.assistants import CreateAssistant, ModifyAssistant
from localassist.objects.faults import parse_body

router = APIRouter()


@router.post("/assistants")
def create(engine: EngineOf, body: Body) -> Response:
    return object_response(engine.assistants.create(parse_body(CreateAssistant, body)))


@router.get("/assistants")
def list_page(engine: EngineOf, page: PageOf) -> Response:
    return list_response(engine.assistants.page(page))


@router.get("/assistants/{assistant_id}")
def retrieve(engine: EngineOf, assistant_id: str) -> Response:
    return object_response(engine.assistants.get(assistant_id))


@router.post("/assistants/{assistant_id}")
def modify(engine: EngineOf, assistant_id: str, body: Body) -> Response:
    return object_response(engine.assistants.modify(assistant_id, parse_body(ModifyAssistant, body)))


@router.delete("/assistants/{assistant_id}")
def delete(engine: EngineOf, assistant_id: str) -> Response:
    return deleted_response(engine.assistants.delete(assistant_id))
