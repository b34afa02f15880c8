"""An embedding model of this process: one text at a time on a context of its own, guarded by a lock."""

import threading
from collections.abc import Sequence
from pathlib import Path

import llama_cpp
import numpy as np

from localassist.errors import GenerationFailed, InvalidRequest, ModelLoadFailed, NotEnoughMemory
from localassist.inference import native
from localassist.inference.batch import Batch
from localassist.inference.options import LlamaOptions
from localassist.protocols import TokenCount

_POOLING_UNSPECIFIED, _POOLING_NONE, _POOLING_MEAN = -1, 0, 1
MAX_TEXT_TOKENS = 8192


class LlamaEmbedder:
    """A GGUF embedding model; implements `EmbeddingModel`. Raises ModelLoadFailed."""

    def __init__(self, path: Path, options: LlamaOptions) -> None:
        native.initialise()
        native.recent_errors.clear()
        self._lock = threading.Lock()
        self._path = path
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = options.gpu_layers
        self._model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
        if not self._model:
            raise ModelLoadFailed(
                f"The embedding model {path} cannot be loaded: {native.last_error() or 'llama.cpp gave no reason'}. "
                "Download it again, or use another GGUF embedding model."
            )
        self._max_tokens = min(int(llama_cpp.llama_model_n_ctx_train(self._model)), MAX_TEXT_TOKENS)
        self._context = self._open_context(options)
        self._batch = Batch(self._max_tokens)
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self._width = int(llama_cpp.llama_model_n_embd(self._model))
        is_encoder = llama_cpp.llama_model_has_encoder(self._model) and not llama_cpp.llama_model_has_decoder(
            self._model
        )
        self._compute = llama_cpp.llama_encode if is_encoder else llama_cpp.llama_decode

    def _open_context(self, options: LlamaOptions) -> object:
        """A context that pools; mean pooling where the file names none."""
        for pooling in (_POOLING_UNSPECIFIED, _POOLING_MEAN):
            parameters = llama_cpp.llama_context_default_params()
            parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = self._max_tokens
            parameters.embeddings = True
            parameters.pooling_type = pooling
            if options.threads is not None:
                parameters.n_threads = parameters.n_threads_batch = options.threads
            context = llama_cpp.llama_init_from_model(self._model, parameters)
            if not context:
                llama_cpp.llama_model_free(self._model)
                raise NotEnoughMemory(
                    f"There is no memory for the embedding model {self._path}: {native.last_error()}."
                )
            if llama_cpp.llama_pooling_type(context) != _POOLING_NONE:
                return context
            llama_cpp.llama_free(context)
        raise ModelLoadFailed(f"The model {self._path} cannot pool its output. Use a GGUF embedding model.")

    def embed(self, texts: Sequence[str]) -> tuple[list[list[float]], int]:
        token_ids = [self._tokenize(text) for text in texts]
        for index, ids in enumerate(token_ids):
            if len(ids) > self._max_tokens:
                raise InvalidRequest(
                    f"Input {index} is {len(ids)} tokens long; the embedding model reads {self._max_tokens} at most.",
                    param="input",
                )
        return [self._vector(ids) for ids in token_ids], sum(len(ids) for ids in token_ids)

    @property
    def max_tokens(self) -> int:
        return self._max_tokens

    def count_tokens(self, text: str) -> TokenCount:
        ids = self._tokenize(text)
        return TokenCount(len(ids), sum(self._is_unknown(token_id) for token_id in ids))

    def _is_unknown(self, token_id: int) -> bool:
        attributes = llama_cpp.llama_vocab_get_attr(self._vocab, token_id)
        return bool(attributes & llama_cpp.LLAMA_TOKEN_ATTR_UNKNOWN)

    def _tokenize(self, text: str) -> list[int]:
        raw = text.encode()
        room = len(raw) + 8
        buffer = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self._vocab, raw, len(raw), buffer, room, True, False)
        return list(buffer[:count])

    def _vector(self, token_ids: Sequence[int]) -> list[float]:
        with self._lock:
            self._batch.clear()
            self._batch.add(0, token_ids, position=0, last_logits=True)
            self._batch.wants_logits[: len(token_ids)] = 1
            self._batch.native.n_tokens = len(token_ids)
            llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self._context), True)
            if self._compute(self._context, self._batch.native) != 0:
                raise GenerationFailed(f"The embedding model failed: {native.last_error()}.")
            pooled = llama_cpp.llama_get_embeddings_seq(self._context, 0)
            vector = np.ctypeslib.as_array(pooled, (self._width,)).astype(np.float64)
        norm = float(np.linalg.norm(vector)) or 1.0
        return [float(value) for value in vector / norm]

    def close(self) -> None:
        with self._lock:
            llama_cpp.llama_free(self._context)
            llama_cpp.llama_model_free(self._model)
