"""Extensions: the index of file search. GET /index compares it with what is stored, POST /index/rebuild remakes it."""

from collections.abc import Sequence
from dataclasses import asdict

from fastapi import APIRouter, Response

from localassist.http.bodies import EngineOf
from localassist.http.responses import json_response
from localassist.protocols import IndexFinding

router = APIRouter(prefix="/index")


@router.get("")
def verify(engine: EngineOf) -> Response:
    return _response(engine.store_search.verify_index())


@router.post("/rebuild")
def rebuild(engine: EngineOf) -> Response:
    return _response(engine.store_search.rebuild_index())


def _response(findings: Sequence[IndexFinding]) -> Response:
    return json_response({"object": "list", "data": [asdict(finding) for finding in findings]})
