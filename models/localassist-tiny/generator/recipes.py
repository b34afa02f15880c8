"""Reads `recipes.txt`: problems to be worked out with Python, each with its code and the ways people ask for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from generator import lexicon, words
from generator.terms import Term


@dataclass(frozen=True, slots=True)
class Recipe:
    """A problem: its values by kind, the code that prints the answer, and questions by language."""

    kinds: dict[str, str]
    code: list[str] = field(default_factory=list)
    questions: dict[str, list[str]] = field(default_factory=lambda: {language: [] for language in words.LANGUAGES})


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it is said and as it stands in the code."""

    spoken: object
    code: str


def read_recipes(text: str) -> list[Recipe]:
    """Parse `@ key=kind ...`, then lines of code, then questions."""
    recipes: list[Recipe] = []
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "@":
            recipes.append(Recipe(dict(entry.split("=") for entry in rest.split())))
        elif kind == "code":
            recipes[-1].code.append(rest)
        elif kind in words.LANGUAGES:
            recipes[-1].questions[kind].append(rest)
    return recipes


def make_value(rng: Random, kind: str) -> Value:
    """Make a value of one of the kinds that recipes use."""
    if kind.startswith("int:"):
        low, high = kind.removeprefix("int:").split("-")
        return _plain(rng.randint(int(low), int(high)))
    if kind in ("numbers", "decimals"):
        numbers = [words.whole(rng) if kind == "numbers" else words.amount(rng) for _ in range(rng.randint(3, 7))]
        return Value(listed(rng, [str(number) for number in numbers]), str(numbers))
    if kind == "names":
        names = rng.sample(words.FIRST_NAMES, rng.randint(2, 5))
        return Value(listed(rng, names), str(names))
    makers = {
        "dec": lambda: words.amount(rng),
        "money": lambda: round(rng.uniform(1, 900), 2),
        "date": lambda: words.iso_date(rng),
        "year": lambda: rng.randint(1900, 2039),
        "name": lambda: rng.choice(words.FIRST_NAMES),
        "thing": lambda: lexicon.a_thing(rng, "en"),
        "word": lambda: words.nonsense(rng),
        "text": lambda: lexicon.phrase(rng, "en"),
        "letter": lambda: rng.choice("aeiorstln"),
    }
    return _plain(makers[kind]())


def listed(rng: Random, said: list[str]) -> Term:
    """Write values one after another as people do in each language."""

    def joined(*joints: tuple[str, str]) -> str:
        joint, last = rng.choice(joints)
        return joint.join(said[:-1]) + last + said[-1]

    plain = ((", ", ", "), (", ", ", "), (" ", " "))
    return Term(
        joined(*plain, (", ", " and "), (", ", ", and "), (" and ", " and ")),
        joined(*plain, (", ", " 그리고 "), (", ", "[과와] ")),
        joined(*plain, ("、", "、"), ("、", "和"), (",", ",")),
    )


def _plain(value: object) -> Value:
    return Value(value, str(value))


RECIPES: Final = read_recipes((Path(__file__).parent / "recipes.txt").read_text(encoding="utf-8"))
