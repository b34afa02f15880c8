"""What `reasoning_effort` makes of the variables a template reads."""

import pytest

from localassist.dialects.efforts import Efforts
from localassist.dialects.template import ChatTemplate

HEAD = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}"
STRICT_WORDS = (
    "{% set e = thinking_effort if thinking_effort is defined else 'max' %}"
    "{% if e not in ['low', 'high', 'max'] %}{{ raise_exception('unknown') }}{% endif %}[{{ e }}]"
)


def efforts(source: str) -> Efforts:
    return Efforts(ChatTemplate(HEAD + source, model="m", bos_token="", eos_token=""))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<|assistant|>", {"none": {}, "high": {}}),
        (
            "{% if enable_thinking is false %}<think></think>{% endif %}",
            {
                "none": {"enable_thinking": False},
                "minimal": {"enable_thinking": False},
                "low": {"enable_thinking": True},
            },
        ),
        (
            "Reasoning: {{ reasoning_effort | default('medium') }}",
            {
                "none": {"reasoning_effort": "low"},
                "medium": {"reasoning_effort": "medium"},
                "max": {"reasoning_effort": "high"},
            },
        ),
        (
            STRICT_WORDS,
            {
                "none": {"thinking_effort": "low"},
                "medium": {"thinking_effort": "low"},
                "xhigh": {"thinking_effort": "high"},
                "max": {"thinking_effort": "max"},
            },
        ),
        (
            "{% if reasoning_effort == 'none' %}<think></think>{% endif %}",
            {"none": {"reasoning_effort": "none"}, "low": {}, "high": {}},
        ),
        (
            "{% if thinking %}<think>{% if reasoning_effort == 'max' %}!{% endif %}{% endif %}",
            {
                "none": {"thinking": False},
                "high": {"thinking": True},
                "max": {"thinking": True, "reasoning_effort": "max"},
            },
        ),
        (
            "{% if thinking_budget is defined %}budget {{ thinking_budget }}{% endif %}",
            {"none": {"thinking_budget": 0}, "low": {"thinking_budget": 1024}, "high": {}},
        ),
        ("{% if enable_thinking %}{{ raise_exception('not here') }}{% endif %}", {"none": {}, "high": {}}),
    ],
    ids=["nothing", "switch", "written", "strict words", "one word", "switch and word", "budget", "refused"],
)
def test_each_effort_becomes_what_the_template_knows(source: str, expected: dict[str, dict[str, object]]) -> None:
    found = efforts(source)
    assert {effort: found.variables(effort) for effort in expected} == expected
    assert found.variables(None) == {}
