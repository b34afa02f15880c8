"""Cross entropy of next tokens, weighed, with its gradient worked out on the same pass over the scores.

The scores of a batch are some ten million numbers: what counts is how often they are read and written. PyTorch's own
loss goes over them seven times in 32 bits; a few rows at a time stay in the processor's cache.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor

_ROWS: Final = 32


class CrossEntropy(torch.autograd.Function):
    """`apply(scores, targets, weights)`: scores are (tokens, vocabulary), the rest (tokens,).

    Returns the weighted sum of the losses, and which targets had the highest score, equal ones included.
    """

    @staticmethod
    def forward(ctx: Any, scores: Tensor, targets: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Work out the loss, and its gradient, which is kept for the way back."""
        gradient = torch.empty_like(scores)
        losses, is_highest = torch.empty_like(weights), torch.empty_like(targets, dtype=torch.bool)
        for first in range(0, len(scores), _ROWS):
            rows = slice(first, first + _ROWS)
            part = scores[rows].to(torch.float32, copy=True)
            target, weight = targets[rows, None], weights[rows, None]
            highest, own = part.amax(-1, keepdim=True), part.gather(1, target)
            total = part.sub_(highest).exp_().sum(-1, keepdim=True)
            losses[rows] = (total.log() + highest - own).squeeze(1)
            is_highest[rows] = (own >= highest).squeeze(1)
            gradient[rows] = part.mul_(weight / total).scatter_add_(1, target, -weight)
        ctx.save_for_backward(gradient)
        ctx.mark_non_differentiable(is_highest)
        return (losses * weights).sum(), is_highest

    @staticmethod
    def backward(ctx: Any, of_loss: Tensor, _: Tensor) -> tuple[Tensor, None, None]:
        """Return the gradient of the scores."""
        (gradient,) = ctx.saved_tensors
        return gradient.mul_(of_loss), None, None  # kept for one way back only
