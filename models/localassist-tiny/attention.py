"""Causal attention over documents that lie one behind another, each seeing only itself.

A mask over whole rows makes the CPU work out mostly what the mask throws away, and its fused kernel is slower for short
rows than plain products. Here every document is attended to by itself, in blocks of queries, with nothing padded.

Scores are worked out in 32 bits, whatever the rest: in bfloat16 one of 40 is right to within an eighth, and which of
two places of nearly the same score is chosen is left to chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import torch
from torch import Tensor

_QUERY_BLOCK: Final = 256


class DocumentAttention(torch.autograd.Function):
    """`apply(q, k, v, lengths)`: tensors are (heads, tokens, head length), `lengths` are the documents' tokens.

    What is attended to comes in the type of `v`, in which products other than the scores are worked out too.
    """

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, lengths: list[int]) -> Tensor:
        """Attend within each document and keep the probabilities for the way back."""
        attended = torch.empty_like(v)
        kept = []
        with torch.autocast(q.device.type, enabled=False):
            for start, first, end in _blocks(lengths):
                hidden = _hidden(end - first, end - start, q.dtype, q.device)
                scores = torch.baddbmm(hidden, q[:, first:end], k[:, start:end].mT, alpha=q.shape[-1] ** -0.5)
                kept.append(torch.softmax(scores, -1).to(v.dtype))
                attended[:, first:end] = torch.bmm(kept[-1], v[:, start:end])
        ctx.lengths = lengths
        ctx.save_for_backward(q.to(v.dtype), k.to(v.dtype), v, *kept)
        return attended

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        """Return the gradients of queries, keys and values."""
        q, k, v, *kept = ctx.saved_tensors
        scale = q.shape[-1] ** -0.5
        of_q, of_k, of_v = torch.empty_like(q), torch.zeros_like(k), torch.zeros_like(v)
        gradient = gradient.contiguous()
        for (start, first, end), probabilities in zip(_blocks(ctx.lengths), kept, strict=True):
            of_output = gradient[:, first:end]
            of_v[:, start:end] += torch.bmm(probabilities.mT, of_output)
            of_probabilities = torch.bmm(of_output, v[:, start:end].mT)
            of_scores = torch._softmax_backward_data(of_probabilities, probabilities, -1, v.dtype)
            of_q[:, first:end] = torch.bmm(of_scores, k[:, start:end]).mul_(scale)
            of_k[:, start:end] += torch.bmm(of_scores.mT, q[:, first:end]).mul_(scale)
        return of_q, of_k, of_v, None


def _blocks(lengths: list[int]) -> Iterator[tuple[int, int, int]]:
    """Yield where a document starts, and where a block of its queries starts and ends."""
    start = 0
    for length in lengths:
        for first in range(start, start + length, _QUERY_BLOCK):
            yield start, first, min(first + _QUERY_BLOCK, start + length)
        start += length


def _hidden(num_queries: int, num_keys: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return minus infinity where a query must not look; the last query is the one of the last key."""
    before = num_keys - num_queries
    return _corner(dtype, device, before)[:num_queries, :num_keys]


@lru_cache(maxsize=64)
def _corner(dtype: torch.dtype, device: torch.device, before: int) -> Tensor:
    shape = (_QUERY_BLOCK, before + _QUERY_BLOCK)
    return torch.full(shape, float("-inf"), dtype=dtype, device=device).triu(before + 1)
