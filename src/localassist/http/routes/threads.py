"""/threads"""

from fastapi import APIRouter, Response

from localassist.http.bodies import Body, EngineOf
from localassist.http.responses import deleted_response, object_response
from localassist.objects.faults import parse_body
from localassist.objects.threads import CreateThread, ModifyThread

router = APIRouter()


@router.post("/threads")
def create(engine: EngineOf, body: Body) -> Response:
    return object_response(engine.threads.create(parse_body(CreateThread, body)))


@router.get("/threads/{thread_id}")
def retrieve(engine: EngineOf, thread_id: str) -> Response:
    return object_response(engine.threads.get(thread_id))


@router.post("/threads/{thread_id}")
def modify(engine: EngineOf, thread_id: str, body: Body) -> Response:
    return object_response(engine.threads.modify(thread_id, parse_body(ModifyThread, body)))


@router.delete("/threads/{thread_id}")
def delete(engine: EngineOf, thread_id: str) -> Response:
    return deleted_response(engine.threads.delete(thread_id))
