"""Embeddings from a configured embedding model."""

import base64
from array import array
from collections.abc import Callable, Sequence
from typing import Any

from localassist.errors import InvalidRequest
from localassist.objects.chat import EmbeddingBody
from localassist.protocols import EmbeddingModel

MAX_INPUTS = 2048


class EmbeddingService:
    """`open_model` loads the embedding model at first use; None where none is configured."""

    def __init__(self, open_model: Callable[[], EmbeddingModel] | None) -> None:
        self._open_model = open_model

    def create(self, body: EmbeddingBody) -> dict[str, Any]:
        if self._open_model is None:
            raise InvalidRequest(
                "No embedding model is set. Start localassist with embedding_model set to a GGUF embedding model.",
                param="model",
                code="model_not_found",
            )
        texts = _texts(body.input)
        model = self._open_model()
        vectors, num_tokens = model.embed(texts)
        if body.dimensions is not None and vectors and body.dimensions > len(vectors[0]):
            raise InvalidRequest(
                f"Invalid 'dimensions': integer above maximum value. Expected a value <= {len(vectors[0])}, "
                f"but got {body.dimensions} instead.",
                param="dimensions",
                code="integer_above_max_value",
            )
        data = [
            {"object": "embedding", "index": index, "embedding": _encoded(_shortened(vector, body.dimensions), body)}
            for index, vector in enumerate(vectors)
        ]
        usage = {"prompt_tokens": num_tokens, "total_tokens": num_tokens}
        return {"object": "list", "data": data, "model": body.model, "usage": usage}


def _texts(given: Any) -> list[str]:
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InvalidRequest(
            "Invalid type for 'input': expected one of a string or array of strings.",
            param="input",
            code="invalid_type",
        )
    if not texts or not all(texts):
        raise InvalidRequest("Invalid 'input': neither the array nor a string in it can be empty.", param="input")
    if len(texts) > MAX_INPUTS:
        raise InvalidRequest(
            f"Invalid 'input': array too long. Expected an array with maximum length {MAX_INPUTS}, "
            f"but got an array with length {len(texts)} instead.",
            param="input",
            code="array_above_max_length",
        )
    return texts


def _shortened(vector: Sequence[float], dimensions: int | None) -> Sequence[float]:
    """The first dimensions, normalised again."""
    if dimensions is None:
        return vector
    kept = vector[:dimensions]
    norm = sum(value * value for value in kept) ** 0.5 or 1.0
    return [value / norm for value in kept]


def _encoded(vector: Sequence[float], body: EmbeddingBody) -> list[float] | str:
    if body.encoding_format == "base64":
        return base64.b64encode(array("f", vector).tobytes()).decode("ascii")
    return list(vector)
