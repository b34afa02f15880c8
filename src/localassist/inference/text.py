"""Bytes of tokens to text, as they come: whole characters only, and nothing of a stop string ever gets out."""

import codecs
from typing import NamedTuple


class Chunk(NamedTuple):
    """Text that may be shown now, and whether a stop string ended the generation."""

    text: str
    stopped: bool


class TextDecoder:
    """Incremental UTF-8 with a scanner for stop strings."""

    def __init__(self, stop: tuple[str, ...] = ()) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stop = tuple(text for text in stop if text)
        self._held = ""
        self.has_visible_text = False

    def feed(self, data: bytes) -> Chunk:
        """Add the bytes of one token."""
        return self._release(self._decoder.decode(data))

    def finish(self) -> str:
        """What was held back, at the end of the generation."""
        chunk = self._release(self._decoder.decode(b"", final=True))
        return chunk.text if chunk.stopped else chunk.text + self._held

    def _release(self, text: str) -> Chunk:
        text = self._held + text
        if not self.has_visible_text:
            self.has_visible_text = not (text == "" or text.isspace())
        if not self._stop:
            return Chunk(text, stopped=False)
        found = [at for at in map(text.find, self._stop) if at >= 0]
        if found:
            self._held = ""
            return Chunk(text[: min(found)], stopped=True)
        held = max(_overlap(text, stop) for stop in self._stop)
        self._held = text[len(text) - held :]
        return Chunk(text[: len(text) - held], stopped=False)


def _overlap(text: str, stop: str) -> int:
    """The length of the longest end of `text` that begins `stop`."""
    for length in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:length]):
            return length
    return 0
