"""/files"""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, BinaryIO
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import StreamingResponse

from localassist.errors import InvalidRequest
from localassist.http.bodies import EngineOf
from localassist.http.forms import Form, read_form
from localassist.http.query import FilesPageOf, QueryOf
from localassist.http.responses import deleted_response, list_response, object_response
from localassist.objects.base import RequestBody
from localassist.objects.faults import validate
from localassist.objects.files import UPLOAD_PURPOSES, FileExpiry

router = APIRouter(prefix="/files")

_BLOCK_BYTES = 256 * 1024


class ExpiryFields(RequestBody):
    """The nested fields of the form, for validation."""

    expires_after: FileExpiry | None = None


async def form_of(request: Request) -> AsyncIterator[Form]:
    async with read_form(request, file_field="file") as form:
        yield form


@router.post("")
def create(engine: EngineOf, form: Annotated[Form, Depends(form_of)]) -> Response:
    source, purpose = form.file, form.fields.get("purpose")
    for name, value in (("file", source), ("purpose", purpose)):
        if value is None:
            raise InvalidRequest(
                f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter"
            )
    assert source is not None
    assert purpose is not None
    if purpose not in UPLOAD_PURPOSES:
        raise InvalidRequest(f"'{purpose}' is not one of {list(UPLOAD_PURPOSES)} - 'purpose'", param="purpose")
    expires_after = _expiry(form.fields)
    return object_response(
        engine.files.create(filename=form.filename, purpose=purpose, source=source, expires_after=expires_after)
    )


def _expiry(fields: dict[str, str]) -> FileExpiry | None:
    """`expires_after[anchor]` and `expires_after[seconds]`."""
    given = {
        key: int(fields[name]) if key == "seconds" and fields[name].isdecimal() else fields[name]
        for key in ("anchor", "seconds")
        if (name := f"expires_after[{key}]") in fields
    }
    return validate(ExpiryFields, {"expires_after": given}).expires_after if given else None


@router.get("")
def list_page(engine: EngineOf, page: FilesPageOf, query: QueryOf) -> Response:
    return list_response(engine.files.page(page, purpose=query.one("purpose")))


@router.get("/{file_id}")
def retrieve(engine: EngineOf, file_id: str) -> Response:
    return object_response(engine.files.get(file_id))


@router.delete("/{file_id}")
def delete(engine: EngineOf, file_id: str) -> Response:
    return deleted_response(engine.files.delete(file_id))


@router.get("/{file_id}/content")
def content(engine: EngineOf, file_id: str) -> Response:
    file, source = engine.files.open_content(file_id)
    headers = {"content-length": str(file.bytes), "content-disposition": content_disposition(file.filename)}
    return StreamingResponse(blocks(source), headers=headers, media_type="application/octet-stream")


def blocks(source: BinaryIO) -> Iterator[bytes]:
    with source:
        while block := source.read(_BLOCK_BYTES):
            yield block


def content_disposition(filename: str) -> str:
    """A header that no file name can break out of, with the exact name beside a plain one."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\/%;' else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='', errors='replace')}"
