"""Finds where what the model must write is copied from, so that a head can be taught where to look.

A name is one of those on offer, a value one of those said. The loss on the token written tells the network only whether
it found the place; here the places themselves are named, for a loss on attention (`guidance.py`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

from tokenizers import Encoding, Tokenizer

from generator.render import CALL, CALL_START, TOOLS_START
from localassist.runs.hosted_tools import PYTHON_TOOL_NAME

_SPACE: Final = "Ġ"  # as byte-level tokenizers write it
# Of an answer's words so many in a row count as copied; fewer are often the same by chance.
_FEWEST_TOKENS: Final = 3
# The end of a turn, which is everywhere.
_ENDING: Final = 2
_NAME: Final = re.compile(r'\{"name": "([^"]+)')
# Texts but not keys, and numbers.
_VALUE: Final = re.compile(r'(?<=[ \[])(?:"((?:[^"\\]|\\.)+)"(?!:)|(-?\d[\d.]*))')
# The same within Python code in JSON; a single character is often the same by chance.
_VALUE_IN_CODE: Final = re.compile(r'(?<![\w.])(\d[\d.]+)|\\"([^"\\]{2,})\\"')
_OFFERED: Final = re.compile(r'(?<=[ {])"name": "')


def plain_ids(tokenizer: Tokenizer) -> list[int]:
    """Return for each token the id of the same text without a space before it, or its own if there is none.

    A common word may be one token with its space; in quotes it is another.
    """
    ids = tokenizer.get_vocab()
    return [
        ids.get(token.removeprefix(_SPACE), index) for token, index in sorted(ids.items(), key=lambda item: item[1])
    ]


class Kind(Enum):
    """What is copied."""

    NAME = "name"
    VALUE = "value"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Copy:
    """The place of the token after which one is copied, and the places of those it may be copied from."""

    query: int
    keys: list[int]
    kind: Kind


class Gist(NamedTuple):
    """A place that stands for a text: the name of a function for its description, the start of a call for a request."""

    place: int
    text: range


@dataclass(slots=True)
class Copies:
    """The copies of one dialogue, the first tokens of the names on offer in it, and what stands for longer texts.

    All are found while the dialogue is put together.

    `plain` are the tokens' ids without the spaces some begin with, see `plain_ids`.
    """

    plain: list[int]
    found: list[Copy] = field(default_factory=list)
    offered: list[int] = field(default_factory=list)
    gists: list[Gist] = field(default_factory=list)
    _token_ids: list[int] = field(default_factory=list)
    _places: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    _places_of_three: dict[tuple[int, ...], list[int]] = field(default_factory=lambda: defaultdict(list))
    _last_given: range = range(0)

    def give(self, text: str, encoded: Encoding) -> None:
        """Append what may be copied from."""
        first = len(self._token_ids)
        token_ids = self._append(encoded)
        if len(token_ids) > _FEWEST_TOKENS:  # else it is the head of an answer
            self._last_given = range(first, first + len(token_ids))
        for index, token_id in enumerate(token_ids):
            self._places[token_id].append(first + index)
            self._places_of_three[tuple(token_ids[index : index + _FEWEST_TOKENS])].append(first + index)
        if TOOLS_START in text:
            places = {start: first + index for index, (start, _) in enumerate(encoded.offsets)}
            for found in _OFFERED.finditer(text):
                line = text.rfind("\n", 0, found.end()) + 1
                if found.end() in places and line in places:
                    self.offered.append(places[found.end()])
                    self.gists.append(Gist(places[found.end()], range(places[line], places[found.end()] + 1)))

    def write(self, text: str, encoded: Encoding) -> None:
        """Append what the model writes, and note what is copied in it."""
        first = len(self._token_ids)
        token_ids = self._append(encoded)
        if not text.startswith(CALL_START):
            self._note_answer(first, token_ids)
            return
        starts = {start: index for index, (start, _) in enumerate(encoded.offsets)}
        ends = {end: index + 1 for index, (_, end) in enumerate(encoded.offsets)}
        for start, end, kind in _called(text):
            if start in starts and end in ends:
                self._note_called(first + starts[start], token_ids[starts[start] : ends[end]], kind)

    def until(self, length: int) -> Copies:
        """Return the copies of the first `length` tokens."""
        found = [copy for copy in self.found if copy.query < length]
        offered = [place for place in self.offered if place < length]
        return Copies(self.plain, found, offered, [gist for gist in self.gists if gist.place < length])

    def _append(self, encoded: Encoding) -> list[int]:
        token_ids = [self.plain[token_id] for token_id in encoded.ids]
        self._token_ids += token_ids
        return token_ids

    def _note_called(self, index: int, copied: list[int], kind: Kind) -> None:
        keys = [k for k in self._places[copied[0]] if self._token_ids[k : k + len(copied)] == copied]
        if kind is Kind.NAME:
            # It is in what users say, too, but only among the tools does it know what the function is for.
            keys = [key for key in keys if key in self.offered] or keys
            self.gists.append(Gist(index - 1, self._last_given))
        else:
            keys = self._nearest(keys)
        if keys:
            self.found.append(Copy(index - 1, keys, kind))

    def _note_answer(self, first: int, token_ids: list[int]) -> None:
        copied_until = 0
        for index in range(len(token_ids) - _ENDING - _FEWEST_TOKENS + 1):
            keys = self._places_of_three.get(tuple(token_ids[index : index + _FEWEST_TOKENS]))
            if keys and index >= copied_until:
                self.found.append(Copy(first + index - 1, self._nearest(keys), Kind.ANSWER))
            if keys:
                copied_until = index + _FEWEST_TOKENS

    def _nearest(self, keys: list[int]) -> list[int]:
        """Return those of the last turn, which is what most is copied from, or else all of them."""
        return [key for key in keys if key >= self._last_given.start] or list(keys)


def _called(text: str) -> Iterator[tuple[int, int, Kind]]:
    """Yield where the names and values of the calls in `text` start and end."""
    for call in CALL.finditer(text):
        name = _NAME.match(text, call.start(1), call.end())
        if name:
            yield *name.span(1), Kind.NAME
            values = _VALUE_IN_CODE if name[1] == PYTHON_TOOL_NAME else _VALUE
            for value in values.finditer(text, name.end(), call.end()):
                yield *value.span(1 if value[1] else 2), Kind.VALUE
