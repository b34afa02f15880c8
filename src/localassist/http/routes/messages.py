"""/threads/{thread_id}/messages"""

from fastapi import APIRouter, Response

from localassist.http.bodies import Body, EngineOf
from localassist.http.query import PageOf, QueryOf
from localassist.http.responses import deleted_response, list_response, object_response
from localassist.http.versions import ViewOf
from localassist.objects.threads import CreateMessage, ModifyMessage

router = APIRouter(prefix="/threads/{thread_id}/messages")


@router.post("")
def create(engine: EngineOf, thread_id: str, body: Body, view: ViewOf) -> Response:
    return object_response(engine.messages.create(thread_id, view.read(CreateMessage, body)), view.write)


@router.get("")
def list_page(engine: EngineOf, thread_id: str, page: PageOf, query: QueryOf, view: ViewOf) -> Response:
    return list_response(engine.messages.page(thread_id, page, run_id=query.one("run_id")), view.write)


@router.get("/{message_id}")
def retrieve(engine: EngineOf, thread_id: str, message_id: str, view: ViewOf) -> Response:
    return object_response(engine.messages.get(thread_id, message_id), view.write)


@router.post("/{message_id}")
def modify(engine: EngineOf, thread_id: str, message_id: str, body: Body, view: ViewOf) -> Response:
    return object_response(engine.messages.modify(thread_id, message_id, view.read(ModifyMessage, body)), view.write)


@router.delete("/{message_id}")
def delete(engine: EngineOf, thread_id: str, message_id: str) -> Response:
    return deleted_response(engine.messages.delete(thread_id, message_id))
