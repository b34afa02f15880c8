"""/embeddings"""

from fastapi import APIRouter, Response

from localassist.http.bodies import Body, EngineOf
from localassist.http.responses import json_response
from localassist.objects.chat import EmbeddingBody
from localassist.objects.faults import parse_body

router = APIRouter()


@router.post("/embeddings")
def create(engine: EngineOf, body: Body) -> Response:
    return json_response(engine.embeddings.create(parse_body(EmbeddingBody, body)))
