"""Writes the function parts of a dialogue: one call, several at once, answering from results, asking again later."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any, Final

from generator import lexicon, results, words
from generator.domain_texts import Slot
from generator.domains import Filled, fill_slot, slots_in, speak
from generator.functions import Function, offer_functions
from generator.phrases import read_phrases
from generator.requests import Request, ask, fill_all, in_context, label_of, loose
from generator.scene import Scene, fill

_PHRASES: Final = read_phrases("function_calls")
_OPENINGS: Final = frozenset(
    "The A An What Where When How Is Are Do Does Did Can Could Please Get Give Show Tell Find Set Put Make Send Call Use "
    "Book Check Print Change Add Any Has Have Which Who Somebody There Look Let Read Order Track Remind Turn Start".split()
)
_LOOSE_SHARE: Final = 0.04
_NEW_SHARE: Final = 0.7
_ALIKE_SHARE: Final = 0.4
_KINDS_ALIKE: Final = frozenset(("code", "digits", "phone", "email", "path", "url", "version"))
# What may stand between the values of a request that says them twice: "A to B and C to D", but no half sentences.
_MOST_BETWEEN: Final = 8
_AND_ALSO: Final = _PHRASES["and_also"]
_SAME_FOR: Final = _PHRASES["same_for"]
_AGAIN: Final = _PHRASES["again"]
_LISTED: Final = _PHRASES["listed"]
_AND_FOR: Final = _PHRASES["and_for"]


def write_call(scene: Scene) -> None:
    """Ask for one of one to five functions; now and then go on with another value or a question about the result."""
    rng = scene.rng
    functions = _functions(scene, rng.choices((1, 2, 3, 4, 5), (5, 5, 3, 1.5, 1))[0])
    function = rng.choice(functions)
    request = _ask_or_hint(rng, function, scene.language)
    scene.user(in_context(rng, request.text, scene.language))
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


def write_series(scene: Scene) -> None:
    """Ask for one thing after another from the same functions, which answer shortly: most of it is choosing and copying."""
    rng = scene.rng
    functions = _functions(scene, rng.choices((1, 2, 3, 4, 5), (2, 4, 4, 2, 1))[0])
    for _ in range(rng.randint(2, 6)):
        text, requests = _one_or_several(scene, functions, _ask_or_hint)
        scene.user(in_context(rng, text, scene.language))
        scene.call(*[(request.name, request.arguments) for request in requests])
        made = [results.make_short_result(rng, scene.language) for _ in requests]
        for result in made:
            scene.result(result)
        subjects = [_subject(request) for request in requests]
        scene.answer(
            results.report(made[0], scene.answer_language)
            if len(made) == 1
            else results.report_each(subjects, made, scene.answer_language)
        )


def write_choices(scene: Scene) -> None:
    """Ask for one thing after another and leave out what the functions return: nothing but choosing and copying."""
    functions = offer_functions(scene, scene.rng.choices((2, 3, 4, 5, 6), (2, 3, 4, 3, 2))[0])
    called: set[str] = set()
    for _ in range(scene.rng.randint(2, 8)):
        # Calling a function again is easy: the call before says how. So most requests are for another one.
        others = [function for function in functions if function.name not in called]
        is_new = len(others) > 1 and scene.rng.random() < _NEW_SHARE
        text, requests = _one_or_several(scene, others if is_new else functions, ask, several=0.35)
        called.update(request.name for request in requests)
        scene.user(text)
        scene.call(*[(request.name, request.arguments) for request in requests])


def write_bare_choices(scene: Scene) -> None:
    """Ask for one of many functions after another, all without parameters: nothing but choosing."""
    functions = offer_functions(scene, scene.rng.randint(4, 9))
    for _ in range(scene.rng.randint(4, 9)):
        request = ask(scene.rng, scene.rng.choice(functions), scene.language)
        scene.user(request.text)
        scene.call((request.name, {}))
    for tool in scene.tools:
        del tool["function"]["parameters"]


def write_parallel(scene: Scene) -> None:
    """Ask for two or three independent calls in one message."""
    functions = _functions(scene, scene.rng.randint(1, 3))
    text, requests = _several(scene, functions)
    scene.user(in_context(scene.rng, text, scene.language))
    scene.call(*[(request.name, request.arguments) for request in requests])
    _finish(scene, requests)


def _ask_or_hint(rng: Random, function: Function, language: str) -> Request:
    """Say a request, now and then in loose words."""
    return (loose if rng.random() < _LOOSE_SHARE else ask)(rng, function, language)


def _one_or_several(
    scene: Scene, functions: list[Function], say: Callable[[Random, Function, str], Request], several: float = 0.25
) -> tuple[str, list[Request]]:
    """Say one request in the manner of `say`, or in a share `several` at once, and return the message with its calls."""
    if scene.rng.random() < several:
        return _several(scene, functions)
    request = say(scene.rng, scene.rng.choice(functions), scene.language)
    return request.text, [request]


def _several(scene: Scene, functions: list[Function]) -> tuple[str, list[Request]]:
    """Say two or three requests in one message."""
    rng = scene.rng
    made = _same_function_twice(scene, functions) if rng.random() < 0.6 else None
    if made:
        return made
    how = loose if rng.random() < _LOOSE_SHARE / 2 else ask
    requests = [how(rng, rng.choice(functions), scene.language) for _ in range(rng.choices((2, 3), (6, 1))[0])]
    text = requests[0].text
    for request in requests[1:]:
        text = _both(rng, text, request.text, scene.language)
    return text, requests


def _both(rng: Random, first: str, second: str, language: str) -> str:
    """Put two requests into one message; in `{a}` the first lost its full stop, in `{b}` the second its capital."""
    text = rng.choice(_AND_ALSO[language]).replace("{0}", _closed(first, language)).replace("{1}", second)
    # One capital and then a small letter is how a sentence begins; codes and names look otherwise or are left alone.
    small = second[:1].lower() + second[1:] if second.split(" ", maxsplit=1)[0] in _OPENINGS else second
    return text.replace("{a}", first.rstrip(".!?。")).replace("{b}", small)


def _closed(text: str, language: str) -> str:
    """End a sentence that has no end yet."""
    return text if text.endswith((".", "!", "?", "。", ",")) else text + ("。" if language == "zh" else ".")


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


def _same_function_twice(scene: Scene, functions: list[Function]) -> tuple[str, list[Request]] | None:
    """Say a request with several values in the place of one, or of all it holds: "... A to B and C to D"."""
    rng, language = scene.rng, scene.language
    for function in rng.sample(functions, len(functions)):
        keys = set(function.domain.slots)
        usable = [t for t in function.domain.requests[language] if slots_in(t) and set(slots_in(t)) <= keys]
        if not usable:
            continue
        template = rng.choice(usable)
        with_one_varied = _one_varied(rng, function, template, language) if rng.random() < 0.5 else None
        made = with_one_varied or _all_varied(rng, function, template, language)
        if made:
            return made
    return None


def _one_varied(rng: Random, function: Function, template: str, language: str) -> tuple[str, list[Request]] | None:
    """Let the calls differ in one value, and share whatever else the request says."""
    keys = [key for key in slots_in(template) if template.count("{" + key + "}") == 1]
    keys = [key for key in keys if function.domain.slots[key].kind not in ("boolean", "list", "object")]
    if not keys:
        return None
    key = rng.choice(keys)
    filled, arguments = fill_all(rng, function, slots_in(template), language)
    slot = function.domain.slots[key]
    drawn = [fill_slot(rng, slot, language) for _ in range(8)]
    if rng.random() < _ALIKE_SHARE:
        drawn = [_alike(rng, slot, drawn[0], language) for _ in drawn]
    values = {str(value.argument): value for value in drawn}
    several = list(values.values())[: rng.choices((2, 3), (4, 1))[0]]
    if len(several) < 2:
        return None
    said = Filled(_listed(rng, [value.spoken for value in several], language), None)
    name = function.property_names[key]
    requests = [Request("", function.name, arguments | {name: value.argument}) for value in several]
    return speak(template, filled | {key: said}), requests


def _all_varied(rng: Random, function: Function, template: str, language: str) -> tuple[str, list[Request]] | None:
    """Say the stretch of a request that holds its values two or three times over."""
    before, stretch, after = _stretch(template)
    if not _is_short(stretch):
        return None
    made: dict[str, Request] = {}
    count = rng.choices((2, 3), (4, 1))[0]
    is_alike = rng.random() < _ALIKE_SHARE
    first: dict[str, Filled] = {}
    for _ in range(20):
        filled, arguments = fill_all(rng, function, slots_in(template), language)
        for key in first.keys() & function.domain.slots.keys() if is_alike else ():
            filled[key] = _alike(rng, function.domain.slots[key], first[key], language)
            arguments[function.property_names[key]] = filled[key].argument
        first = first or filled
        made[speak(stretch, filled)] = Request("", function.name, arguments)
        if len(made) == count:
            break
    if len(made) < 2:
        return None
    if rng.random() < 0.75:
        text = before + _listed(rng, list(made), language) + after
    else:
        first, *others = made
        rest = lexicon.joined(others, language)
        text = (
            rng.choice(_SAME_FOR[language])
            .replace("{1}", rest)
            .replace("{0}", _closed(before + first + after, language))
        )
    return words.josa(text), list(made.values())


def _alike(rng: Random, slot: Slot, value: Filled, language: str) -> Filled:
    """Make a value that looks like `value` where its kind has looks, or else just another one."""
    text = value.argument
    if slot.kind in _KINDS_ALIKE and isinstance(text, str) and text == value.spoken and re.search(r"\d|@", text):
        other = words.alike(rng, text)
        return Filled(other, other)
    return fill_slot(rng, slot, language)


def _stretch(template: str) -> tuple[str, str, str]:
    """Cut a template into what stands before its first slot, the slots with all between them, and the rest."""
    start, end = template.index("{"), template.rindex("}") + 1
    if template[end : end + 1] == '"':
        # The quotes belong to the value, whether or not other slots stand before it.
        start, end = start - (template[start - 1 : start] == '"'), end + 1
    return template[:start], template[start:end], template[end:]


def _is_short(stretch: str) -> bool:
    between = re.sub(r"\{[^}]*\}|\[[^]]*\]", "", stretch)
    return "?" not in stretch and len(between) <= _MOST_BETWEEN


def _listed(rng: Random, said: list[str], language: str) -> str:
    """List what was said in one of many ways."""
    if len(said) != 2 or rng.random() < 0.3:
        return lexicon.joined(said, language)
    return rng.choice(_LISTED[language]).replace("{0}", said[0]).replace("{1}", said[1])


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
