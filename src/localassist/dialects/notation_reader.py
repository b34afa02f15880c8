"""Reads values in a notation that is not JSON: where one ends as its characters come, and what it is then."""

import json
import re
from typing import Any

from localassist.dialects.notation import Notation

_MAX_DEPTH = 100
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}
_OPEN, _CLOSE = "[{(", "]})"
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_BARE = re.compile(r"[^,\]})\s]+")
_BARE_KEY = re.compile(r"[^:,{}\[\]]*")


class ValueScanner:
    """Collects the characters of one value."""

    def __init__(self, notation: Notation) -> None:
        self._notation = notation
        self._chars: list[str] = []
        self._quote: str | None = None  # of the string being read
        self._tail = ""  # what may become a quote
        self._is_escape = False
        self._depth = 0

    @property
    def text(self) -> str:
        return "".join(self._chars)

    def accept(self, char: str) -> bool:
        """Read one character; False when the value ended before it."""
        if self._quote is None and self._depth == 0 and char in f",{_CLOSE}" and not self._begins_quote(char):
            return False
        self._chars.append(char)
        if self._is_escape:
            self._is_escape = False
            return True
        self._tail += char
        if self._quote is not None:
            self._is_escape = self._notation.is_escaped and char == "\\"
            if self._tail.endswith(self._quote):
                self._quote, self._tail = None, ""
            return True
        self._quote = next((quote for quote in self._notation.quotes if self._tail.endswith(quote)), None)
        if self._quote is not None:
            self._tail = ""
        elif not self._begins_quote(""):
            self._tail = ""
            self._depth += (char in _OPEN) - (char in _CLOSE)
        return True

    def _begins_quote(self, char: str) -> bool:
        """Whether the last characters, with one more, may be the beginning of a quote."""
        text = self._tail + char
        return bool(text) and any(quote.startswith(text) for quote in self._notation.quotes)


def read_value(text: str, notation: Notation) -> Any:
    """The value. Raises ValueError where it is none."""
    reader = _Reader(text, notation)
    value = reader.value(0)
    if not reader.is_at_end():
        raise ValueError("there is text after the value")
    return value


def _unescaped(text: str) -> str:
    def character(found: re.Match[str]) -> str:
        digits = found[1] or found[2]
        return chr(int(digits, 16)) if digits else _ESCAPES.get(found[3], found[3])

    text = _ESCAPE.sub(character, text)
    return _SURROGATES.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)


class _Reader:
    """One pass over the text of a value."""

    def __init__(self, text: str, notation: Notation) -> None:
        self._text = text
        self._at = 0
        self._notation = notation

    def is_at_end(self) -> bool:
        self._skip_space()
        return self._at == len(self._text)

    def value(self, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise ValueError("it is nested too deep")
        self._skip_space()
        text = self._string()
        if text is not None:
            return text
        if self._takes("["):
            return self._items("]", depth)
        if self._takes("("):
            return self._items(")", depth)
        if self._takes("{"):
            return self._members(depth)
        word = self._match(_BARE)
        return _WORDS[word] if word in _WORDS else json.loads(word)

    def _items(self, end: str, depth: int) -> list[Any]:
        items: list[Any] = []
        while not self._takes(end):
            if items and not self._takes(","):
                raise ValueError("a comma is missing")
            items.append(self.value(depth + 1))
        return items

    def _members(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not self._takes("}"):
            if members and not self._takes(","):
                raise ValueError("a comma is missing")
            self._skip_space()
            quoted = self._string()
            key = self._match(_BARE_KEY).strip() if quoted is None else quoted
            if not self._takes(":"):
                raise ValueError("a colon is missing")
            members[key] = self.value(depth + 1)
        return members

    def _string(self) -> str | None:
        quotes = self._notation.quotes
        quote = next((quote for quote in quotes if self._text.startswith(quote, self._at)), None)
        if quote is None:
            return None
        start = self._at + len(quote)
        end = self._string_end(start, quote)
        self._at = end + len(quote)
        text = self._text[start:end]
        return _unescaped(text) if self._notation.is_escaped else text

    def _string_end(self, at: int, quote: str) -> int:
        """Where the closing quote begins."""
        while not self._text.startswith(quote, at):
            if at >= len(self._text):
                raise ValueError("a string does not end")
            at += 2 if self._notation.is_escaped and self._text[at] == "\\" else 1
        return at

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return found[0] if found else ""

    def _takes(self, mark: str) -> bool:
        self._skip_space()
        if not self._text.startswith(mark, self._at):
            return False
        self._at += len(mark)
        return True

    def _skip_space(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1
