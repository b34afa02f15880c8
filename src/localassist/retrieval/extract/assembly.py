"""Puts the pieces of a document together into one text, and remembers where pages and headings begin."""

import re
import unicodedata
from itertools import pairwise

from localassist.protocols import SourceText

_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")
# A word that goes on in the next line: soft hyphens, and what PDFium makes of them.
_HYPHENATION = re.compile(r"[\x02\xad\ufffe]\n")
_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\xad\u200b\ufeff\ufffe\uffff]|[\ud800-\udfff]")


def normalised(text: str) -> str:
    """Composed characters, single spaces, line feeds; no control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    text = _HYPHENATION.sub("", text)
    text = _UNWANTED.sub("", unicodedata.normalize("NFC", text))
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


class Assembly:
    """A text that grows piece by piece; pieces stand apart by an empty line."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._page_starts: list[int] = []
        self._headings: list[tuple[int, str]] = []

    @property
    def has_text(self) -> bool:
        return bool(self._pieces)

    def begin_page(self, number: int) -> None:
        """What is added from now on is on this page, counted from 1; pages left out are empty."""
        while len(self._page_starts) < number:
            self._page_starts.append(self._length)

    def add(self, text: str, *, is_heading: bool = False) -> None:
        """A paragraph, a row or a whole page; nothing when it has no visible text."""
        piece = normalised(text)
        if not piece:
            return
        if is_heading:
            self._headings.append((self._length, " ".join(piece.split())))
        self._pieces.append(piece)
        self._length += len(piece) + 2

    def add_document(self, title: str, source: SourceText) -> None:
        """A whole text under a heading, with its own headings; its pages are not pages of this one."""
        self.add(title, is_heading=True)
        parts = [(0, ""), *source.headings, (len(source.text), "")]
        for (start, heading), (end, _) in pairwise(parts):
            piece = normalised(source.text[start:end])
            if piece and heading:
                self._headings.append((self._length, heading))
            self.add(piece)

    def finish(self) -> SourceText:
        text = "\n\n".join(self._pieces)
        # A page that begins after the last piece begins at the end of the text.
        starts = tuple(min(start, len(text)) for start in self._page_starts)
        return SourceText(text, page_starts=starts, headings=tuple(self._headings))
