"""/vector_stores/{id}/files and /vector_stores/{id}/file_batches"""

from fastapi import APIRouter, Response

from localassist.http.bodies import Body, EngineOf
from localassist.http.query import PageOf, QueryOf
from localassist.http.responses import deleted_response, json_response, list_response, object_response
from localassist.objects.faults import parse_body
from localassist.objects.vector_stores import CreateFileBatch, CreateStoreFile, ModifyStoreFile

router = APIRouter(prefix="/vector_stores/{vector_store_id}")

# Old samples say `files_batches`.
BATCHES = ("/file_batches", "/files_batches")


@router.post("/files")
def add(engine: EngineOf, vector_store_id: str, body: Body) -> Response:
    return object_response(engine.store_files.add(vector_store_id, parse_body(CreateStoreFile, body)))


@router.get("/files")
def list_page(engine: EngineOf, vector_store_id: str, page: PageOf, query: QueryOf) -> Response:
    return list_response(engine.store_files.page(vector_store_id, page, status=query.one("filter")))


@router.get("/files/{file_id}")
def retrieve(engine: EngineOf, vector_store_id: str, file_id: str) -> Response:
    return object_response(engine.store_files.get(vector_store_id, file_id))


@router.post("/files/{file_id}")
def modify(engine: EngineOf, vector_store_id: str, file_id: str, body: Body) -> Response:
    return object_response(engine.store_files.modify(vector_store_id, file_id, parse_body(ModifyStoreFile, body)))


@router.delete("/files/{file_id}")
def remove(engine: EngineOf, vector_store_id: str, file_id: str) -> Response:
    return deleted_response(engine.store_files.remove(vector_store_id, file_id))


@router.get("/files/{file_id}/content")
def content(engine: EngineOf, vector_store_id: str, file_id: str) -> Response:
    return json_response(engine.store_files.content(vector_store_id, file_id).model_dump(mode="json"))


def create_batch(engine: EngineOf, vector_store_id: str, body: Body) -> Response:
    return object_response(engine.file_batches.create(vector_store_id, parse_body(CreateFileBatch, body)))


def retrieve_batch(engine: EngineOf, vector_store_id: str, batch_id: str) -> Response:
    return object_response(engine.file_batches.get(vector_store_id, batch_id))


def cancel_batch(engine: EngineOf, vector_store_id: str, batch_id: str) -> Response:
    return object_response(engine.file_batches.cancel(vector_store_id, batch_id))


def list_batch(engine: EngineOf, vector_store_id: str, batch_id: str, page: PageOf, query: QueryOf) -> Response:
    return list_response(engine.file_batches.files(vector_store_id, batch_id, page, status=query.one("filter")))


for batches in BATCHES:
    router.post(batches)(create_batch)
    router.get(f"{batches}/{{batch_id}}")(retrieve_batch)
    router.post(f"{batches}/{{batch_id}}/cancel")(cancel_batch)
    router.get(f"{batches}/{{batch_id}}/files")(list_batch)
