"""Judges passages with a cross-encoder from a directory of the user's: slow (a second or more), and good."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from localassist.errors import MissingExtra, RetrievalFailed

_BATCH = 8


class CrossEncoderReranker:
    """A `Reranker`, loaded at its first use with sentence-transformers. Raises RetrievalFailed."""

    def __init__(self, directory: Path) -> None:
        if not directory.is_dir():
            raise RetrievalFailed(
                f"There is no reranker in {directory}. Set reranker_model to the directory of a cross-encoder, or "
                "leave it unset."
            )
        self._directory = directory
        self._lock = threading.Lock()
        self._model: Any = None

    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        with self._lock:
            if self._model is None:
                self._model = self._loaded()
            pairs = [(query, passage) for passage in passages]
            marks = self._model.predict(pairs, batch_size=_BATCH, show_progress_bar=False)
        return [float(mark) for mark in marks]

    def close(self) -> None:
        self._model = None

    def _loaded(self) -> Any:
        try:
            import torch
            from sentence_transformers import CrossEncoder
            from transformers.utils import logging
        except ImportError as exc:
            raise MissingExtra.of("A reranker", "retrieval") from exc
        logging.disable_progress_bar()
        try:
            return CrossEncoder(
                str(self._directory),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                num_labels=1,
                activation_fn=torch.nn.Sigmoid(),
            )
        except (OSError, ValueError, RuntimeError, KeyError) as exc:
            raise RetrievalFailed(
                f"The reranker in {self._directory} cannot be loaded: {exc}. It must be a cross-encoder with one "
                "output, as sentence-transformers saves it."
            ) from exc
