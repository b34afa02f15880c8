"""Makes what functions return, and the sentences that report it."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from generator import lexicon, search, words
from generator.domain_texts import DOMAINS
from generator.domains import simple_value
from generator.phrases import read_phrases
from generator.requests import label_of
from generator.scene import Scene, fill

_PHRASES: Final = read_phrases("results")
_IS: Final = _PHRASES["is"]
_DONE: Final = {"en": "Done.", "ko": "완료했습니다.", "zh": "已完成。"}
_FAILED: Final = {"en": "That did not work: {0}.", "ko": "실패했습니다: {0}.", "zh": "操作失败:{0}。"}
_ANSWER_IS: Final = {"en": "The answer is {0}.", "ko": "답은 {0}입니다.", "zh": "答案是{0}。"}
_NONE_FOUND: Final = {"en": "There are no results.", "ko": "결과가 없습니다.", "zh": "没有结果。"}
_FOR: Final = {"en": "For {0}, {1}.", "ko": "{0}: {1}.", "zh": "{0}:{1}。"}
_ERRORS: Final = (
    "not found", "Unknown {0}", "Permission denied", "{0} is missing", "Service unavailable", "{0} does not exist",
    "Invalid {0}", "Too many requests", "Timeout after 30 s", "The {0} is full",
)  # fmt: skip

# What functions take they may as well return.
_PARAMETERS: Final = [
    (name, slot.value_kind)
    for domain in DOMAINS
    for slot in domain.slots.values()
    for name in slot.names
    if slot.kind not in ("enum", "boolean", "list", "object")
]


def make_result(rng: Random, language: str) -> object:
    """Make a function's result: an object, a list, a bare value, a sentence, an error."""
    shape = rng.choices(("object", "number", "text", "list", "error", "done", "sentence", "nested", "empty", "rows"),
                        (10, 3, 3, 2, 1.5, 2, 3, 1.5, 0.7, 1))[0]  # fmt: skip
    if shape == "object":
        return _record(rng, rng.choices((1, 2, 3, 4), (4, 5, 3, 1))[0], language)
    if shape == "number":
        return rng.choice((words.whole(rng), words.amount(rng), str(words.whole(rng)), f"[({words.whole(rng)},)]"))
    if shape == "text":
        return str(lexicon.value(rng, rng.choice(lexicon.QUALITIES).kind, language))
    if shape == "list":
        return [
            lexicon.text_value(rng, rng.choice(("thing", "person", "title", "code")), language)
            for _ in range(rng.randint(2, 4))
        ]
    if shape == "error":
        return {"error": rng.choice(_ERRORS).format(lexicon.a_thing(rng, "en"))}
    if shape == "done":
        return rng.choice(
            ({"success": True}, {"status": "ok"}, "ok", "done", {"ok": True}, "success", {"result": "done"})
        )
    if shape == "sentence":
        return sentence(rng, language)
    if shape == "nested":
        return {
            rng.choice(("result", "data", "output", lexicon.a_thing(rng, "en"))): _record(
                rng, rng.randint(1, 3), language
            )
        }
    if shape == "rows":
        keys = [_key(rng) for _ in range(2)]
        return [{key: simple_value(rng, kind, language) for key, kind in keys} for _ in range(rng.randint(2, 3))]
    return rng.choice(([], {"results": []}, "[]"))


def make_short_result(rng: Random, language: str) -> object:
    """Make a result that is soon read and reported."""
    value = rng.choice((words.whole(rng), words.amount(rng), words.coined(rng, language)))
    return rng.choice(("ok", "done", {"status": "ok"}, str(value), {_key(rng)[0]: value}))


def report(result: object, language: str) -> str:
    """Say a result in one sentence or two, every value copied as it stands."""
    if isinstance(result, dict):
        return _report_record(result, language)
    if isinstance(result, list):
        return _report_list(result, language)
    text = str(result)
    if text in ("[]",):
        return _NONE_FOUND[language]
    if text in ("ok", "done", "success"):
        return _DONE[language]
    if text.startswith("[("):
        text = text.strip("[](),'")
    if text.endswith((".", "!", "?", "。")):
        return text
    return _ANSWER_IS[language].format(text)


def clause(result: object, language: str) -> str:
    """Say a result as a part of a sentence, for several results in one answer."""
    text = report(result, language).rstrip(".。")
    return text[:1].lower() + text[1:] if text.startswith(("The ", "That ", "There ")) else text


def report_each(subjects: list[str], results: list[object], language: str) -> str:
    """Report several results, each for its subject."""
    joint = "" if language == "zh" else " "
    return joint.join(
        _FOR[language].format(subject, clause(result, language))
        for subject, result in zip(subjects, results, strict=True)
    )


def sentence(rng: Random, language: str) -> str:
    """Make a plain sentence that a service might answer with."""
    if rng.random() < 0.5:
        return search.statement(rng, language)
    label = rng.choice(lexicon.QUALITIES)
    thing = lexicon.a_thing(rng, language)
    value = lexicon.value(rng, label.kind, language)
    texts = {
        "en": ["The {t} has {l} {v}.", "{t} {l}: {v}.", "Your {t} is {s} and the {l} is {v}.", "It is {s}, {l} {v}.",
               "The {l} of the {t} is {v}.", "We have {v} as {l} for this {t}.", "{v} is the {l} of {t}."],
        "ko": ["{t}의 {l}[은는] {v}입니다.", "{t} {l}: {v}.", "{t}[은는] {s} 상태이고 {l}[은는] {v}입니다.", "{s}, {l} {v}."],
        "zh": ["{t}的{l}是{v}。", "{t}{l}:{v}。", "{t}{s},{l}是{v}。", "{s},{l}{v}。"],
    }[language]  # fmt: skip
    status = rng.choice(lexicon.STATUSES).in_language(language)
    return fill(rng.choice(texts), {"t": thing, "l": label.label.in_language(language), "v": value, "s": status})


def recall_value(scene: Scene, result: object) -> tuple[str, str] | None:
    """Choose one labelled value of a flat record, for a later question about it."""
    if not isinstance(result, dict) or "error" in result:
        return None
    pairs = [
        (key, value)
        for key, value in result.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    ]
    pairs = [(key, value) for key, value in pairs if value not in ("ok", "done")]
    if not pairs:
        return None
    key, value = scene.rng.choice(pairs)
    return key, str(value)


def _key(rng: Random) -> tuple[str, str]:
    if rng.random() < 0.2:
        return words.nonsense(rng), rng.choice(("integer", "word", "number", "phrase"))
    if rng.random() < 0.35:
        return rng.choice(_PARAMETERS)
    quality = rng.choice(lexicon.QUALITIES)
    key = quality.label.en.replace(" ", "_")
    if rng.random() < 0.25:
        key = f"{rng.choice(lexicon.THINGS).en.replace(' ', '_')}_{key}"
    return key, quality.kind


def _record(rng: Random, count: int, language: str) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for _ in range(count):
        key, kind = _key(rng)
        record[key] = rng.random() < 0.5 if rng.random() < 0.05 else simple_value(rng, kind, language)
    return record


def _report_record(record: dict[str, Any], language: str) -> str:
    if "error" in record:
        return _FAILED[language].format(record["error"])
    if len(record) == 1:
        (only,) = record.values()
        if only is True or only in ("ok", "done", "success"):
            return _DONE[language]
        if only == []:
            return _NONE_FOUND[language]
        if isinstance(only, dict):
            return _report_record(only, language)
    clauses = [_said(key, value, language) for key, value in record.items()]
    said = ",".join(clauses) if language == "zh" else lexicon.joined(clauses, language)
    return said[:1].upper() + said[1:] + ("。" if language == "zh" else ".") if language != "ko" else said + "입니다."


def _said(key: str, value: object, language: str) -> str:
    if isinstance(value, bool):
        value = {"en": ("no", "yes"), "ko": ("아니요", "예"), "zh": ("否", "是")}[language][value]
    return fill(_IS[language][0], {"label": label_of(key, language), "value": value})


def _report_list(items: list[Any], language: str) -> str:
    if not items:
        return _NONE_FOUND[language]
    if isinstance(items[0], dict):
        joint = "" if language == "zh" else " "
        return joint.join(f"{number}. {_report_record(item, language)}" for number, item in enumerate(items, 1))
    return _ANSWER_IS[language].format(lexicon.joined([str(item) for item in items], language))
