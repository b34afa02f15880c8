"""Makes an int8 ONNX model from a sentence-transformers directory; run as a program, so that torch stays out of the
service's memory: `python -m localassist.retrieval.onnx_export DIRECTORY TARGET`.

The result is compared with sentence-transformers before it is put in its place.
"""

import logging
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from localassist.retrieval.onnx_encoder import OnnxEncoder

_OPSET = 17
# Agreement with the library, as cosines over the samples: exact before quantising, near after it.
_LEAST_EXACT, _LEAST_QUANTISED = 0.9999, 0.9
_SAMPLES = (
    "How do I claim a refund?",
    "Refunds are paid within fourteen days after the goods have come back to our warehouse, less the shipping costs.",
    "def quicksort(items): return items if len(items) < 2 else quicksort([x for x in items[1:] if x < items[0]])",
    "The quick brown fox jumps over the lazy dog. " * 30,
)


def export(directory: Path, target: Path) -> None:
    """Write TARGET whole or not at all. Raises RuntimeError when the result does not agree with the library."""
    from onnxruntime import quantization
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(directory), device="cpu", local_files_only=True)
    expected = reference.encode(list(_SAMPLES), normalize_embeddings=True, show_progress_bar=False)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        exact, quantised = Path(scratch, "exact.onnx"), Path(scratch, "int8.onnx")
        _write_exact(reference, exact)
        _require(exact, directory, expected, least=_LEAST_EXACT)
        quantization.quantize_dynamic(exact, quantised, weight_type=quantization.QuantType.QInt8, per_channel=True)
        _require(quantised, directory, expected, least=_LEAST_QUANTISED)
        quantised.replace(target)


def _write_exact(reference: Any, path: Path) -> None:
    """The transformer with mean pooling; vectors are normalised by whoever runs it."""
    import torch

    class Pooled(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.transformer = reference[0].auto_model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            hidden = self.transformer(
                input_ids=input_ids, attention_mask=attention_mask, token_type_ids=torch.zeros_like(input_ids)
            ).last_hidden_state
            weights = attention_mask.unsqueeze(-1).to(hidden.dtype)
            return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1e-9)

    example = torch.ones((2, 8), dtype=torch.int64)
    axes = {0: "texts", 1: "tokens"}
    with torch.no_grad():
        torch.onnx.export(
            Pooled().eval().requires_grad_(False),
            (example, example),
            str(path),
            dynamo=False,
            opset_version=_OPSET,
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "vectors": {0: "texts"}},
        )


def _require(model: Path, directory: Path, expected: Any, *, least: float) -> None:
    found = OnnxEncoder(model, directory / "tokenizer.json").encode(_SAMPLES)
    agreement = float(np.min(np.sum(found * expected, axis=1)))
    if agreement < least:
        raise RuntimeError(f"{model.name} agrees with sentence-transformers only to a cosine of {agreement:.4f}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    export(Path(sys.argv[1]), Path(sys.argv[2]))
