"""Words requests for functions, together with the arguments that must come out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from generator import lexicon, words
from generator.domains import Filled, fill_object, fill_slot, slots_in, speak
from generator.functions import GENERIC_REQUESTS, Function
from generator.phrases import read_phrases
from generator.scene import fill


@dataclass(frozen=True, slots=True)
class Request:
    """What the user says and the call it asks for."""

    text: str
    name: str
    arguments: dict[str, Any]


_PHRASES: Final = read_phrases("requests")
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


def ask(rng: Random, function: Function, language: str) -> Request:
    """Say a request for `function` and work out its arguments."""
    domain = function.domain
    usable = [text for text in domain.requests[language] if set(slots_in(text)) - {"pairs"} <= set(domain.slots)]
    if not usable:
        usable = [text for text in GENERIC_REQUESTS[language] if "{name}" in text]
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
