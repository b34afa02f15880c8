"""Writes the function parts of a dialogue: one call, several at once, answering from results, asking again later."""

from __future__ import annotations

from typing import Any, Final

from generator import results
from generator.domains import Filled, fill_slot, slots_in, speak
from generator.lexicon import joined
from generator.phrases import read_phrases
from generator.requests import Function, Request, ask, label_of, loose, offer_functions
from generator.scene import Scene, fill

_PHRASES: Final = read_phrases("function_calls")
_AND_ALSO: Final = _PHRASES["and_also"]
_SAME_FOR: Final = _PHRASES["same_for"]
_AGAIN: Final = _PHRASES["again"]
_AND_FOR: Final = _PHRASES["and_for"]


def write_call(scene: Scene) -> None:
    """Ask for one of one to five functions; now and then go on with another value or a question about the result."""
    rng = scene.rng
    functions = _functions(scene, rng.choices((1, 2, 3, 4, 5), (5, 5, 3, 1.5, 1))[0])
    function = rng.choice(functions)
    request = (loose if rng.random() < 0.3 else ask)(rng, function, scene.language)
    scene.user(request.text)
    scene.call((request.name, request.arguments))
    result = _finish(scene, [request])[0]
    if rng.random() < 0.25:
        _follow_up(scene, function, request)
    recalled = results.recall_value(scene, result)
    if recalled and rng.random() < 0.15:
        key, value = recalled
        label = label_of(key, scene.language)
        scene.user(_filled(scene, _AGAIN, label))
        scene.answer(results.report({key: value}, scene.answer_language))


def write_parallel(scene: Scene) -> None:
    """Ask for two or three independent calls in one message."""
    rng = scene.rng
    functions = _functions(scene, rng.randint(1, 3))
    if rng.random() < 0.6:
        made = _same_function_twice(scene, functions)
    else:
        made = None
    if made:
        text, requests = made
    else:
        first, second = rng.choice(functions), rng.choice(functions)
        requests = [ask(rng, first, scene.language), ask(rng, second, scene.language)]
        text = rng.choice(_AND_ALSO[scene.language]).replace("{0}", requests[0].text).replace("{1}", requests[1].text)
    scene.user(text)
    scene.call(*[(request.name, request.arguments) for request in requests])
    _finish(scene, requests)


def _functions(scene: Scene, count: int) -> list[Function]:
    # Asking again for what is on offer already says more in the same room than offering more.
    if scene.functions and (scene.rng.random() < 0.65 or len(scene.tools) > 5):
        return list(scene.functions)
    scene.functions += offer_functions(scene, max(1, min(count, 6 - len(scene.tools))))
    return list(scene.functions)


def _finish(scene: Scene, requests: list[Request]) -> list[object]:
    made = [results.make_result(scene.rng, scene.language) for _ in requests]
    for result in made:
        scene.result(result)
    if len(made) == 1:
        scene.answer(results.report(made[0], scene.answer_language))
    else:
        scene.answer(results.report_each([_subject(request) for request in requests], made, scene.answer_language))
    return made


def _subject(request: Request) -> str:
    for value in request.arguments.values():
        if isinstance(value, str):
            return value
    return str(next(iter(request.arguments.values()), request.name))


def _single_text_slot(function: Function, language: str) -> tuple[str, str] | None:
    """Find a request with exactly one slot, said as a plain value, so that several values can stand in its place."""
    for template in function.domain.requests[language]:
        keys = slots_in(template)
        if len(keys) == 1 and keys[0] in function.domain.slots and "?" + keys[0] not in template:
            slot = function.domain.slots[keys[0]]
            if (
                slot.kind not in ("list", "object", "boolean", "phrase", "thing", "room")
                and "." not in template.split("}")[0]
            ):
                return template, keys[0]
    return None


def _same_function_twice(scene: Scene, functions: list[Function]) -> tuple[str, list[Request]] | None:
    rng, language = scene.rng, scene.language
    for function in rng.sample(functions, len(functions)):
        found = _single_text_slot(function, language)
        if found is None:
            continue
        key = found[1]
        usable = [t for t in function.domain.requests[language] if slots_in(t) == [key] and "?" not in t.split("}")[0]]
        template = rng.choice(usable)
        values = _distinct_values(scene, function, key, rng.choices((2, 3), (3, 1))[0])
        name = function.property_names[key]
        requests = [Request("", function.name, {name: value.argument}) for value in values]
        if rng.random() < 0.65:
            text = speak(template, {key: Filled(joined([value.spoken for value in values], language), None)})
        else:
            rest = joined([value.spoken for value in values[1:]], language)
            text = (
                rng.choice(_SAME_FOR[language]).replace("{1}", rest).replace("{0}", speak(template, {key: values[0]}))
            )
        return text, requests
    return None


def _distinct_values(scene: Scene, function: Function, key: str, count: int) -> list[Filled]:
    values: dict[str, Filled] = {}
    while len(values) < count:
        value = fill_slot(scene.rng, function.domain.slots[key], scene.language)
        values[value.spoken] = value
    return list(values.values())


def _follow_up(scene: Scene, function: Function, request: Request) -> None:
    """Ask for the same call with another value, said as a fragment."""
    if len(request.arguments) != 1:
        return
    (name, before), (key, _) = next(iter(request.arguments.items())), next(iter(function.property_names.items()))
    keys = [slot for slot, property_name in function.property_names.items() if property_name == name]
    key = keys[0]
    if not isinstance(before, str) or function.domain.slots[key].kind == "enum":
        return
    value = _distinct_values(scene, function, key, 1)[0]
    scene.user(_filled(scene, _AND_FOR, value.spoken))
    arguments: dict[str, Any] = {name: value.argument}
    scene.call((function.name, arguments))
    _finish(scene, [Request("", function.name, arguments)])


def _filled(scene: Scene, texts: dict[str, list[str]], value: str) -> str:
    return fill(scene.rng.choice(texts[scene.language]), {"0": value})
