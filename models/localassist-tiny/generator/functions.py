"""Makes functions to offer: everyday ones, and ones put together from a verb, a thing and qualities."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

from generator import lexicon, words
from generator.domain_texts import DOMAINS, Domain, Slot
from generator.domains import schema_of, slots_in
from generator.phrases import read_phrases
from generator.scene import Scene, fill
from generator.terms import Term

GENERIC_REQUESTS: Final = read_phrases("requests")["generic"]
_GENERIC_SHARE: Final = 0.12
_UNDESCRIBED_SHARE: Final = 0.12
# How often a function is offered beside one it is easily taken for.
_NEIGHBOUR_SHARE: Final = 0.3
_FLAGS: Final = [
    "urgent",
    "public",
    "active",
    "enabled",
    "notify",
    "verbose",
    "archived",
    "premium",
    "recursive",
    "visible",
    "shared",
    "repeat",
    "express",
]


@dataclass(frozen=True, slots=True)
class Function:
    """A function on offer and the means to ask for it again with other values."""

    tool: dict[str, Any]
    domain: Domain
    property_names: dict[str, str]

    @property
    def name(self) -> str:
        """The name the model must call."""
        return str(self.tool["function"]["name"])


def offer_functions(scene: Scene, count: int) -> list[Function]:
    """Put `count` different functions on offer and return them."""
    offered: list[Function] = []
    while len(offered) < count:
        if scene.rng.random() < _GENERIC_SHARE:
            function = generic_function(scene.rng)
        else:
            near = offered[-1].domain.number if offered else None
            function = domain_function(scene.rng, scene.language, near)
        if function.name not in scene.tool_names and not _looks_alike(function, offered):
            scene.offer(function.tool)
            offered.append(function)
    return offered


def _looks_alike(function: Function, others: list[Function]) -> bool:
    return any(function.domain.requests == other.domain.requests for other in others)


def domain_function(rng: Random, language: str, near: int | None = None) -> Function:
    """Offer an everyday function under one of its names, now and then one written next to function number `near`."""
    domain = rng.choice(DOMAINS)
    if near is not None and rng.random() < _NEIGHBOUR_SHARE:
        domain = DOMAINS[(near + rng.randint(-6, 6)) % len(DOMAINS)]
    slots = dict(domain.slots)
    if rng.random() < 0.3 and (spare := [key for key in slots if _can_do_without(domain, key)]):
        slots.pop(rng.choice(spare))
    name, description = _restyled(rng, rng.choice(domain.names)), _described(rng, domain, language)
    return _function(rng, replace(domain, slots=slots), name, description)


def _described(rng: Random, domain: Domain, language: str) -> str:
    """Choose a description, English more often than not, now and then none."""
    if rng.random() < _UNDESCRIBED_SHARE:
        return ""
    own = domain.descriptions_in(language) if rng.random() < 0.35 else []
    description = rng.choice(own or domain.descriptions_in("en") or list(domain.descriptions))
    return description.rstrip(".。") if rng.random() < 0.4 else description


def _can_do_without(domain: Domain, key: str) -> bool:
    """Whether people ask for the function without saying this, in every language."""
    rest = set(domain.slots) - {key}
    return bool(rest) and all(any(set(slots_in(text)) <= rest for text in texts) for texts in domain.requests.values())


def generic_function(rng: Random) -> Function:
    """Offer a function put together from a verb, a thing and qualities, real words or not."""
    verb, thing = rng.choice(lexicon.VERBS), rng.choice(lexicon.THINGS)
    if rng.random() < 0.35:
        made_up = words.nonsense(rng)
        thing = Term(made_up, rng.choice((made_up, words.coined(rng, "ko"))), made_up)
    name = f"{verb.en} {thing.en}".replace(" ", "_")
    if rng.random() < 0.15:
        name = f"{thing.en.replace(' ', '_')}_{rng.choice(('info', 'lookup', 'service', 'query', verb.en.replace(' ', '_')))}"
    slots: dict[str, Slot] = {}
    for _ in range(rng.choices((1, 2, 3, 4), (6, 4, 2, 0.5))[0]):
        key, slot = _generic_slot(rng)
        slots.setdefault(key, slot)
    description = rng.choice((f"{verb.en.capitalize()} a {thing.en}.", f"{verb.en} {thing.en}", "", f"{thing.ko} {verb.ko}",
                              f"{verb.zh}{thing.zh}"))  # fmt: skip
    domain = Domain((_restyled(rng, name),), (description,), slots)
    for language in words.LANGUAGES:
        values = {"verb": verb.in_language(language), "thing": thing.in_language(language), "name": domain.names[0]}
        domain.requests[language].extend(fill(text, values) for text in GENERIC_REQUESTS[language])
    return _function(rng, domain, domain.names[0], description)


def _function(rng: Random, domain: Domain, name: str, description: str) -> Function:
    property_names = {key: _unused(rng, slot) for key, slot in domain.slots.items()}
    if len(set(property_names.values())) < len(property_names):
        property_names = {key: slot.names[0] for key, slot in domain.slots.items()}
    properties: dict[str, Any] = {}
    described = rng.random() < 0.3
    for key, slot in domain.slots.items():
        schema = schema_of(slot, rng)
        if described and rng.random() < 0.8:
            label = slot.names[0].replace("_", " ")
            said = (f"The {label}", f"{label}, e.g. {lexicon.value(rng, 'word', 'en')}", label)
            schema["description"] = slot.description or rng.choice(said)
        properties[property_names[key]] = schema
    parameters: dict[str, Any] = {"type": "object", "properties": properties}
    always = [key for key in domain.slots if _always_said(domain, key)]
    if rng.random() < 0.85:
        parameters["required"] = [property_names[key] for key in always]
    if rng.random() < 0.15:
        parameters["additionalProperties"] = False
    body: dict[str, Any] = {"name": name}
    if description:
        body["description"] = description
    body["parameters"] = parameters
    if rng.random() < 0.1:
        body["strict"] = True
    return Function({"type": "function", "function": body}, domain, property_names)


def _always_said(domain: Domain, key: str) -> bool:
    texts = [slots_in(text) for language in words.LANGUAGES for text in domain.requests[language]]
    return all(
        key in mentioned or "pairs" in mentioned
        for mentioned in texts
        if set(mentioned) - {"pairs"} <= set(domain.slots)
    )


def _unused(rng: Random, slot: Slot) -> str:
    return slot.names[0] if rng.random() < 0.3 else rng.choice(slot.names)


def _generic_slot(rng: Random) -> tuple[str, Slot]:
    shape = rng.choices(("quality", "flag", "enum", "list", "object", "odd"), (10, 1.5, 1.5, 1.5, 1, 2))[0]
    if shape == "flag":
        flag = rng.choice(_FLAGS)
        return flag, Slot((flag,), "boolean")
    if shape == "enum":
        choices = rng.sample([term for term in (*lexicon.STATUSES, *lexicon.COLORS, *lexicon.QUALIFIERS) if " " not in "".join(term)],
                             rng.randint(2, 5))  # fmt: skip
        key = rng.choice(["status", "mode", "level", "kind", "color", "priority", "type", "state", "option", "style"])
        return key, Slot((key,), "enum", " ".join("=".join(term) for term in choices))
    if shape == "odd":
        key = words.nonsense(rng)
        return key, Slot((key,), rng.choice(("word", "code", "integer", "number", "phrase", "person")))
    quality = rng.choice(lexicon.QUALITIES)
    key = quality.label.en.replace(" ", "_")
    if shape == "list":
        plural = f"{key}s"
        return plural, Slot((plural,), "list", rng.choice((quality.kind, "word", "integer")))
    if shape == "object":
        parts = rng.sample(lexicon.QUALITIES, rng.randint(2, 3))
        return key, Slot((key,), "object", " ".join(f"{p.label.en.replace(' ', '_')}:{p.kind}" for p in parts))
    return key, Slot((key,), quality.kind)


def _restyled(rng: Random, name: str) -> str:
    style = rng.random()
    if style < 0.12:
        first, *rest = name.split("_")
        return first + "".join(part.title() for part in rest)
    if style < 0.18:
        return f"{name}_{rng.choice(('v2', 'tool', 'api', 'now', words.nonsense(rng, 1)))}"
    if style < 0.3:
        last = name.rsplit("_", maxsplit=1)[-1]
        return last if len(last) > 2 else name
    return name
