"""Gives a trained network more: words, whose rows begin as what their pieces were, or a head for choosing."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import torch
from tokenizers import Tokenizer
from torch import Tensor

from circuits import build_choosing_circuit
from model import TinyModel

# How much of a new row is its pieces' mean; the rest is drawn like other rows, so that no two tokens are taken for one.
_FROM_PIECES: Final = 0.6
# The head of layer 0 that gathers the words of a request or a function, in weights trained without the circuit.
_GATHERING_HEAD: Final = 1


@torch.no_grad()
def with_choosing_head(model: TinyModel) -> TinyModel:
    """Return the network of `model` with a head more in each layer; the first two are the circuit that chooses."""
    config = model.config
    grown = TinyModel(replace(config, num_heads=config.num_heads + 1, num_kv_heads=config.num_kv_heads + 1))
    weights = grown.state_dict()
    for name, tensor in model.state_dict().items():
        weights[name][tuple(map(slice, tensor.shape))] = tensor
        if name.endswith("attn_output.weight"):
            weights[name][:, tensor.shape[1] :] = 0.0
    size = config.head_length
    for name in ("blk.0.attn_q.weight", "blk.0.attn_k.weight"):
        weights[name][-size:] = weights[name][_GATHERING_HEAD * size :][:size]
    grown.load_state_dict(weights)
    build_choosing_circuit(grown)
    return grown


@torch.no_grad()
def with_vocabulary(model: TinyModel, known: Tokenizer, extended: Tokenizer) -> TinyModel:
    """Return the network of `model`, which reads `known`, for `extended`, which holds all its tokens and more."""
    if known.get_vocab_size() != model.config.vocab_size:
        raise ValueError(f"the tokenizer has {known.get_vocab_size()} tokens, the network {model.config.vocab_size}")
    rows = model.token_embd.weight
    ids = known.get_vocab()
    grown = TinyModel(replace(model.config, vocab_size=extended.get_vocab_size()))
    weights = grown.state_dict()
    weights |= {name: tensor for name, tensor in model.state_dict().items() if name != "token_embd.weight"}
    mean, spread = rows.mean(0), torch.linalg.cholesky(torch.cov(rows.T) + 1e-6 * torch.eye(rows.shape[1]))
    for token, index in extended.get_vocab().items():
        weights["token_embd.weight"][index] = (
            rows[ids[token]] if token in ids else _new_row(rows, _pieces(token, known, extended), mean, spread)
        )
    grown.load_state_dict(weights)
    return grown


def _pieces(token: str, known: Tokenizer, extended: Tokenizer) -> list[int]:
    text = extended.decoder.decode([token])
    return known.encode(text).ids


def _new_row(rows: Tensor, pieces: list[int], mean: Tensor, spread: Tensor) -> Tensor:
    from_pieces = (rows[pieces] - mean).sum(0) / len(pieces) ** 0.5
    drawn = spread @ torch.randn(rows.shape[1])
    return mean + _FROM_PIECES * from_pieces + (1 - _FROM_PIECES**2) ** 0.5 * drawn
