"""GGUF files with random weights: nonsense for output, but the shapes, vocabularies and state of real model families.

Run as a script it writes the file the benchmarks use: `python -m tests.models.random_weights qwen05.gguf`.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from string import ascii_lowercase

import gguf
import numpy as np

from tests.models.byte_vocabulary import byte_tokens
from tests.models.scripted import CHATML

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
USER_DEFINED = ("<tool_call>", "</tool_call>", "<think>", "</think>")


@dataclass(frozen=True, slots=True)
class Shape:
    """Dimensions of a transformer."""

    width: int
    layers: int
    heads: int
    kv_heads: int
    feed_forward: int
    vocabulary: int | None = None  # None: bytes only

    @property
    def head_size(self) -> int:
        return self.width // self.heads


TINY = Shape(width=128, layers=2, heads=4, kv_heads=2, feed_forward=384)
QWEN_05B = Shape(width=896, layers=24, heads=14, kv_heads=2, feed_forward=4864, vocabulary=151_936)


def build_random(
    path: Path,
    shape: Shape = TINY,
    *,
    architecture: str = "llama",
    context_length: int = 32_768,
    template: str | None = CHATML,
    seed: int = 0,
) -> Path:
    """A llama or qwen2 transformer with F32 weights; large shapes get Q4_0."""
    writer = gguf.GGUFWriter(path, architecture)
    _write_common(writer, shape.vocabulary, width=shape.width, layers=shape.layers, context_length=context_length)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_rope_freq_base(1e6)
    writer.add_rope_dimension_count(shape.head_size)
    if template is not None:
        writer.add_chat_template(template)
    weights = _Weights(writer, seed, quantised=shape.vocabulary is not None)
    size = shape.vocabulary or 256 + len(SPECIAL) + len(USER_DEFINED)
    weights.matrix("token_embd", size, shape.width)
    weights.ones("output_norm", shape.width)
    for layer in range(shape.layers):
        _write_block(weights, f"blk.{layer}.", shape, biases=architecture == "qwen2")
    return _finish(writer, path)


def build_sliding_window(path: Path, *, window: int = 64) -> Path:
    """A gemma3 whose attention mostly looks back `window` tokens only."""
    shape = Shape(width=64, layers=6, heads=4, kv_heads=2, feed_forward=128)
    writer = gguf.GGUFWriter(path, "gemma3")
    _write_common(writer, None, width=shape.width, layers=shape.layers, context_length=8192)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_size)
    writer.add_value_length(shape.head_size)
    writer.add_sliding_window(window)
    writer.add_rope_freq_base(1e6)
    weights = _Weights(writer, 0, quantised=False)
    weights.matrix("token_embd", 256 + len(SPECIAL) + len(USER_DEFINED), shape.width)
    weights.ones("output_norm", shape.width)
    for layer in range(shape.layers):
        block = f"blk.{layer}."
        _write_block(weights, block, shape, biases=False)
        for name in ("post_attention_norm", "post_ffw_norm"):
            weights.ones(block + name, shape.width)
        for name in ("attn_q_norm", "attn_k_norm"):
            weights.ones(block + name, shape.head_size)
    return _finish(writer, path)


def build_recurrent(path: Path) -> Path:
    """A mamba: its state cannot be trimmed."""
    width, layers, inner, kernel, state, rank = 64, 2, 128, 4, 16, 4
    writer = gguf.GGUFWriter(path, "mamba")
    _write_common(writer, None, width=width, layers=layers, context_length=8192)
    writer.add_feed_forward_length(0)
    writer.add_head_count(0)
    writer.add_ssm_conv_kernel(kernel)
    writer.add_ssm_inner_size(inner)
    writer.add_ssm_state_size(state)
    writer.add_ssm_time_step_rank(rank)
    writer.add_ssm_dt_b_c_rms(False)
    weights = _Weights(writer, 0, quantised=False)
    weights.matrix("token_embd", 256 + len(SPECIAL) + len(USER_DEFINED), width)
    weights.ones("output_norm", width)
    for layer in range(layers):
        block = f"blk.{layer}."
        weights.ones(block + "attn_norm", width)
        weights.matrix(block + "ssm_in", 2 * inner, width)
        weights.matrix(block + "ssm_conv1d", inner, kernel)
        weights.vector(block + "ssm_conv1d.bias", inner)
        weights.matrix(block + "ssm_x", rank + 2 * state, inner)
        weights.matrix(block + "ssm_dt", inner, rank)
        weights.vector(block + "ssm_dt.bias", inner)
        writer.add_tensor(block + "ssm_a", -np.abs(weights.normal(inner, state)))
        weights.vector(block + "ssm_d", inner)
        weights.matrix(block + "ssm_out", width, inner)
    return _finish(writer, path)


class _Weights:
    """Writes random tensors."""

    def __init__(self, writer: gguf.GGUFWriter, seed: int, *, quantised: bool) -> None:
        self._writer = writer
        self._random = np.random.default_rng(seed)
        self._is_quantised = quantised

    def normal(self, *shape: int) -> np.ndarray:
        return self._random.standard_normal(shape, np.float32) * np.float32(0.1)

    def ones(self, name: str, size: int) -> None:
        self._writer.add_tensor(f"{name}.weight", np.ones(size, np.float32))

    def vector(self, name: str, size: int) -> None:
        self._writer.add_tensor(name, self.normal(size))

    def matrix(self, name: str, rows: int, columns: int) -> None:
        if not self._is_quantised:
            self._writer.add_tensor(f"{name}.weight", self.normal(rows, columns))
            return
        blocks = np.zeros((rows, columns // 32, 18), np.uint8)  # Q4_0: a scale, then 32 numbers of four bits
        blocks[..., :2] = np.array([0.005], np.float16).view(np.uint8)
        blocks[..., 2:] = self._random.integers(0, 256, (rows, columns // 32, 16), np.uint8)
        data = blocks.reshape(rows, columns // 32 * 18)
        self._writer.add_tensor(f"{name}.weight", data, raw_dtype=gguf.GGMLQuantizationType.Q4_0)


def _write_block(weights: _Weights, block: str, shape: Shape, *, biases: bool) -> None:
    kv_width = shape.kv_heads * shape.head_size
    weights.ones(block + "attn_norm", shape.width)
    weights.ones(block + "ffn_norm", shape.width)
    weights.matrix(block + "attn_q", shape.width, shape.width)
    weights.matrix(block + "attn_k", kv_width, shape.width)
    weights.matrix(block + "attn_v", kv_width, shape.width)
    weights.matrix(block + "attn_output", shape.width, shape.width)
    if biases:
        for name, size in (("q", shape.width), ("k", kv_width), ("v", kv_width)):
            weights.vector(f"{block}attn_{name}.bias", size)
    weights.matrix(block + "ffn_gate", shape.feed_forward, shape.width)
    weights.matrix(block + "ffn_up", shape.feed_forward, shape.width)
    weights.matrix(block + "ffn_down", shape.width, shape.feed_forward)


def _write_common(
    writer: gguf.GGUFWriter, vocabulary: int | None, *, width: int, layers: int, context_length: int
) -> None:
    writer.add_name("random")
    writer.add_context_length(context_length)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_layer_norm_rms_eps(1e-6)
    texts, merges = byte_tokens(), ["t h"]
    if vocabulary is not None:
        wanted = vocabulary - len(texts) - len(SPECIAL) - len(USER_DEFINED)
        merges = list(islice(_merges(), wanted))
        texts += [merge.replace(" ", "") for merge in merges]
    num_plain = len(texts)
    writer.add_vocab_size(num_plain + len(SPECIAL) + len(USER_DEFINED))
    writer.add_file_type(2 if vocabulary else 0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([*texts, *SPECIAL, *USER_DEFINED])
    writer.add_token_types(
        [gguf.TokenType.NORMAL] * num_plain
        + [gguf.TokenType.CONTROL] * len(SPECIAL)
        + [gguf.TokenType.USER_DEFINED] * len(USER_DEFINED)
    )
    writer.add_token_merges(merges if vocabulary is not None else ["a b"])
    writer.add_bos_token_id(num_plain)
    writer.add_eos_token_id(num_plain + 2)
    writer.add_add_bos_token(False)


def _merges() -> Iterator[str]:
    """Pairs that merge into words of two, three and four letters, and a blank with a letter."""
    yield from (f"Ġ {letter}" for letter in ascii_lowercase)
    for length in (2, 3, 4):
        for letters in product(ascii_lowercase, repeat=length):
            yield f"{''.join(letters[:-1])} {letters[-1]}"


def _finish(writer: gguf.GGUFWriter, path: Path) -> Path:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


if __name__ == "__main__":
    build_random(Path(sys.argv[1]), QWEN_05B, architecture="qwen2")
