"""/vector_stores"""

from fastapi import APIRouter, Response

from localassist.http.bodies import Body, EngineOf
from localassist.http.query import PageOf
from localassist.http.responses import deleted_response, json_response, list_response, object_response
from localassist.objects.faults import parse_body
from localassist.objects.store_search import SearchBody
from localassist.objects.vector_stores import CreateVectorStore, ModifyVectorStore

router = APIRouter(prefix="/vector_stores")


@router.post("")
def create(engine: EngineOf, body: Body) -> Response:
    return object_response(engine.vector_stores.create(parse_body(CreateVectorStore, body)))


@router.get("")
def list_page(engine: EngineOf, page: PageOf) -> Response:
    return list_response(engine.vector_stores.page(page))


@router.get("/{vector_store_id}")
def retrieve(engine: EngineOf, vector_store_id: str) -> Response:
    return object_response(engine.vector_stores.get(vector_store_id))


@router.post("/{vector_store_id}")
def modify(engine: EngineOf, vector_store_id: str, body: Body) -> Response:
    return object_response(engine.vector_stores.modify(vector_store_id, parse_body(ModifyVectorStore, body)))


@router.delete("/{vector_store_id}")
def delete(engine: EngineOf, vector_store_id: str) -> Response:
    return deleted_response(engine.vector_stores.delete(vector_store_id))


@router.post("/{vector_store_id}/search")
def search(engine: EngineOf, vector_store_id: str, body: Body) -> Response:
    found = engine.store_search.search(vector_store_id, parse_body(SearchBody, body))
    return json_response(found.model_dump(mode="json"))
