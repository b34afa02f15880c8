"""Runs an exported embedding model with onnxruntime: no torch, loaded in a fraction of a second."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from localassist.errors import RetrievalFailed
from localassist.retrieval.model_tokens import ModelTokens
from localassist.retrieval.vectors import Vectors, normalised


class OnnxEncoder:
    """An `Encoder` over an ONNX file with the inputs and the output that `onnx_export` gives it.

    Raises RetrievalFailed when the file is damaged.
    """

    def __init__(self, model: Path, tokenizer: Path, *, max_tokens: int = 256, threads: int | None = None) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self.tokens = ModelTokens(tokenizer.read_text(encoding="utf-8"), max_tokens)
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if threads is not None:
            options.intra_op_num_threads = threads
        self._session = _session(model, options)

    def encode(self, texts: Sequence[str], *, is_query: bool = False) -> Vectors:
        """Vectors of length 1, in the order of the texts; the model makes no difference between queries and others."""
        token_ids = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        input_ids, attention_mask = _padded(token_ids)
        (vectors,) = self._session.run(["vectors"], {"input_ids": input_ids, "attention_mask": attention_mask})
        return normalised(vectors)

    def close(self) -> None:
        del self._session


def _session(model: Path, options: Any) -> Any:
    """Raises RetrievalFailed for a file that is no model: the library's exceptions share no class of their own."""
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoModel", "NoSuchFile", "NotImplemented")
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except tuple(getattr(state, name) for name in names) as exc:
        raise RetrievalFailed(f"The model {model} cannot be loaded: {exc}") from exc


def _padded(token_ids: Sequence[Sequence[int]]) -> tuple[Any, Any]:
    longest = max(map(len, token_ids), default=0)
    input_ids = np.zeros((len(token_ids), longest), np.int64)
    attention_mask = np.zeros_like(input_ids)
    for row, ids in enumerate(token_ids):
        input_ids[row, : len(ids)] = ids
        attention_mask[row, : len(ids)] = 1
    return input_ids, attention_mask
