"""What users ask for in the bundled model's training data: other functions each time, values alike, columns by name."""

import re
import string
import sys
from pathlib import Path
from random import Random

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "models" / "localassist-tiny"))

from generator import code_runs, function_calls, words
from generator.scene import Scene

COLUMN = re.compile("column|field|열|컬럼|칸|항목|列|栏")


@pytest.mark.parametrize(
    ("value", "look"),
    [
        ("NO-7", r"NO-\d"),
        ("02-111-222", r"\d\d-\d{3}-\d{3}"),
        ("/mnt/x/report_12.csv", r"/mnt/x/report_\d\d\.csv"),
        ("ann.b@club.io", r"[^@]+@club\.io"),
    ],
)
def test_another_value_alike_has_the_same_look(value: str, look: str) -> None:
    made = {words.alike(Random(seed), value) for seed in range(40)}
    assert len(made) > 5
    assert all(re.fullmatch(look, other) for other in made)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_values_asked_for_at_once_are_often_alike(language: str) -> None:
    alike, total, codes = 0, 0, re.compile(r"[A-Z]{1,4}-?\d{2,6}")
    for seed in range(1500):
        scene = Scene(Random(seed), language)
        function_calls.write_parallel(scene)
        calls = [call["function"]["arguments"] for call in scene.messages[1]["tool_calls"]]
        for key in calls[0]:
            values = [call.get(key) for call in calls]
            if all(isinstance(value, str) and codes.fullmatch(value) for value in values) and len(set(values)) > 1:
                alike += len({value.rstrip(string.digits) for value in values}) == 1
                total += 1
                assert all(value in scene.messages[0]["content"] for value in values)
    assert 0.2 < alike / total < 0.7


def test_most_choices_are_of_a_function_not_called_before() -> None:
    again = made = 0
    for seed in range(200):
        scene = Scene(Random(seed), "en")
        function_calls.write_choices(scene)
        called: set[str] = set()
        for message in scene.messages[1::2]:
            names = {call["function"]["name"] for call in message["tool_calls"]}
            if len(called) < len(scene.tools) - 1:
                again += names <= called
                made += 1
            called |= names
    assert made > 400
    assert 0.02 < again / made < 0.3


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_column_is_called_one_once_or_not_at_all(language: str) -> None:
    questions = {code_runs._column_named(Random(seed), "{s} {c}?", language) for seed in range(60)}
    assert all(question.count("{c}") == 1 for question in questions)
    assert "{s} {c}?" in questions
    assert any(COLUMN.search(question) for question in questions)
    named = {"en": "the {c} column", "ko": "{c} 열", "zh": "{c}列"}[language]
    assert {code_runs._column_named(Random(seed), named, language) for seed in range(20)} == {named}
