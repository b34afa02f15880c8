"""Teaches heads where to look: at the function that is asked for, and at what the next token is copied from.

Shown the place by a loss on their attention, two of them have to tell the function called from all those offered
lately, in whatever document: of a handful on offer in one there is less to learn. One, in layer 1, compares what the
words of request and function mean, or question and answer (`meaning.py`), before other layers write over it. The other,
in a later layer, looks at what the network has understood, and at values too. What the first compares, a head of layer
0 gathers; it is shown which words a name or a call stands for.
"""

from __future__ import annotations

from collections import deque
from itertools import accumulate
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from circuits import comparing_head, meaning_head
from copies import Copies, Kind
from data import Batch
from model import Head, ModelConfig

_EARLY_WEIGHTS: Final = {Kind.NAME: 3.0, Kind.ANSWER: 1.0}
_LATE_WEIGHTS: Final = {Kind.NAME: 3.0, Kind.VALUE: 1.5, Kind.ANSWER: 1.0}
# Most of all before the network can choose; in the end what is written counts.
_CHOOSING_WEIGHTS: Final = (10.0, 2.0)
_BATCHES_REMEMBERED: Final = 8
_GATHERING_WEIGHT: Final = 25.0


class Guide:
    """The loss on three heads of the network; what functions looked like is remembered from batch to batch."""

    def __init__(self, config: ModelConfig) -> None:
        # The one that looks at values too is late enough to have understood, and one layer before the last.
        self.heads = meaning_head(config), comparing_head(config), Head(max(0, config.num_layers - 2), 0)
        self._scale = config.head_length**-0.5
        # Between documents there is no distance, so only what does not turn with the position is compared.
        self._still = slice(2 * config.num_rotary_pairs, None)
        self._remembered = [deque[Tensor](maxlen=_BATCHES_REMEMBERED) for _ in self.heads[1:]]

    def loss(self, looks: list[tuple[Tensor, Tensor]], values: Tensor, batch: Batch, progress: float) -> Tensor:
        """Return how wrong the heads' queries and keys (both: tokens, head length) are, summed over their places.

        `values` (tokens, length) are what the first head reads in each token, see `meaning.read_values`.
        """
        q, k = looks[0]
        total = _GATHERING_WEIGHT * gathering_loss(q * self._scale, k, values, batch)
        offered = offered_in(batch)
        for (queries, k), weights, remembered in zip(
            looks[1:], (_EARLY_WEIGHTS, _LATE_WEIGHTS), self._remembered, strict=True
        ):
            q = queries * self._scale
            chosen = choosing_loss(q[:, self._still], k[:, self._still], batch, list(remembered))
            if offered:
                remembered.append(k[offered, self._still].detach())
            total = total + looking_loss(q, k, batch, weights) + faded(_CHOOSING_WEIGHTS, progress) * chosen
        return total


def gathering_loss(q: Tensor, k: Tensor, values: Tensor, batch: Batch) -> Tensor:
    """Return how far what is gathered at places that stand for a text is from the mean of the text's `values`."""
    total = q.new_zeros(())
    for start, length, copies in _documents(batch):
        if copies.gists:
            scores = _scores(q, k[start : start + length], start, [gist.place for gist in copies.gists])
            own = values[start : start + length]
            means = torch.stack([own[gist.text.start : gist.text.stop].mean(0) for gist in copies.gists])
            total = total + (1 - F.cosine_similarity(scores.softmax(-1) @ own, means, dim=-1)).sum()
    return total


def looking_loss(q: Tensor, k: Tensor, batch: Batch, weights: dict[Kind, float]) -> Tensor:
    """Return the surprise at where copies of some kinds come from, if attention is what is expected."""
    total = q.new_zeros(())
    for start, length, copies in _documents(batch):
        found = [copy for copy in copies.found if copy.kind in weights]
        if found:
            scores = _scores(q, k[start : start + length], start, [copy.query for copy in found])
            wrong = torch.ones_like(scores, dtype=torch.bool)
            for row, copy in enumerate(found):
                wrong[row, copy.keys] = False
            weighing = torch.tensor([weights[copy.kind] for copy in found], device=q.device)
            right = scores.masked_fill(wrong, float("-inf")).logsumexp(-1)
            total = total + ((scores.logsumexp(-1) - right) * weighing).sum()
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


def faded(weights: tuple[float, float], progress: float) -> float:
    """Return a weight on its straight way from the first, at the start of training, to the last."""
    first, last = weights
    return first + progress * (last - first)


def _scores(q: Tensor, keys: Tensor, start: int, queries: list[int]) -> Tensor:
    """Return what the queries at some places of a document score its `keys`; none looks ahead."""
    places = torch.tensor(queries, device=q.device)
    ahead = torch.arange(len(keys), device=q.device) > places[:, None]
    return (q[start + places] @ keys.T).masked_fill(ahead, float("-inf"))


def _documents(batch: Batch) -> list[tuple[int, int, Copies]]:
    starts = accumulate(batch.lengths[:-1], initial=0)
    return list(zip(starts, batch.lengths, batch.copies, strict=True))
