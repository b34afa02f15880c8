"""/threads"""

from fastapi import APIRouter, Response

from localassist.http.bodies import Body, EngineOf
from localassist.http.responses import deleted_response, object_response
from localassist.http.versions import ViewOf
from localassist.objects.threads import CreateThread, ModifyThread

router = APIRouter()


@router.post("/threads")
def create(engine: EngineOf, body: Body, view: ViewOf) -> Response:
    return object_response(engine.threads.create(view.read(CreateThread, body)), view.write)


@router.get("/threads/{thread_id}")
def retrieve(engine: EngineOf, thread_id: str, view: ViewOf) -> Response:
    return object_response(engine.threads.get(thread_id), view.write)


@router.post("/threads/{thread_id}")
def modify(engine: EngineOf, thread_id: str, body: Body, view: ViewOf) -> Response:
    return object_response(engine.threads.modify(thread_id, view.read(ModifyThread, body)), view.write)


@router.delete("/threads/{thread_id}")
def delete(engine: EngineOf, thread_id: str) -> Response:
    return deleted_response(engine.threads.delete(thread_id))
