"""Cutting rendered text at what was put into it, without cutting markers in two."""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any


def common(texts: Sequence[str]) -> str:
    """What all texts begin with."""
    return "".join(chars[0] for chars in takewhile(lambda chars: len(set(chars)) == 1, zip(*texts, strict=False)))


def overlap(text: str, marker: str) -> int:
    """The length of the longest end of a text that begins a marker without being all of it."""
    lengths = range(min(len(text), len(marker) - 1), 0, -1)
    return next((length for length in lengths if text.endswith(marker[:length])), 0)


def find_json(text: str, arguments: Mapping[str, Any]) -> tuple[int, int] | None:
    """Where the arguments stand as a JSON object."""
    decoder = json.JSONDecoder()
    for at in (found.start() for found in re.finditer(r"\{", text)):
        try:
            value, end = decoder.raw_decode(text, at)
        except ValueError:
            continue
        if value == arguments:
            return at, end
    return None


def style_of(text: str, arguments: Mapping[str, Any]) -> tuple[str, str] | None:
    for style in ((", ", ": "), (",", ":")):
        if text == json.dumps(arguments, separators=style):
            return style
    return None


def cut(text: str, words: Sequence[str]) -> list[str] | None:
    """The pieces around words that come one after the other."""
    pieces = []
    for word in words:
        piece, found, text = text.partition(word)
        if not found:
            return None
        pieces.append(piece)
    return [*pieces, text]


def common_start(one: str, other: str) -> str:
    """The longest common beginning that does not end within a marker."""
    shared = common([one, other])
    opened = max(shared.rfind("<"), shared.rfind("[") if shared.endswith(tuple("[ABCDEFGHIJKLMNOPQRSTUVWXYZ_")) else -1)
    if opened > shared.rfind(">") and shared not in (one, other):
        return shared[:opened]
    return shared


def common_end(one: str, other: str, *, is_inside: bool = False) -> str:
    """The longest common end that does not begin within a marker; `one` may itself begin inside of one."""
    shared = common([one[::-1], other[::-1]])[::-1]
    rests = [text[: len(text) - len(shared)] for text in (one, other)]
    if any(rest.rfind("<") > rest.rfind(">") for rest in rests) or (is_inside and not rests[0] and ">" in shared[:1]):
        return shared.partition(">")[2]
    return shared


def common_quote(before: str, *after: str) -> str:
    """The longest text that ends `before` and begins everything that comes after a value; "" where there is none."""
    starts = (before[at:] for at in range(len(before)))
    return next((start for start in starts if all(text.startswith(start) for text in after)), "")
