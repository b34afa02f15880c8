"""Runs an embedding model from a directory with sentence-transformers."""

import threading
from collections.abc import Sequence
from pathlib import Path

from localassist.errors import MissingExtra, RetrievalFailed
from localassist.retrieval.model_tokens import ModelTokens
from localassist.retrieval.vectors import Vectors, normalised

_BATCH = 16


class SentenceEncoder:
    """An `Encoder` over a sentence-transformers directory. Nothing is fetched, and no code of the directory is run."""

    def __init__(self, directory: Path, *, threads: int | None = None) -> None:
        try:
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging
        except ImportError as exc:
            raise MissingExtra.of("An embedding model in a directory", "retrieval") from exc
        logging.disable_progress_bar()
        if threads is not None:
            torch.set_num_threads(threads)
        try:
            self._model = SentenceTransformer(
                str(directory), device="cpu", local_files_only=True, trust_remote_code=False
            )
        except (OSError, ValueError, RuntimeError, KeyError, AttributeError) as exc:
            raise RetrievalFailed(
                f"The embedding model in {directory} cannot be loaded: {exc}. It must be a directory as "
                "sentence-transformers saves it (config.json, tokenizer.json, model.safetensors, modules.json)."
            ) from exc
        self._lock = threading.Lock()  # its tokenizer must not be used by two threads at once
        tokenizer = self._model.tokenizer.backend_tokenizer.to_str()
        self.tokens = ModelTokens(tokenizer, self._model.max_seq_length or 512)

    def encode(self, texts: Sequence[str], *, is_query: bool = False) -> Vectors:
        """Vectors of length 1, with the prompts the model asks for."""
        encode = self._model.encode_query if is_query else self._model.encode_document
        with self._lock:
            vectors = encode(list(texts), batch_size=_BATCH, convert_to_numpy=True, show_progress_bar=False)
        return normalised(vectors)

    def close(self) -> None:
        del self._model
