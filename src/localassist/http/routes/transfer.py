"""Extensions for moving in and out: objects under their own ids, and the bytes of any file."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.responses import StreamingResponse

from localassist.errors import InvalidRequest
from localassist.http.bodies import Body, EngineOf
from localassist.http.forms import Form
from localassist.http.query import QueryOf
from localassist.http.responses import json_response, object_response
from localassist.http.routes.files import blocks, content_disposition, form_of
from localassist.objects.faults import load_json

router = APIRouter(prefix="/_transfer")


@router.post("/objects")
def take(engine: EngineOf, body: Body, query: QueryOf) -> Response:
    given = load_json(body)
    if not isinstance(given, dict):
        raise InvalidRequest("Expected an object with 'objects' and 'threads'.")
    return json_response(engine.imports.take(given, dry_run=query.one("dry_run") == "true").wire())


@router.post("/files/{file_id}")
def take_bytes(engine: EngineOf, file_id: str, form: Annotated[Form, Depends(form_of)]) -> Response:
    if form.file is None:
        raise InvalidRequest("Missing required parameter: 'file'.", param="file", code="missing_required_parameter")
    return object_response(engine.imports.take_bytes(file_id, filename=form.filename, source=form.file))


@router.get("/files/{file_id}")
def give_bytes(engine: EngineOf, file_id: str) -> Response:
    file, source = engine.imports.open_bytes(file_id)
    headers = {"content-length": str(file.bytes), "content-disposition": content_disposition(file.filename)}
    return StreamingResponse(blocks(source), headers=headers, media_type="application/octet-stream")
