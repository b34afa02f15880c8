"""One notion in three languages, and how lists of them are written."""

from __future__ import annotations

from typing import NamedTuple


class Term(NamedTuple):
    """One notion: its English, Korean and Chinese words."""

    en: str
    ko: str
    zh: str

    def in_language(self, language: str) -> str:
        """Return the word of one language."""
        return {"en": self.en, "ko": self.ko, "zh": self.zh}[language]


def terms(text: str) -> list[Term]:
    """Read terms written `en|ko|zh; en|ko|zh`."""
    return [Term(*entry.split("|")) for entry in " ".join(text.split()).split("; ")]


def choices(text: str) -> list[Term]:
    """Read terms written `en=ko=zh en=ko=zh`, where `_` stands for a space."""
    return [Term(*entry.replace("_", " ").split("=")) for entry in text.split()]
