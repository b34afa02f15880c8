"""Starts the network with attention heads that can already copy; from noise that takes millions of tokens to learn.

Layer 0 gets two heads that look one and two tokens back and note what stood there; layer 1 gets two heads that look
for the place where the last tokens stood before and repeat what came next. These are the induction heads that
transformers grow by themselves; training then bends them to its needs. Two more heads are wired to gather what words
mean and to compare it, which the words have yet to learn (`meaning.py`). Everything else starts as noise.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from model import Head, ModelConfig, TinyModel, rotations

_SPREAD: Final = 0.04
_CONSTANT: Final = 6.0  # the value of dimension 0, the same for all tokens, in units of the spread
_CODE_LENGTH: Final = 32
_LOOK_BACK_SHARPNESS: Final = 80.0
_MATCH_GAIN: Final = 2.0
_COPY_GAIN: Final = 2.5
_MEANING_GAIN: Final = 1.0
_COMPARING_GAIN: Final = 4.0


@torch.no_grad()
def build_copying_circuit(model: TinyModel) -> None:
    """Write the circuit into freshly made weights."""
    config = model.config
    content = config.embedding_length - 2 * _CODE_LENGTH  # dimension 0 and the token's own; then two codes
    embedding = model.token_embd.weight
    embedding.normal_(0.0, _SPREAD)
    embedding[:, 0] = _CONSTANT * _SPREAD
    embedding[:, content:] *= 0.1
    projection = torch.zeros(_CODE_LENGTH, config.embedding_length)
    projection[:, 1:content] = torch.linalg.qr(torch.randn(content - 1, _CODE_LENGTH))[0].T
    for head, distance in enumerate((1, 2)):
        _look_back(model, head, distance, projection, content + head * _CODE_LENGTH)
    _repeat(model, projection, content)
    model.output_norm.weight.fill_(2.0)


def _look_back(model: TinyModel, head: int, distance: int, projection: Tensor, target: int) -> None:
    """Make a head of layer 0 write a code of the token `distance` back to the dimensions from `target`."""
    config, block = model.config, model.blk[0]
    first = head * config.head_length
    cosine, sine = (part[0, 0, 0] for part in rotations(torch.tensor([[distance]]), config))
    # Normalised, the constant dimension holds about this.
    seen = _CONSTANT / (1 + _CONSTANT**2 / config.embedding_length) ** 0.5
    size = _LOOK_BACK_SHARPNESS**0.5 / seen
    for pair in range(4):
        even, odd = first + 2 * pair, first + 2 * pair + 1
        block.attn_q.weight[even : odd + 1] = 0.0
        block.attn_k.weight[even : odd + 1] = 0.0
        block.attn_q.weight[even, 0] = size
        # The key is turned ahead by the distance: it meets the query of the token that far on.
        block.attn_k.weight[even, 0], block.attn_k.weight[odd, 0] = size * cosine[pair], size * sine[pair]
    block.attn_v.weight[first : first + _CODE_LENGTH] = projection
    for row in range(_CODE_LENGTH):
        block.attn_output.weight[:, first + row] = 0.0
        block.attn_output.weight[target + row, first + row] = _SPREAD


def _repeat(model: TinyModel, projection: Tensor, content: int) -> None:
    """Make two heads of layer 1 find where the last two tokens stood before and copy the token after them."""
    config, block = model.config, model.blk[1]
    still = 2 * config.num_rotary_pairs
    half = _CODE_LENGTH // 2
    for head in (0, 1):
        first = head * config.head_length
        match, context = first + still, first + still + _CODE_LENGTH
        rows = torch.arange(_CODE_LENGTH)
        for weight in (block.attn_q.weight, block.attn_k.weight):
            weight[match : context + half] = 0.0
        block.attn_q.weight[match:context] = _MATCH_GAIN * projection
        block.attn_k.weight[match + rows, content + rows] = _MATCH_GAIN
        block.attn_q.weight[context + rows[:half], content + rows[:half]] = _MATCH_GAIN
        block.attn_k.weight[context + rows[:half], content + _CODE_LENGTH + rows[:half]] = _MATCH_GAIN
        copied = range(1 + head * config.head_length, min(1 + (head + 1) * config.head_length, content))
        for row, dimension in enumerate(copied):
            block.attn_v.weight[first + row] = 0.0
            block.attn_v.weight[first + row, dimension] = 1.0
            block.attn_output.weight[:, first + row] = 0.0
            block.attn_output.weight[dimension, first + row] = _COPY_GAIN * _SPREAD


def meaning_head(config: ModelConfig) -> Head:
    """Return the head whose values hold what a token means, and which gathers that."""
    return Head(0, config.num_heads - 1)


def comparing_head(config: ModelConfig) -> Head:
    """Return the head that compares what requests and functions mean."""
    return Head(min(1, config.num_layers - 1), config.num_heads - 1)


@torch.no_grad()
def build_choosing_circuit(model: TinyModel) -> None:
    """Let one head note what the words it sees mean, and the other compare such notes.

    Meaning stands where tokens differ least, and is noted where layer 0 writes least. What the second head finds is
    not copied at first.
    """
    config = model.config
    noting, comparing = meaning_head(config), comparing_head(config)
    gather, compare = model.blk[noting.layer], model.blk[comparing.layer]
    first, size = noting.number * config.head_length, config.still_length  # both have the same number
    heads_own = slice(first, first + config.head_length)
    gather.attn_output.weight[:, heads_own] = 0.0
    embedding = model.token_embd.weight
    of_tokens = embedding.T @ embedding / len(embedding)
    noted = of_tokens + sum(w @ w.T for w in (gather.attn_output.weight, gather.ffn_down.weight))
    meaning, notes = _least_used(of_tokens, size), _least_used(noted, size)
    gather.attn_v.weight[first : first + size] = meaning / gather.attn_norm.weight
    gather.attn_output.weight[:, first : first + size] = _MEANING_GAIN * notes.T
    for weight in (compare.attn_q.weight, compare.attn_k.weight):
        weight[heads_own] = 0.0
        weight[first + 2 * config.num_rotary_pairs : first + config.head_length] = (
            _COMPARING_GAIN * notes / compare.attn_norm.weight
        )
    compare.attn_output.weight[:, heads_own] = 0.0


def _least_used(spread: Tensor, count: int) -> Tensor:
    """Return the directions (count, width) in which what is spread like that varies least."""
    return torch.linalg.eigh(spread)[1][:, :count].T


def has_room(config: ModelConfig) -> bool:
    """Say whether a network of this shape can hold the circuit."""
    return config.num_layers > 1 and config.num_heads > 2 and config.still_length >= _CODE_LENGTH * 3 // 2
