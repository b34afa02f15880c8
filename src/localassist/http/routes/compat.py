"""An extension: GET /_compat says what of the contract is honoured, parameter by parameter."""

from fastapi import APIRouter, Response

from localassist.http.compatibility.table import report
from localassist.http.responses import json_response

router = APIRouter(prefix="/_compat")


@router.get("")
def retrieve() -> Response:
    return json_response(report())
