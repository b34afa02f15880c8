"""Writes the network as a GGUF file that llama.cpp runs, and reads such a file back to go on training."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Final

import gguf
import numpy as np
import torch

from generator.render import TEMPLATE_PATH, TOOL_TOKENS
from model import ModelConfig, TinyModel, frequency_factors
from tokens import TOKENIZER_PATH

DIRECTORY: Final = Path(__file__).parent
GGUF_PATH: Final = DIRECTORY / "localassist-tiny.gguf"
_ROPE_FACTORS: Final = "rope_freqs.weight"


def write_gguf(path: Path, config: ModelConfig, weights: dict[str, torch.Tensor]) -> None:
    """Write `weights` as F16 (norms as F32) with tokenizer and chat template."""
    writer = gguf.GGUFWriter(str(path), "llama")
    _write_metadata(writer, config)
    _write_tokenizer(writer)
    writer.add_tensor(_ROPE_FACTORS, frequency_factors(config).numpy())
    for name, tensor in weights.items():
        array = tensor.detach().float().numpy()
        writer.add_tensor(name, array.astype(np.float16) if array.ndim > 1 else array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_gguf(path: Path) -> tuple[ModelConfig, dict[str, torch.Tensor]]:
    """Read configuration and weights of a file that `write_gguf` made."""
    reader = gguf.GGUFReader(str(path))

    def number(key: str) -> float:
        return float(reader.fields[f"llama.{key}"].contents())

    config = ModelConfig(
        vocab_size=int(number("vocab_size")),
        embedding_length=int(number("embedding_length")),
        num_layers=int(number("block_count")),
        num_heads=int(number("attention.head_count")),
        num_kv_heads=int(number("attention.head_count_kv")),
        head_length=int(number("rope.dimension_count")),
        feed_forward_length=int(number("feed_forward_length")),
        rope_base=number("rope.freq_base"),
        norm_epsilon=number("attention.layer_norm_rms_epsilon"),
        context_length=int(number("context_length")),
    )
    weights = {}
    for tensor in reader.tensors:
        if tensor.name == _ROPE_FACTORS:
            continue
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        weights[tensor.name] = torch.tensor(np.array(values, dtype=np.float32))
    return config, weights


def load_model(path: Path) -> TinyModel:
    """Build the network from a GGUF file."""
    config, weights = read_gguf(path)
    model = TinyModel(config)
    model.load_state_dict(weights)
    return model


def write_manifest(path: Path, config: ModelConfig) -> None:
    """Write what a program needs to check and describe the file, next to it."""
    content = path.read_bytes()
    manifest = {
        "name": "localassist-tiny",
        "file": path.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": len(content),
        "architecture": "llama",
        "quantization": "F16",
        "num_parameters": sum(int(np.prod(tensor.shape)) for tensor in gguf.GGUFReader(str(path)).tensors),
        "context_length": config.context_length,
        "licence": "Apache-2.0",
    }
    (path.parent / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def export(checkpoint_path: Path, path: Path, *, context_length: int) -> None:
    """Export the averaged weights of a training checkpoint."""
    checkpoint = torch.load(checkpoint_path, map_location="cpu", weights_only=True)
    config = ModelConfig(**{**checkpoint["config"], "context_length": context_length})
    write_gguf(path, config, checkpoint["averaged"])
    write_manifest(path, config)


def _write_metadata(writer: gguf.GGUFWriter, config: ModelConfig) -> None:
    writer.add_name("localassist-tiny")
    writer.add_license("apache-2.0")
    writer.add_context_length(config.context_length)
    writer.add_embedding_length(config.embedding_length)
    writer.add_block_count(config.num_layers)
    writer.add_feed_forward_length(config.feed_forward_length)
    writer.add_head_count(config.num_heads)
    writer.add_head_count_kv(config.num_kv_heads)
    writer.add_layer_norm_rms_eps(config.norm_epsilon)
    writer.add_key_length(config.head_length)
    writer.add_value_length(config.head_length)
    writer.add_rope_dimension_count(config.head_length)
    writer.add_rope_freq_base(config.rope_base)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)


def _write_tokenizer(writer: gguf.GGUFWriter) -> None:
    described = json.loads(TOKENIZER_PATH.read_text(encoding="utf-8"))
    vocab: dict[str, int] = dict(described["model"]["vocab"])
    types = dict.fromkeys(vocab, gguf.TokenType.NORMAL)
    for added in described["added_tokens"]:
        vocab[added["content"]] = added["id"]
        is_tool_token = added["content"] in TOOL_TOKENS
        types[added["content"]] = gguf.TokenType.USER_DEFINED if is_tool_token else gguf.TokenType.CONTROL
    tokens = sorted(vocab, key=lambda token: vocab[token])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([types[token] for token in tokens])
    writer.add_token_merges([" ".join(merge) for merge in described["model"]["merges"]])
    writer.add_bos_token_id(vocab["<|endoftext|>"])
    writer.add_eos_token_id(vocab["<|im_end|>"])
    writer.add_pad_token_id(vocab["<|endoftext|>"])
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE_PATH.read_text(encoding="utf-8"))


def main() -> None:
    """Export a checkpoint from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--output", type=Path, default=GGUF_PATH)
    parser.add_argument("--context-length", type=int, default=8192)
    arguments = parser.parse_args()
    export(arguments.checkpoint, arguments.output, context_length=arguments.context_length)


if __name__ == "__main__":
    main()
