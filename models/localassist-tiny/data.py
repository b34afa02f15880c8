"""Turns generated dialogues into batches: packed rows with document masks, or single long conversations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any, Final

import torch
from tokenizers import Tokenizer
from torch import Tensor

from drills import Drills
from generator.compose import compose
from generator.render import SPECIAL_TOKENS, TOOL_TOKENS, pieces

_POOL_SIZE: Final = 48
_SKIP_SHARE: Final = 0.4
_DRILL_LENGTH: Final = 160
_DRILLS_UNTIL: Final = 0.1
_CHARACTERS_PER_TOKEN: Final = 2.2
# Tokens that are given, not written, still teach the language a little.
_GIVEN_SHARE: Final = 0.1
_GIVEN_WEIGHT: Final = 0.3


@dataclass(slots=True)
class Document:
    """One tokenised dialogue: ids, loss weights and positions, the last with gaps where talk was left out."""

    token_ids: list[int]
    weights: list[float]
    positions: list[int]


@dataclass(slots=True)
class Batch:
    """Rows for one step; `mask` None means each row is one document."""

    token_ids: Tensor
    weights: Tensor
    positions: Tensor
    mask: Tensor | None

    @property
    def num_tokens(self) -> int:
        """Tokens in the rows, padding included."""
        return self.token_ids.numel()


@dataclass(slots=True)
class Supply:
    """The shape of the batches; `progress` is shared with the trainer and says how far training has come."""

    rows: int
    row_length: int
    long_length: int
    long_from: float
    long_every: int
    progress: Any


def drill_share(progress: float) -> float:
    """Return the share of drills: many at first, until copying is learned, then few."""
    return 0.15 if progress < _DRILLS_UNTIL else 0.04


class Dialogues:
    """An endless supply of tokenised dialogues; the same seed gives the same supply."""

    def __init__(self, tokenizer: Tokenizer, seed: int, context_length: int) -> None:
        self._tokenizer = tokenizer
        self._rng = Random(seed)
        self._context_length = context_length
        self._drills = Drills(self._rng, tokenizer.get_vocab_size(), len(SPECIAL_TOKENS) + len(TOOL_TOKENS))
        self.drill_share = 0.0

    def document(self, max_tokens: int) -> Document:
        """Make one dialogue, or a drill in its place, cut at `max_tokens`."""
        if self._rng.random() < self.drill_share:
            token_ids, weights = self._drills.drill(min(max_tokens, _DRILL_LENGTH))
            start = self._rng.randint(0, self._context_length // 2)
            return Document(token_ids, weights, list(range(start, start + len(token_ids))))
        room = int(max_tokens * _CHARACTERS_PER_TOKEN)
        limit = room if max_tokens > 2000 else self._rng.randint(room // 4, room)
        scene = compose(self._rng, max_characters=limit)
        cut = pieces(scene)
        token_ids: list[int] = []
        weights: list[float] = []
        turn_starts: list[int] = []
        for piece, encoded in zip(cut, map(self._tokenizer.encode, (piece.text for piece in cut)), strict=True):
            if piece.starts_turn and token_ids:
                turn_starts.append(len(token_ids))
            token_ids += encoded.ids
            weights += [1.0 if piece.taught else self._given_weight() for _ in encoded.ids]
        self._drills.notice(token_ids)
        positions = self._positions(len(token_ids), turn_starts)
        return Document(token_ids[:max_tokens], weights[:max_tokens], positions[:max_tokens])

    def batches(self, supply: Supply) -> Iterator[Batch]:
        """Yield packed short dialogues, and late in training a long conversation every few batches."""
        packed = self.packed(num_rows=supply.rows, row_length=supply.row_length)
        long = self.long(num_rows=1, row_length=supply.long_length)
        for number in count():
            self.drill_share = drill_share(supply.progress.value)
            is_long = supply.progress.value >= supply.long_from and number % supply.long_every == 0
            yield next(long if is_long else packed)

    def packed(self, *, num_rows: int, row_length: int) -> Iterator[Batch]:
        """Yield batches of rows filled with several whole dialogues each, which do not see one another."""
        pool: list[Document] = []
        while True:
            rows = [self._fill_row(pool, row_length + 1) for _ in range(num_rows)]
            yield self._to_batch(rows, row_length)

    def long(self, *, num_rows: int, row_length: int) -> Iterator[Batch]:
        """Yield batches of rows that are one long conversation each."""
        while True:
            rows = []
            for _ in range(num_rows):
                document = self.document(row_length + 1)
                while len(document.token_ids) < row_length * 0.8:
                    document = self.document(row_length + 1)
                document.positions = list(range(len(document.positions)))
                rows.append([document])
            yield self._to_batch(rows, row_length, masked=False)

    def _given_weight(self) -> float:
        return _GIVEN_WEIGHT if self._rng.random() < _GIVEN_SHARE else 0.0

    def _positions(self, length: int, turn_starts: list[int]) -> list[int]:
        """Number the tokens; in a share of dialogues one turn starts far later, as if much had been said before it."""
        positions = list(range(length))
        if not turn_starts or self._rng.random() > _SKIP_SHARE:
            return positions
        start = turn_starts[0] if self._rng.random() < 0.6 else self._rng.choice(turn_starts)
        gap = self._rng.randint(0, max(0, self._context_length - length))
        return positions[:start] + [position + gap for position in positions[start:]]

    def _fill_row(self, pool: list[Document], room: int) -> list[Document]:
        room_of_row = room
        row: list[Document] = []
        while room > 24:
            while len(pool) < _POOL_SIZE:
                pool.append(self.document(room_of_row))
            fitting = [document for document in pool if len(document.token_ids) <= room]
            if not fitting:
                break
            # The first document of a row is any, later ones are the longest that still fit: little is padded.
            chosen = fitting[0] if not row else max(fitting, key=lambda document: len(document.token_ids))
            pool.remove(chosen)
            row.append(chosen)
            room -= len(chosen.token_ids)
        return row

    def _to_batch(self, rows: list[list[Document]], row_length: int, *, masked: bool = True) -> Batch:
        shape = (len(rows), row_length + 1)
        token_ids, positions = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
        weights, owners = torch.zeros(shape), torch.full(shape, -1, dtype=torch.long)
        for row_index, row in enumerate(rows):
            start = 0
            for number, document in enumerate(row):
                end = start + len(document.token_ids)
                token_ids[row_index, start:end] = torch.tensor(document.token_ids)
                positions[row_index, start:end] = torch.tensor(document.positions)
                weights[row_index, start:end] = torch.tensor(document.weights)
                weights[row_index, start] = 0.0
                owners[row_index, start:end] = number
                start = end
        mask = None
        if masked:
            seen = owners[:, :-1]
            same = seen[:, :, None] == seen[:, None, :]
            mask = (same & torch.ones(row_length, row_length, dtype=torch.bool).tril())[:, None]
        return Batch(token_ids, weights, positions, mask)
