"""Turns generated dialogues into batches: documents one behind another, or single long conversations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any, Final

import torch
from tokenizers import Tokenizer
from torch import Tensor

from copies import Copies, Kind, plain_ids
from drills import Drills
from generator.compose import compose, compose_choices
from generator.render import (
    CALL,
    CALL_START,
    RESULT_START,
    SPECIAL_TOKENS,
    SYSTEM_START,
    TOOL_TOKENS,
    Piece,
    pieces,
)
from generator.scene import Scene
from localassist.runs.hosted_tools import PYTHON_TOOL_NAME

_ROUND_LENGTH: Final = 16
_ROUND_SUM: Final = 512
_SKIP_SHARE: Final = 0.4
_LONG_FROM: Final = 2000
_DRILL_LENGTH: Final = 160
_DRILLS_UNTIL: Final = 0.1
# What a dialogue stops growing at is counted without its tools' definitions' frame, results and last turn.
_CHARACTERS_PER_TOKEN: Final = 1.1
_CHARACTERS_PER_TOKEN_OF_LONG: Final = 2.2
# Tokens that are given, not written, still teach the language a little, and less and less as training goes on: most
# what users say, least the tools on offer; what functions return is drawn at random and teaches nothing.
_GIVEN_SHARE: Final = 0.1
_USER_WEIGHT: Final = 0.15
_SYSTEM_WEIGHT: Final = 0.05
# Most tokens are plain, and what is hard is to choose: whether to call, what, and with which of the values said. These
# are the first tokens of turns, names, values, of the numbers in them and in answers, of what answers copy, and which
# parameter comes next. Any token of a text may be its last, and the one behind it says whether another parameter comes.
_CHOICE_WEIGHT: Final = 3.0
_VALUE_WEIGHT: Final = 2.0
_NAME_WEIGHT: Final = 6.0
_FIGURE: Final = re.compile(r"(?<![\w.])(?=\d)")
_CHOICE: Final = re.compile(rf'": "?|{_FIGURE.pattern}|(?:\{{|, )"')
_VALUE: Final = re.compile(r'(?<=["\[ ])[^"\\]*"(?=[,}\]])|(?<=[\w\]])[,}](?=[ }])')
_CODE: Final = f'{{"name": "{PYTHON_TOOL_NAME}"'
_NAME: Final = re.compile(r'\{"name": "')
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
# Where nothing but calls is written, the given tokens teach which words belong together: those of a request with
# those of its function, descriptions with names and parameters. The values are drawn at random and teach nothing.
_STUDIED_SHARE: Final = 0.5
_STUDIED_WEIGHT: Final = 0.4
_STUDIED_UNTIL: Final = 0.85


@dataclass(slots=True)
class Document:
    """One tokenised dialogue: ids, loss weights, positions (with gaps where talk was left out), and what is copied."""

    token_ids: list[int]
    weights: list[float]
    positions: list[int]
    copies: Copies


@dataclass(slots=True)
class Batch:
    """Documents one behind another: what is read and what should follow it, token by token."""

    token_ids: Tensor
    targets: Tensor
    weights: Tensor
    positions: Tensor
    lengths: list[int]
    copies: list[Copies]

    @property
    def num_tokens(self) -> int:
        """Tokens read."""
        return self.token_ids.numel()


@dataclass(slots=True)
class Supply:
    """The shape of the batches; `progress` is shared with the trainer and says how far training has come."""

    batch_tokens: int
    max_length: int
    long_length: int
    long_from: float
    long_every: int
    progress: Any


def given_share(progress: float) -> float:
    """Return the share of given tokens that are learned from."""
    return _GIVEN_SHARE * (1 - progress)


def choices_share(progress: float) -> float:
    """Return the share of documents that are calls and nothing else; the more real dialogues, the nearer the end."""
    return 0.55 - 0.3 * progress


def bare_share(progress: float) -> float:
    """Return the share of documents of calls that leave the arguments out."""
    return 0.5 * (1 - progress)


def studied_share(progress: float) -> float:
    """Return the share of given tokens that are learned in documents of calls; in the end only answers count."""
    return _STUDIED_SHARE * max(0.0, 1 - progress / _STUDIED_UNTIL)


def drill_share(progress: float) -> float:
    """Return the share of drills: many at first, until copying is learned, then few."""
    return 0.15 if progress < _DRILLS_UNTIL else 0.04


class Dialogues:
    """An endless supply of tokenised dialogues; the same seed gives the same supply."""

    def __init__(self, tokenizer: Tokenizer, seed: int, context_length: int) -> None:
        self._tokenizer = tokenizer
        self._plain = plain_ids(tokenizer)
        self._rng = Random(seed)
        self._context_length = context_length
        self._drills = Drills(self._rng, tokenizer.get_vocab_size(), len(SPECIAL_TOKENS) + len(TOOL_TOKENS))
        self._progress = 0.0

    def document(self, max_tokens: int) -> Document:
        """Make one dialogue, or a drill in its place, cut at `max_tokens`."""
        if self._rng.random() < drill_share(self._progress):
            token_ids, weights = self._drills.drill(min(max_tokens, _DRILL_LENGTH))
            start = self._rng.randint(0, self._context_length // 2)
            return Document(token_ids, weights, list(range(start, start + len(token_ids))), Copies(self._plain))
        is_of_calls = max_tokens <= _LONG_FROM and self._rng.random() < choices_share(self._progress)
        cut = pieces(self._calls() if is_of_calls else self._talk(max_tokens))
        token_ids: list[int] = []
        weights: list[float] = []
        turn_starts: list[int] = []
        copies = Copies(self._plain)
        for index, piece in enumerate(cut):
            encoded = self._tokenizer.encode(piece.text)
            if piece.starts_turn and token_ids:
                turn_starts.append(len(token_ids))
            token_ids += encoded.ids
            if piece.taught:
                copies.write(piece.text, encoded)
                weights += taught_weights(piece.text, encoded.offsets)
                continue
            copies.give(piece.text, encoded)
            if is_of_calls:
                weights += self._studied_weights(piece.text, encoded.offsets, values_called(cut[index + 1 :]))
            else:
                weights += self._given_weights(piece.text, len(encoded.ids))
        for copy in copies.found:
            if copy.kind is Kind.ANSWER:
                weights[copy.query + 1] = _CHOICE_WEIGHT
        self._drills.notice(token_ids)
        positions = self._positions(len(token_ids), turn_starts)
        # What comes last is never read, so nothing is copied from there.
        copies = copies.until(min(max_tokens, len(token_ids)) - 1)
        return Document(token_ids[:max_tokens], weights[:max_tokens], positions[:max_tokens], copies)

    def _calls(self) -> Scene:
        return compose_choices(self._rng, bare=self._rng.random() < bare_share(self._progress))

    def _talk(self, max_tokens: int) -> Scene:
        if max_tokens > _LONG_FROM:
            return compose(self._rng, max_characters=int(max_tokens * _CHARACTERS_PER_TOKEN_OF_LONG))
        room = int(max_tokens * _CHARACTERS_PER_TOKEN)
        return compose(self._rng, max_characters=self._rng.randint(room // 4, room))

    def batches(self, supply: Supply) -> Iterator[Batch]:
        """Yield batches of short dialogues, and late in training a long conversation every few batches."""
        for number in count():
            self._progress = supply.progress.value
            is_long = self._progress >= supply.long_from and number % supply.long_every == 0
            yield self.long(supply.long_length) if is_long else self.short(supply.batch_tokens, supply.max_length)

    def short(self, batch_tokens: int, max_length: int) -> Batch:
        """Make a batch of whole dialogues that do not see one another."""
        documents: list[Document] = []
        while sum(len(document.token_ids) for document in documents) < batch_tokens:
            documents.append(self.document(max_length + 1))
        return to_batch(documents)

    def long(self, length: int) -> Batch:
        """Make a batch that is one long conversation."""
        document = self.document(length + 1)
        while len(document.token_ids) < length * 0.8:
            document = self.document(length + 1)
        document.positions = list(range(len(document.positions)))
        return to_batch([document])

    def _given_weights(self, text: str, count: int) -> list[float]:
        given = _SYSTEM_WEIGHT if text.startswith(SYSTEM_START) else _USER_WEIGHT
        if RESULT_START in text:
            given = 0.0
        share = given_share(self._progress)
        return [given if self._rng.random() < share else 0.0 for _ in range(count)]

    def _studied_weights(self, text: str, offsets: list[tuple[int, int]], values: list[str]) -> list[float]:
        drawn = [found.span() for value in values for found in re.finditer(re.escape(value), text)]
        share = studied_share(self._progress)
        return [
            _STUDIED_WEIGHT
            if self._rng.random() < share and not any(start < last and end > first for first, last in drawn)
            else 0.0
            for start, end in offsets
        ]

    def _positions(self, length: int, turn_starts: list[int]) -> list[int]:
        """Number the tokens; in a share of dialogues one turn starts far later, as if much had been said before it."""
        positions = list(range(length))
        if not turn_starts or self._rng.random() > _SKIP_SHARE:
            return positions
        start = turn_starts[0] if self._rng.random() < 0.6 else self._rng.choice(turn_starts)
        gap = self._rng.randint(0, max(0, self._context_length - length))
        return positions[:start] + [position + gap for position in positions[start:]]


def taught_weights(text: str, offsets: list[tuple[int, int]]) -> list[float]:
    """Weigh what the model must write: first tokens of turns and values more, those of functions' names most."""
    weights = {0: _CHOICE_WEIGHT}
    if text.startswith(CALL_START):
        # Code has no such ends.
        values = [found.span() for found in _VALUE.finditer(text)] if _CODE not in text else []
        weights |= {at: _VALUE_WEIGHT for start, end in values for at in range(start, end)}
        weights |= {found.end(): _CHOICE_WEIGHT for found in _CHOICE.finditer(text)}
        weights |= {found.end(): _NAME_WEIGHT for found in _NAME.finditer(text)}
    else:
        weights |= {found.start(): _CHOICE_WEIGHT for found in _FIGURE.finditer(text)}
    return [weights.get(start, 1.0) for start, _ in offsets]


def values_called(following: list[Piece]) -> list[str]:
    """Return the texts and numbers in the calls of the next answer, and in code there, as a request would say them."""
    answer = next((piece.text for piece in following if piece.taught), "")
    values: list[str] = []
    rest = [json.loads(call)["arguments"] for call in CALL.findall(answer)]
    while rest:
        value = rest.pop()
        if isinstance(value, dict | list):
            rest += value.values() if isinstance(value, dict) else value
        elif not isinstance(value, bool):
            values += [str(value), *(_NUMBER.findall(value) if isinstance(value, str) else ())]
    return values


def to_batch(documents: list[Document]) -> Batch:
    """Put documents one behind another, each filled up to a round length, and the last to a round sum."""
    token_ids: list[int] = []
    targets: list[int] = []
    weights: list[float] = []
    positions: list[int] = []
    lengths: list[int] = []
    for number, document in enumerate(documents):
        length = len(document.token_ids) - 1
        # The CPU kernels are compiled for each shape: a few round ones are compiled once and kept.
        filling = -length % _ROUND_LENGTH
        if number == len(documents) - 1:
            filling = -(length + len(token_ids)) % _ROUND_SUM
        token_ids += document.token_ids[:-1] + [0] * filling
        targets += document.token_ids[1:] + [0] * filling
        weights += document.weights[1:] + [0.0] * filling
        positions += document.positions[:-1] + [0] * filling
        lengths.append(length + filling)
    return Batch(
        torch.tensor(token_ids),
        torch.tensor(targets),
        torch.tensor(weights),
        torch.tensor(positions),
        lengths,
        [document.copies for document in documents],
    )
