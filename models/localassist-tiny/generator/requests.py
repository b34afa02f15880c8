"""Makes function definitions together with requests for them and the arguments that must come out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from generator import lexicon, words
from generator.domains import DOMAINS, Domain, Filled, Slot, fill_object, fill_slot, schema_of, slots_in, speak
from generator.phrases import read_phrases
from generator.scene import Scene, fill


@dataclass(frozen=True, slots=True)
class Request:
    """What the user says and the call it asks for."""

    text: str
    name: str
    arguments: dict[str, Any]


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


_PHRASES: Final = read_phrases("requests")
_GENERIC: Final = _PHRASES["generic"]
_PAIRS: Final = _PHRASES["pairs"]
# A lone value needs no label: what it is follows from its look or from the only parameter there is.
_BARE: Final = {
    "en": {"city": "in {v}", "person": "for {v}", "email": "to {v}", "date": "on {v}", "time": "at {v}", "code": "{v}"},
    "ko": {"city": "{v}", "person": "{v}", "email": "{v}", "date": "{v}", "time": "{v}", "code": "{v}"},
    "zh": {"city": "在{v}", "person": "给{v}", "email": "{v}", "date": "{v}", "time": "{v}", "code": "{v}"},
}  # fmt: skip
_LONE: Final = {
    "en": ("{v}", '"{v}"', "for {v}", 'for "{v}"', "of {v}", "with {v}", "on {v}", "namely {v}", "({v})"),
    "ko": ("{v}", '"{v}"', "{v}에 대해", "({v})", "{v}[이]라는 값으로"),
    "zh": ("{v}", '"{v}"', "关于{v}", "({v})", "就是{v}"),
}
# How often a request says no more than the function's description does.
_IN_WORDS_OF_DESCRIPTION: Final = 0.1
# Words around a loose request.
_TOPICS: Final = _PHRASES["topics"]
_NOISE: Final = _PHRASES["noise"]
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


def domain_function(rng: Random) -> Function:
    """Offer an everyday function under one of its names."""
    domain = rng.choice(DOMAINS)
    name = _restyled(rng, rng.choice(domain.names))
    slots = dict(domain.slots)
    if rng.random() < 0.3 and (spare := [key for key in slots if _can_do_without(domain, key)]):
        slots.pop(rng.choice(spare))
    described = rng.choices((domain.description, domain.description.rstrip("."), ""), (3, 3, 1))[0]
    return _function(rng, Domain((name,), described, slots, domain.requests))


def _can_do_without(domain: Domain, key: str) -> bool:
    """Whether people ask for the function without saying this, in every language."""
    rest = set(domain.slots) - {key}
    return bool(rest) and all(any(set(slots_in(text)) <= rest for text in texts) for texts in domain.requests.values())


def generic_function(rng: Random) -> Function:
    """Offer a function put together from a verb, a thing and qualities, real words or not."""
    verb, thing = rng.choice(lexicon.VERBS), rng.choice(lexicon.THINGS)
    if rng.random() < 0.35:
        made_up = words.nonsense(rng)
        thing = lexicon.Term(made_up, rng.choice((made_up, words.coined(rng, "ko"))), made_up)
    name = f"{verb.en} {thing.en}".replace(" ", "_")
    if rng.random() < 0.15:
        name = f"{thing.en.replace(' ', '_')}_{rng.choice(('info', 'lookup', 'service', 'query', verb.en.replace(' ', '_')))}"
    slots: dict[str, Slot] = {}
    for _ in range(rng.choices((1, 2, 3, 4), (6, 4, 2, 0.5))[0]):
        key, slot = _generic_slot(rng)
        slots.setdefault(key, slot)
    description = rng.choice((f"{verb.en.capitalize()} a {thing.en}.", f"{verb.en} {thing.en}", "", f"{thing.ko} {verb.ko}",
                              f"{verb.zh}{thing.zh}"))  # fmt: skip
    domain = Domain((_restyled(rng, name),), description, slots)
    for language in words.LANGUAGES:
        values = {"verb": verb.in_language(language), "thing": thing.in_language(language), "name": domain.names[0]}
        domain.requests[language].extend(fill(text, values) for text in _GENERIC[language])
    return _function(rng, domain)


def ask(rng: Random, function: Function, language: str) -> Request:
    """Say a request for `function` and work out its arguments."""
    domain = function.domain
    usable = [text for text in domain.requests[language] if set(slots_in(text)) - {"pairs"} <= set(domain.slots)]
    if not usable:
        usable = [text for text in _GENERIC[language] if "{name}" in text]
        usable = [text.replace("{name}", function.name) for text in usable]
    template = rng.choice(usable)
    described = function.tool["function"].get("description", "")
    if described and language == "en" and rng.random() < _IN_WORDS_OF_DESCRIPTION:
        template = described[:1].lower() + described[1:].rstrip(".") + ": {pairs}"
    filled, arguments = fill_all(rng, function, slots_in(template), language)
    text = speak(template.replace("{pairs}", "\0"), filled)
    if "\0" in text:
        text = text.replace("\0", _pairs(rng, function, filled, language))
    return Request(_cased(rng, text, filled, language), function.name, arguments)


def loose(rng: Random, function: Function, language: str) -> Request:
    """Say a request in loose words: what it is about and the values, among words that mean nothing here."""
    domain = function.domain
    keys = [key for key, slot in domain.slots.items() if slot.kind not in ("boolean", "enum", "object")]
    required = function.tool["function"]["parameters"].get("required", [])
    said = {function.property_names[key] for key in keys}
    if not keys or not set(required) <= said or len(keys) > 3:
        return ask(rng, function, language)
    filled, arguments = fill_all(rng, function, keys, language)
    parts = [_loose_part(rng, key, filled[key], alone=len(keys) == 1, language=language) for key in filled]
    topic = rng.choice(re.findall(r"[A-Z]?[a-z]+", function.name) or [function.name]).lower()
    if language != "en":
        topic = next((t.in_language(language) for t in lexicon.THINGS if t.en in function.name), topic)
    parts.append(rng.choice(_TOPICS[language]).format(topic))
    rng.shuffle(parts)
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        noise = rng.choice(_NOISE[language]) if rng.random() < 0.7 else words.coined(rng, language)
        parts.insert(rng.randint(0, len(parts)), noise)
    joint = {"en": (" ", " ", ", "), "ko": (" ", " ", ", "), "zh": ("", "", ",")}[language]
    text = "".join(part + (rng.choice(joint) if index < len(parts) - 1 else "") for index, part in enumerate(parts))
    text += rng.choice({"en": ("", ".", "?", "!"), "ko": ("", ".", "?"), "zh": ("", "。", "?")}[language])
    return Request(words.josa(_capitalised(rng, text, filled)), function.name, arguments)


def _loose_part(rng: Random, key: str, value: Filled, *, alone: bool, language: str) -> str:
    if alone and rng.random() < 0.6:
        before = {
            "en": ("", "", "for ", "of ", "in ", "at ", "from ", "to ", "with ", "on "),
            "ko": ("",),
            "zh": ("", "", "在", "给", "用"),
        }
        return rng.choice(before[language]) + value.spoken
    shape = rng.choice(
        {
            "en": (
                "{0} {1}",
                "{1} {0}",
                "{0} of {1}",
                "my {0} is {1}",
                "{1} for {0}",
                "the {0}, {1},",
                "{0} being {1}",
                "{1} as {0}",
            ),
            "ko": ("{0} {1}", "{1} {0}", "{0}[은는] {1}", "{0}: {1}"),
            "zh": ("{0}{1}", "{1}{0}", "{0}是{1}", "{0}:{1}"),
        }[language]
    )
    return shape.format(label_of(key, language), value.spoken)


def fill_all(
    rng: Random, function: Function, mentioned: list[str], language: str
) -> tuple[dict[str, Filled], dict[str, Any]]:
    """Make values for the slots a request mentions, or for all when it lists pairs."""
    filled: dict[str, Filled] = {}
    arguments: dict[str, Any] = {}
    required = function.tool["function"]["parameters"].get("required", [])
    for key, slot in function.domain.slots.items():
        name = function.property_names[key]
        if "pairs" in mentioned:
            if name not in required and rng.random() < 0.5:
                continue
        elif key not in mentioned:
            continue
        if slot.kind == "object":
            parts = fill_object(rng, slot, language)
            filled |= {f"{key}.{part}": value for part, value in parts.items()}
            arguments[name] = {part: value.argument for part, value in parts.items()}
        else:
            filled[key] = fill_slot(rng, slot, language)
            arguments[name] = filled[key].argument
    return filled, arguments


def _function(rng: Random, domain: Domain) -> Function:
    property_names = {key: _unused(rng, slot) for key, slot in domain.slots.items()}
    if len(set(property_names.values())) < len(property_names):
        property_names = {key: slot.names[0] for key, slot in domain.slots.items()}
    properties: dict[str, Any] = {}
    described = rng.random() < 0.3
    for key, slot in domain.slots.items():
        schema = schema_of(slot, rng)
        if described and rng.random() < 0.7:
            label = slot.names[0].replace("_", " ")
            schema["description"] = rng.choice(
                (f"The {label}", f"{label}, e.g. {lexicon.value(rng, 'word', 'en')}", label)
            )
        properties[property_names[key]] = schema
    parameters: dict[str, Any] = {"type": "object", "properties": properties}
    always = [key for key in domain.slots if _always_said(domain, key)]
    if rng.random() < 0.85:
        parameters["required"] = [property_names[key] for key in always]
    if rng.random() < 0.15:
        parameters["additionalProperties"] = False
    body: dict[str, Any] = {"name": domain.names[0]}
    if domain.description:
        body["description"] = domain.description
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


def label_of(key: str, language: str) -> str:
    """Say a property name in `language` where it has a word for it, else as it stands."""
    plain = key.replace("_", " ")
    for quality in lexicon.QUALITIES:
        if quality.label.en == plain:
            return quality.label.in_language(language)
    return plain


def _pairs(rng: Random, function: Function, filled: dict[str, Filled], language: str) -> str:
    if len(filled) == 1 and rng.random() < 0.5:
        key, value = next(iter(filled.items()))
        bare = _BARE[language].get(function.domain.slots[key].kind if key in function.domain.slots else "")
        if value.spoken:
            shape = bare if bare and rng.random() < 0.5 else rng.choice(_LONE[language])
            return fill(shape, {"v": value.spoken})
    shape = rng.choice(_PAIRS[language])
    said = [_pair(rng, shape, key, value, language) for key, value in filled.items()]
    if rng.random() < 0.4:
        rng.shuffle(said)
    joint = rng.choice({"en": (", ", " and ", "; "), "ko": (", ", " "), "zh": (",", "、")}[language])
    return joint.join(said)


def _pair(rng: Random, shape: str, key: str, value: Filled, language: str) -> str:
    label = label_of(key.rsplit(".", maxsplit=1)[-1], language)
    if isinstance(value.argument, bool):
        return _flag_words(rng, label, value.argument, language)
    spoken = f'"{value.spoken}"' if rng.random() < 0.1 and isinstance(value.argument, str) else value.spoken
    return fill(rng.choice((shape, shape, rng.choice(_PAIRS[language]))), {"label": label, "value": spoken})


def _flag_words(rng: Random, label: str, is_set: bool, language: str) -> str:
    yes, no = {
        "en": (
            ["{0}: yes", "{0}", "{0} true", "make it {0}", "{0} on"],
            ["{0}: no", "not {0}", "{0} false", "{0} off"],
        ),
        "ko": (["{0}: 예", "{0} 켜기", "{0} true"], ["{0}: 아니요", "{0} 끄기", "{0} false"]),
        "zh": (["{0}:是", "{0}开", "{0} true"], ["{0}:否", "{0}关", "{0} false"]),
    }[language]
    return rng.choice(yes if is_set else no).format(label)


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


def _capitalised(rng: Random, text: str, filled: dict[str, Filled]) -> str:
    """Begin with a capital more often than not, but never change a value, which must be copied as it was said."""
    begins_with_value = any(value.spoken and text.startswith(value.spoken) for value in filled.values())
    return text if begins_with_value or rng.random() < 0.3 else text[:1].upper() + text[1:]


def in_context(rng: Random, text: str, language: str) -> str:
    """Put a sentence that asks for nothing before or after a request, as people do."""
    if rng.random() < 0.8:
        return text
    said = words.josa(rng.choice(_CONTEXT[language]).replace("{thing}", lexicon.a_thing(rng, language)))
    joint = "" if language == "zh" else " "
    return rng.choice((f"{said}{joint}{text}", f"{text}{joint}{said}"))


_CONTEXT: Final = _PHRASES["context"]
_POLITE: Final = _PHRASES["polite"]


def _cased(rng: Random, text: str, filled: dict[str, Filled], language: str) -> str:
    text = _capitalised(rng, text, filled)
    return rng.choice(_POLITE[language]).format(text) if rng.random() < 0.25 and "{" not in text else text


def offer_functions(scene: Scene, count: int) -> list[Function]:
    """Put `count` different functions on offer and return them."""
    offered: list[Function] = []
    while len(offered) < count:
        function = domain_function(scene.rng) if scene.rng.random() < 0.75 else generic_function(scene.rng)
        if function.name not in scene.tool_names and not _looks_alike(function, offered):
            scene.offer(function.tool)
            offered.append(function)
    return offered


def _looks_alike(function: Function, others: list[Function]) -> bool:
    return any(function.domain.requests == other.domain.requests for other in others)
