"""Fills in what the files `domains*.txt` say: values for the slots of functions, and their schemas."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from generator import lexicon, words
from generator.domain_texts import Slot
from generator.terms import choices, terms

ROOMS: Final = terms("""
kitchen|부엌|厨房; bedroom|침실|卧室; living room|거실|客厅; bathroom|욕실|浴室; office|사무실|办公室; garage|차고|车库; hallway|복도|走廊;
garden|정원|花园; basement|지하실|地下室; attic|다락방|阁楼; nursery|아기방|婴儿房; balcony|발코니|阳台
""")
ACTIVITIES: Final = terms("""
running|달리기|跑步; swimming|수영|游泳; cycling|자전거|骑车; hiking|등산|徒步; rowing|조정|划船; climbing|클라이밍|攀岩; skiing|스키|滑雪;
dancing|춤|跳舞; walking|걷기|散步; yoga|요가|瑜伽
""")
JSON_TYPES: Final = {
    "integer": "integer", "small": "integer", "age": "integer", "tens": "integer", "percent": "integer",
    "stars": "integer", "year": "integer", "number": "number", "amount": "number", "boolean": "boolean",
}  # fmt: skip
_FIELD: Final = re.compile(r"\{(\w+)(?:\.(\w+))?(?:\?([^|}]*)\|([^}]*))?\}")


@dataclass(frozen=True, slots=True)
class Filled:
    """A value as it is said and as it stands in the arguments."""

    spoken: str
    argument: Any


def slots_in(template: str) -> list[str]:
    """Name the slots a request mentions, each once, in order."""
    return list(dict.fromkeys(match[1] for match in _FIELD.finditer(template)))


def speak(template: str, filled: dict[str, Filled]) -> str:
    """Put the spoken values into a request."""

    def spoken(match: re.Match[str]) -> str:
        name, part, yes, no = match.groups()
        if yes is not None:
            return yes if filled[name].argument else no
        return filled[f"{name}.{part}" if part else name].spoken

    return words.josa(_FIELD.sub(spoken, template))


def fill_slot(rng: Random, slot: Slot, language: str) -> Filled:
    """Make a value for a slot that is not an object."""
    if slot.kind == "enum":
        entry = rng.choice(slot.detail.split())
        return Filled(choices(entry)[0].in_language(language), entry.split("=")[0])
    if slot.kind == "boolean":
        return Filled("", rng.random() < 0.5)
    if slot.kind == "list":
        items = [simple_value(rng, slot.detail, language) for _ in range(rng.randint(2, 4))]
        if rng.random() < 0.3:
            return Filled(", ".join(map(str, items)), items)
        return Filled(lexicon.joined([str(item) for item in items], language), items)
    made = simple_value(rng, slot.value_kind, language)
    return Filled(str(made), made)


def fill_object(rng: Random, slot: Slot, language: str) -> dict[str, Filled]:
    """Make the parts of an object slot by part name."""
    parts = (part.split(":") for part in slot.detail.split())
    return {name: fill_slot(rng, Slot((name,), kind), language) for name, kind in parts}


def simple_value(rng: Random, kind: str, language: str) -> str | int | float:
    """Make a value of a kind used in `domains.txt`."""
    if kind.startswith("pick "):
        return rng.choice(choices(kind.removeprefix("pick "))).in_language(language)
    if kind == "room" and rng.random() < 0.8:
        return rng.choice(ROOMS).in_language(language)
    if kind == "activity":
        return rng.choice(ACTIVITIES).in_language(language)
    ranges = {"small": (1, 12), "age": (3, 99), "percent": (0, 100), "stars": (1, 5), "year": (1930, 2039)}
    if kind in ranges:
        return rng.randint(*ranges[kind])
    if kind == "tens":
        return rng.choice((rng.randint(1, 12) * 5, rng.randint(10, 180)))
    if kind == "ticker":
        return "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=rng.randint(2, 5)))
    return lexicon.value(rng, {"amount": "number", "room": "word"}.get(kind, kind), language)


def schema_of(slot: Slot, rng: Random) -> dict[str, Any]:
    """Write the JSON schema of a slot."""
    if slot.kind == "enum":
        return {"type": "string", "enum": [entry.split("=")[0] for entry in slot.detail.split()]}
    if slot.kind == "list":
        return {"type": "array", "items": {"type": JSON_TYPES.get(slot.detail, "string")}}
    if slot.kind == "object":
        parts = [part.split(":") for part in slot.detail.split()]
        properties = {name: {"type": JSON_TYPES.get(kind, "string")} for name, kind in parts}
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        if rng.random() < 0.7:
            schema["required"] = list(properties)
        return schema
    return {"type": JSON_TYPES.get(slot.kind, "string")}
