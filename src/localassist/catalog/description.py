"""A model described from its files alone: size, context, the memory it needs, its template and licence."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

from localassist.catalog.names import part_paths
from localassist.errors import ModelLoadFailed
from localassist.gguf import GgufFile, Tensor, read_gguf
from localassist.protocols import ModelFacts

OVERHEAD_BYTES = 100 * 1024 * 1024  # compute buffers and the library itself
USUAL_WINDOW = 8192
_CONTROL, _USER_DEFINED = 3, 4


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What the files of one model say. Sizes in bytes; `bytes_per_token` is what has to be read for each token."""

    path: Path
    name: str
    architecture: str
    num_parameters: int
    quantization: str
    size_bytes: int
    context_length: int
    kv_bytes_per_token: int
    bytes_per_token: int
    is_embedding: bool
    chat_template: str | None
    license: str | None
    num_files: int
    num_tokens: int

    def memory_bytes(self, window: int | None = None) -> int:
        """About what it takes to run with a context of `window` tokens (None: the usual window)."""
        cells = window or min(self.context_length or USUAL_WINDOW, USUAL_WINDOW)
        return self.size_bytes + cells * self.kv_bytes_per_token + OVERHEAD_BYTES


def describe(path: Path) -> ModelDescription:
    """Read the files of a model. Raises ModelLoadFailed."""
    paths = part_paths(path)
    if missing := [part.name for part in paths if not part.is_file()]:
        raise ModelLoadFailed(f"{path.parent} lacks {', '.join(missing[:3])} of this model. Download it again.")
    files = [read_gguf(part) for part in paths]
    first = files[0]
    tensors = [tensor for file in files for tensor in file.tensors]
    return ModelDescription(
        path=path,
        name=first.text("general.name") or path.stem,
        architecture=first.architecture,
        num_parameters=sum(tensor.num_elements for tensor in tensors),
        quantization=_quantization(tensors),
        size_bytes=sum(file.size_bytes for file in files),
        context_length=first.dimension("context_length"),
        kv_bytes_per_token=first.kv_bytes_per_token,
        bytes_per_token=_bytes_per_token(first, tensors),
        is_embedding=first.is_embedding,
        chat_template=first.text("tokenizer.chat_template"),
        license=first.text("general.license"),
        num_files=len(files),
        num_tokens=first.lists["tokenizer.ggml.tokens"].count if "tokenizer.ggml.tokens" in first.lists else 0,
    )


def _quantization(tensors: Sequence[Tensor]) -> str:
    """The element type that most of the weights have."""
    elements: Counter[str] = Counter()
    for tensor in tensors:
        elements[tensor.type_name] += tensor.num_elements
    return elements.most_common(1)[0][0] if elements else ""


def _bytes_per_token(file: GgufFile, tensors: Sequence[Tensor]) -> int:
    """Weights read for one token: all but the embedding table, and of experts only those that are used."""
    used, total = file.dimension("expert_used_count"), file.dimension("expert_count")
    share = used / total if used and total else 1.0
    has_output = any(tensor.name == "output.weight" for tensor in tensors)
    size = 0.0
    for tensor in tensors:
        if tensor.name == "token_embd.weight" and has_output:
            continue
        weight = tensor.size_bytes if tensor.size_bytes is not None else 2 * prod(tensor.shape)
        size += weight * share if "_exps." in tensor.name else weight
    return int(size)


def facts_of(path: Path) -> ModelFacts:
    """What a dialect is read off, from the file instead of the loaded model."""
    file = read_gguf(path)
    about = describe(path)
    tokens = file.texts("tokenizer.ggml.tokens")
    kinds = file.numbers("tokenizer.ggml.token_type")
    special = {text for text, kind in zip(tokens, kinds, strict=False) if kind in (_CONTROL, _USER_DEFINED)}

    def token(key: str) -> str:
        place = file.number(f"tokenizer.ggml.{key}_token_id")
        return tokens[place] if place is not None and 0 <= place < len(tokens) else ""

    return ModelFacts(
        name=about.name,
        context_window=about.context_length,
        chat_template=about.chat_template,
        bos_token=token("bos"),
        eos_token=token("eos"),
        special_tokens=frozenset(special - {""}),
        architecture=about.architecture,
        size_bytes=about.size_bytes,
        num_parameters=about.num_parameters,
    )
