"""/assistants/{id}/files and /threads/{id}/messages/{id}/files, of the first version of the API alone."""

from typing import Any

from fastapi import APIRouter, Response

from localassist.http.bodies import Body, EngineOf
from localassist.http.query import PageOf
from localassist.http.responses import deleted_response, envelope, json_response
from localassist.http.versions import ONLY_IN_V1
from localassist.objects.faults import parse_body
from localassist.objects.v1 import CreateAssistantFile
from localassist.protocols import Slice

router = APIRouter(dependencies=[ONLY_IN_V1])


@router.post("/assistants/{assistant_id}/files")
def attach(engine: EngineOf, assistant_id: str, body: Body) -> Response:
    attached = engine.assistant_files.add(assistant_id, parse_body(CreateAssistantFile, body))
    return json_response(attached.model_dump(mode="json"))


@router.get("/assistants/{assistant_id}/files")
def list_of_assistant(engine: EngineOf, assistant_id: str, page: PageOf) -> Response:
    return _listed(engine.assistant_files.page(assistant_id, page))


@router.get("/assistants/{assistant_id}/files/{file_id}")
def retrieve_of_assistant(engine: EngineOf, assistant_id: str, file_id: str) -> Response:
    return json_response(engine.assistant_files.get(assistant_id, file_id).model_dump(mode="json"))


@router.delete("/assistants/{assistant_id}/files/{file_id}")
def detach(engine: EngineOf, assistant_id: str, file_id: str) -> Response:
    return deleted_response(engine.assistant_files.remove(assistant_id, file_id))


@router.get("/threads/{thread_id}/messages/{message_id}/files")
def list_of_message(engine: EngineOf, thread_id: str, message_id: str, page: PageOf) -> Response:
    return _listed(engine.message_files.page(thread_id, message_id, page))


@router.get("/threads/{thread_id}/messages/{message_id}/files/{file_id}")
def retrieve_of_message(engine: EngineOf, thread_id: str, message_id: str, file_id: str) -> Response:
    return json_response(engine.message_files.get(thread_id, message_id, file_id).model_dump(mode="json"))


def _listed(page: Slice[Any]) -> Response:
    return envelope([file.model_dump(mode="json") for file in page.items], has_more=page.has_more)
