"""Splits what a model writes in one turn, as it comes, into text and calls."""

from collections.abc import Callable
from typing import Protocol

from localassist.dialects.cutting import overlap
from localassist.protocols import ParsedPiece, TextPiece


class CallsReader(Protocol):
    """Reads calls from behind the marker that begins them, one or several."""

    @property
    def is_started(self) -> bool:
        """The first call's name is known."""
        ...

    @property
    def is_done(self) -> bool: ...

    @property
    def num_calls(self) -> int:
        """How many calls have been announced."""
        ...

    def accept(self, char: str) -> bool:
        """Read one character; False when the calls cannot go on with it."""
        ...

    def take(self) -> list[ParsedPiece]:
        """What has become known since the last time."""
        ...

    def close(self) -> list[ParsedPiece]:
        """What makes the arguments of the last call valid JSON, wherever it broke off."""
        ...


class TurnParser:
    """Splits a turn into text and calls. What looks like a call of something that was not offered stays text.

    Calls begin with the marker; None means that there are none. `new_reader` gets the index of the next call.
    """

    def __init__(
        self, marker: str | None, new_reader: Callable[[int], CallsReader], *, only_at_start: bool = False
    ) -> None:
        self._marker = marker or ""
        self._new_reader = new_reader
        self._only_at_start = only_at_start
        self._text = ""  # not given out yet: white space, or the beginning of a marker
        self._call: CallsReader | None = None
        self._raw_call = ""
        self._space = ""  # before the call; dropped when it is one
        self._num_calls = 0
        self._at_start = True  # of a text: white space there is dropped

    @property
    def is_reasoning(self) -> bool:
        return False

    def feed(self, text: str) -> list[ParsedPiece]:
        pieces: list[ParsedPiece] = []
        while text:
            text = self._feed_text(text, pieces) if self._call is None else self._feed_call(text, pieces)
        return pieces

    def finish(self) -> list[ParsedPiece]:
        pieces: list[ParsedPiece] = []
        if self._call is not None and self._call.is_started:
            pieces += self._call.close()
        elif self._call is not None:
            self._text = self._space + self._marker + self._raw_call
        self._give(self._text.rstrip(), pieces)
        self._text, self._call = "", None
        return pieces

    def _feed_text(self, text: str, pieces: list[ParsedPiece]) -> str:
        """Read text up to the next call; returns what comes after."""
        text = self._text + text
        at = text.find(self._marker) if self._looks_for_calls else -1
        if at >= 0 and not (self._only_at_start and text[:at].strip()):
            before = text[:at].rstrip()
            self._give(before, pieces)
            self._text, self._raw_call, self._space = "", "", text[len(before) : at]
            self._call = self._new_reader(self._num_calls)
            return text[at + len(self._marker) :]
        num_unclear = overlap(text, self._marker) if self._looks_for_calls else 0
        held = len(text) - len(text[: len(text) - num_unclear].rstrip())
        self._give(text[: len(text) - held], pieces)
        self._text = text[len(text) - held :]
        return ""

    @property
    def _looks_for_calls(self) -> bool:
        return bool(self._marker) and (self._at_start or not self._only_at_start)

    def _feed_call(self, text: str, pieces: list[ParsedPiece]) -> str:
        assert self._call is not None
        at = 0
        while at < len(text) and not self._call.is_done:
            if not self._call.accept(text[at]):
                return self._end_malformed(text[at:], self._raw_call + text[:at], pieces)
            at += 1
        self._raw_call += text[:at]
        pieces += self._call.take()
        if self._call.is_done:
            self._num_calls += self._call.num_calls
            self._call, self._at_start = None, True
        return text[at:]

    def _end_malformed(self, rest: str, raw: str, pieces: list[ParsedPiece]) -> str:
        """A call that cannot be one: text, or if it was announced already, closed where it went wrong."""
        assert self._call is not None
        call, self._call = self._call, None
        pieces += call.take()
        if call.is_started:
            pieces += call.close()
            self._num_calls += call.num_calls
            self._at_start = True
            return rest
        self._give(self._space + self._marker, pieces)
        return raw + rest

    def _give(self, text: str, pieces: list[ParsedPiece]) -> None:
        if self._at_start:
            text = text.lstrip()
        if text:
            self._at_start = False
            pieces.append(TextPiece(text))
