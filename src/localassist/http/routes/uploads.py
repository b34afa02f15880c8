"""/uploads"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from localassist.errors import InvalidRequest
from localassist.http.bodies import Body, EngineOf
from localassist.http.forms import Form, read_form
from localassist.http.responses import object_response
from localassist.objects.faults import parse_body
from localassist.objects.files import CompleteUpload, CreateUpload

router = APIRouter(prefix="/uploads")


async def _form_of(request: Request) -> AsyncIterator[Form]:
    async with read_form(request, file_field="data") as form:
        yield form


@router.post("")
def create(engine: EngineOf, body: Body) -> Response:
    return object_response(engine.uploads.create(parse_body(CreateUpload, body)))


@router.post("/{upload_id}/parts")
def add_part(engine: EngineOf, upload_id: str, form: Annotated[Form, Depends(_form_of)]) -> Response:
    if form.file is None:
        raise InvalidRequest("Missing required parameter: 'data'.", param="data", code="missing_required_parameter")
    return object_response(engine.uploads.add_part(upload_id, form.file))


@router.post("/{upload_id}/complete")
def complete(engine: EngineOf, upload_id: str, body: Body) -> Response:
    return object_response(engine.uploads.complete(upload_id, parse_body(CompleteUpload, body)))


@router.post("/{upload_id}/cancel")
def cancel(engine: EngineOf, upload_id: str) -> Response:
    return object_response(engine.uploads.cancel(upload_id))
