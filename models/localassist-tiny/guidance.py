"""Teaches one head where to look: at what the next token is copied from, and at the function that is asked for.

Left to themselves, the copying heads of layer 1 choose among functions, before the network has understood requests or
functions. A head of a later layer is shown the place, by a loss on its attention, and has to tell the function called
from all those offered lately, in whatever document: of a handful on offer in one there is less to learn.
"""

from __future__ import annotations

from collections import deque
from itertools import accumulate
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from copies import Copies, Kind
from data import Batch
from model import Head, ModelConfig

_WEIGHTS: Final = {Kind.NAME: 3.0, Kind.VALUE: 1.5, Kind.ANSWER: 1.0}
# Most of all before the network can choose; in the end what is written counts.
_CHOOSING_WEIGHTS: Final = (10.0, 2.0)
_BATCHES_REMEMBERED: Final = 8


class Guide:
    """The loss on one head of the network; what functions looked like is remembered from batch to batch."""

    def __init__(self, config: ModelConfig) -> None:
        # Late enough to have understood, and one layer before the last.
        self.head = Head(max(0, config.num_layers - 2), 0)
        self._scale = config.head_length**-0.5
        # Between documents there is no distance, so only what does not turn with the position is compared.
        self._still = slice(2 * config.num_rotary_pairs, None)
        self._remembered: deque[Tensor] = deque(maxlen=_BATCHES_REMEMBERED)

    def loss(self, queries: Tensor, keys: Tensor, batch: Batch, progress: float) -> Tensor:
        """Return how wrong the head's `queries` and `keys` (both: tokens, head length) are, summed over the copies."""
        q, k = queries.float() * self._scale, keys.float()
        offered = offered_in(batch)
        chosen = choosing_loss(q[:, self._still], k[:, self._still], batch, list(self._remembered))
        if offered:
            self._remembered.append(k[offered, self._still].detach())
        first, last = _CHOOSING_WEIGHTS
        return looking_loss(q, k, batch) + (first + progress * (last - first)) * chosen


def looking_loss(q: Tensor, k: Tensor, batch: Batch) -> Tensor:
    """Return the surprise at where copies come from, if attention is what is expected; each document sees itself."""
    total = q.new_zeros(())
    for start, length, copies in _documents(batch):
        if copies.found:
            places = torch.tensor([copy.query for copy in copies.found], device=q.device)
            scores = q[start + places] @ k[start : start + length].T
            scores = scores.masked_fill(torch.arange(length, device=q.device) > places[:, None], float("-inf"))
            wrong = torch.ones_like(scores, dtype=torch.bool)
            for row, copy in enumerate(copies.found):
                wrong[row, copy.keys] = False
            weights = torch.tensor([_WEIGHTS[copy.kind] for copy in copies.found], device=q.device)
            right = scores.masked_fill(wrong, float("-inf")).logsumexp(-1)
            total = total + ((scores.logsumexp(-1) - right) * weights).sum()
    return total


def choosing_loss(q: Tensor, k: Tensor, batch: Batch, others: list[Tensor]) -> Tensor:
    """Return the surprise at the functions called, among all offered in `batch` and `others` (functions, length)."""
    offered = offered_in(batch)
    columns = {place: column for column, place in enumerate(offered)}
    called = [
        (start + copy.query, columns[start + copy.keys[0]])
        for start, _, copies in _documents(batch)
        for copy in copies.found
        if copy.kind is Kind.NAME and start + copy.keys[0] in columns  # all of a name's keys are on offer, or none
    ]
    if not called:
        return q.new_zeros(())
    queries, right = torch.tensor(called, device=q.device).T
    return F.cross_entropy(q[queries] @ torch.cat((k[offered], *others)).T, right, reduction="sum")


def offered_in(batch: Batch) -> list[int]:
    """Return the places of the first tokens of the names on offer in all documents of a batch."""
    return [start + place for start, _, copies in _documents(batch) for place in copies.offered]


def _documents(batch: Batch) -> list[tuple[int, int, Copies]]:
    starts = accumulate(batch.lengths[:-1], initial=0)
    return list(zip(starts, batch.lengths, batch.copies, strict=True))
