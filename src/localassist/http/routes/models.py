"""/models"""

from fastapi import APIRouter, Response

from localassist.errors import InvalidRequest
from localassist.http.bodies import EngineOf
from localassist.http.responses import json_response

router = APIRouter(prefix="/models")


@router.get("")
def list_all(engine: EngineOf) -> Response:
    return json_response({"object": "list", "data": [model.model_dump(mode="json") for model in engine.models.page()]})


@router.get("/{model_id:path}")
def retrieve(engine: EngineOf, model_id: str) -> Response:
    return json_response(engine.models.get(model_id).model_dump(mode="json"))


@router.delete("/{model_id:path}")
def delete(engine: EngineOf, model_id: str) -> Response:
    model = engine.models.get(model_id)
    raise InvalidRequest(f"The model '{model.id}' cannot be deleted over the API.", param="model")
