"""/threads/{thread_id}/messages"""

from fastapi import APIRouter, Response

from localassist.http.bodies import Body, EngineOf
from localassist.http.query import PageOf, QueryOf
from localassist.http.responses import deleted_response, list_response, object_response
from localassist.objects.faults import parse_body
from localassist.objects.threads import CreateMessage, ModifyMessage

router = APIRouter(prefix="/threads/{thread_id}/messages")


@router.post("")
def create(engine: EngineOf, thread_id: str, body: Body) -> Response:
    return object_response(engine.messages.create(thread_id, parse_body(CreateMessage, body)))


@router.get("")
def list_page(engine: EngineOf, thread_id: str, page: PageOf, query: QueryOf) -> Response:
    return list_response(engine.messages.page(thread_id, page, run_id=query.one("run_id")))


@router.get("/{message_id}")
def retrieve(engine: EngineOf, thread_id: str, message_id: str) -> Response:
    return object_response(engine.messages.get(thread_id, message_id))


@router.post("/{message_id}")
def modify(engine: EngineOf, thread_id: str, message_id: str, body: Body) -> Response:
    return object_response(engine.messages.modify(thread_id, message_id, parse_body(ModifyMessage, body)))


@router.delete("/{message_id}")
def delete(engine: EngineOf, thread_id: str, message_id: str) -> Response:
    return deleted_response(engine.messages.delete(thread_id, message_id))
