"""Gives a trained network more words: rows for new tokens that begin as what their pieces were."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import torch
from tokenizers import Tokenizer
from torch import Tensor

from model import TinyModel

# How much of a new row is its pieces' mean; the rest is drawn like other rows, so that no two tokens are taken for one.
_FROM_PIECES: Final = 0.6


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
