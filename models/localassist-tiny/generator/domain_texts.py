"""Reads the files `domains*.txt`: everyday functions and the ways people ask for them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from generator.terms import Term, choices
from generator.words import LANGUAGES

_SCRIPTS: Final = {"ko": re.compile("[가-힣]"), "zh": re.compile("[一-鿿]")}


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter: the property names it may have, what kind of value it takes, and what it is for."""

    names: tuple[str, ...]
    kind: str
    detail: str = ""
    description: str = ""

    @property
    def value_kind(self) -> str:
        """Kind and detail together, as `simple_value` takes them."""
        return f"{self.kind} {self.detail}".rstrip()


@dataclass(frozen=True, slots=True)
class Domain:
    """A function in its everyday setting; those written about one after another have neighbouring numbers."""

    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    slots: dict[str, Slot]
    requests: dict[str, list[str]] = field(default_factory=lambda: {language: [] for language in LANGUAGES})
    number: int | None = None

    def descriptions_in(self, language: str) -> list[str]:
        """Return the descriptions written in one language."""
        return [text for text in self.descriptions if _language_of(text) == language]


def _language_of(text: str) -> str:
    return next((language for language, script in _SCRIPTS.items() if script.search(text)), "en")


def _read_domains() -> list[Domain]:
    """Parse the text files next to this module."""
    domains: list[Domain] = []
    texts = [path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("domains*.txt"))]
    for line in "\n".join(texts).splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("@"):
            names, *descriptions = line[1:].split(" | ")
            domains.append(Domain(tuple(names.split()), tuple(descriptions), {}, number=len(domains)))
        elif line[:3] in ("en ", "ko ", "zh "):
            domains[-1].requests[line[:2]].append(line[3:])
        else:
            key, rest = line.split(": ", 1)
            names, kind, *description = rest.split(" | ")
            kind, _, detail = kind.partition(" ")
            domains[-1].slots[key] = Slot(tuple(names.split()), kind, detail, "".join(description))
    return domains


def _picks(domains: list[Domain]) -> list[Term]:
    """Collect the everyday words that parameters are filled with."""
    lists = [slot.detail.removeprefix("pick ") for domain in domains for slot in domain.slots.values()
             if slot.kind == "pick" or slot.detail.startswith("pick ")]  # fmt: skip
    return list(dict.fromkeys(term for text in lists for term in choices(text)))


DOMAINS: Final = _read_domains()
PICKS: Final = _picks(DOMAINS)
