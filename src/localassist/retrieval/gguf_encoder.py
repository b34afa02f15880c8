"""Runs a GGUF embedding model, which another part of localassist has loaded."""

from array import array
from collections.abc import Sequence

import numpy as np

from localassist.protocols import EmbeddingModel
from localassist.retrieval import tokens
from localassist.retrieval.languages import Reading, num_visible
from localassist.retrieval.vectors import Vectors, normalised

_SHRINK = 0.9  # how far a text that is too long is cut at a time, beyond its proportion


class GgufTokens:
    """The model tells how many tokens a text has, not where they begin, so windows are cut by the fixed tokens."""

    def __init__(self, model: EmbeddingModel) -> None:
        self._model = model
        self.max_tokens = model.max_tokens

    def starts(self, text: str) -> Sequence[int]:
        return array("q", tokens.token_starts(text))

    def reading(self, text: str) -> Reading:
        return Reading(num_visible(text), *self._model.count_tokens(text))


class GgufEncoder:
    """An `Encoder` over an `EmbeddingModel`."""

    def __init__(self, model: EmbeddingModel) -> None:
        self._model = model
        self.tokens = GgufTokens(model)

    def encode(self, texts: Sequence[str], *, is_query: bool = False) -> Vectors:
        """Vectors of length 1; the model makes no difference between queries and others."""
        vectors, _ = self._model.embed([self._fitted(text) for text in texts])
        return normalised(np.asarray(vectors, np.float32))

    def _fitted(self, text: str) -> str:
        """As much of a text as the model reads."""
        while (num_tokens := self._model.count_tokens(text).total) > self._model.max_tokens:
            text = text[: int(len(text) * self._model.max_tokens / num_tokens * _SHRINK)]
        return text

    def close(self) -> None:
        """The model belongs to whoever opened it."""
