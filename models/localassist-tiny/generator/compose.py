"""Puts whole dialogues together: who speaks which language, what is on offer, what is talked about and for how long."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from generator import code_runs, function_calls, manners, memory, results, search, small_talk, structured
from generator.scene import Scene

Writer = Callable[[Scene], None]

LANGUAGE_SHARES: Final = {"en": 0.5, "ko": 0.25, "zh": 0.25}
_SUMS_SHARE: Final = 0.5
# Search changes what "I don't know" means, so it is not mixed with questions that must be declined.
_FUNCTIONS: Final[dict[Writer, float]] = {
    function_calls.write_series: 9,
    function_calls.write_call: 3.5,
    function_calls.write_parallel: 1.5,
    structured.write_sql: 1.6,
    structured.write_quiz: 0.35,
}
_TALK: Final[dict[Writer, float]] = {
    memory.write_recall: 1.5,
    memory.write_fact: 3,
    memory.write_telling: 0.8,
    memory.write_others: 1,
    memory.write_told: 1,
    small_talk.write_talk: 1.1,
    small_talk.write_aside: 0.3,
}
_CODE: Final[dict[Writer, float]] = {
    code_runs.write_sum: 3.4,
    code_runs.write_table: 1,
    code_runs.write_chart: 0.8,
    code_runs.write_analysis: 0.7,
    code_runs.write_file: 0.5,
}


def compose(rng: Random, *, max_characters: int) -> Scene:
    """Write one dialogue that stops growing at about `max_characters`."""
    scene = _begin(rng)
    writers = _writers(rng)
    names, weights = list(writers), list(writers.values())
    num_topics = rng.choices((1, 2, 3, 99), (2, 4, 4, 3 if max_characters < 4000 else 60))[0]
    for _ in range(num_topics):
        rng.choices(names, weights)[0](scene)
        if _size(scene) > max_characters:
            break
        if rng.random() < 0.03:
            scene.language = rng.choice(list(LANGUAGE_SHARES))
    if scene.tools and rng.random() < 0.25 and len(scene.tools) < 6:
        function_calls.offer_functions(scene, 1)
    rng.shuffle(scene.tools)
    return scene


def compose_choices(rng: Random, *, bare: bool = False) -> Scene:
    """Write requests with the calls they ask for, and nothing else: no dialogue, but all that is hard about calls.

    In a `bare` one even the arguments are left out; in a share of the others the calls are Python code.
    """
    scene = _begin(rng)
    if bare:
        function_calls.write_bare_choices(scene)
    elif rng.random() < _SUMS_SHARE:
        code_runs.write_sums(scene)
    else:
        function_calls.write_choices(scene)
    return scene


def choose_language(rng: Random) -> str:
    """Draw a language as often as the dialogues speak it."""
    return rng.choices(list(LANGUAGE_SHARES), list(LANGUAGE_SHARES.values()))[0]


def _begin(rng: Random) -> Scene:
    scene = Scene(rng, choose_language(rng))
    manners.instruct(scene)
    return scene


def _writers(rng: Random) -> dict[Writer, float]:
    """Choose what a dialogue may turn to."""
    kind = rng.choices(("functions", "talk", "code", "search", "mixed"), (12, 7, 9, 7, 2))[0]
    decline = {small_talk.write_decline: 1.8}
    if kind == "functions":
        return _FUNCTIONS | ({k: v * 0.7 for k, v in _TALK.items()} | decline if rng.random() < 0.55 else {})
    if kind == "talk":
        return _TALK | decline | {write_told_result: 0.8}
    if kind == "code":
        return _CODE | ({k: v * 0.4 for k, v in _TALK.items()} | decline if rng.random() < 0.4 else {})
    if kind == "search":
        return {search.write_search: 6.0} | (
            {
                k: v * 0.3
                for k, v in _TALK.items()
                if k not in (memory.write_others, memory.write_told, memory.write_fact)
            }
            if rng.random() < 0.4
            else {}
        )
    return (
        {k: v * 0.6 for k, v in _FUNCTIONS.items()}
        | _CODE
        | {k: v for k, v in _TALK.items() if k not in (memory.write_others, memory.write_told, memory.write_fact)}
        | {search.write_search: 3.0}
    )


def write_told_result(scene: Scene) -> None:
    """Let the user paste a text and ask for one thing it says."""
    told = [results.sentence(scene.rng, scene.language)]
    scene.user(
        {"en": "Repeat this: {0}", "ko": "다음을 따라 말해 줘: {0}", "zh": "请重复:{0}"}[scene.language].format(told[0])
    )
    scene.answer(told[0])


def _size(scene: Scene) -> int:
    # Korean and Chinese characters take about as many tokens as three Latin ones.
    texts = [str(message["content"] or message.get("tool_calls")) for message in scene.messages]
    texts.append(str(scene.tools))
    return sum(len(text) + 2 * sum(character > "⺀" for character in text) for text in texts)
