"""Reads the phrases that dialogues are worded with: one text file for each topic, a `[name]`, then a line for each phrase."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from generator.words import LANGUAGES

Texts = dict[str, list[str]]
_DIRECTORY: Final = Path(__file__).parent / "phrases"


def read_phrases(topic: str) -> dict[str, Texts]:
    """Read the phrases of one topic by name and language."""
    tables: dict[str, Texts] = {}
    table: Texts = {}
    for line in (_DIRECTORY / f"{topic}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            table = tables.setdefault(line.strip("[]"), {language: [] for language in LANGUAGES})
        elif line:
            table[line[:2]].append(line[3:])
    return tables
