"""A template cannot take more time or memory than a conversation needs, nor reach anything."""

import time

import pytest
from jinja2.exceptions import TemplateError

from localassist.dialects import sandbox
from localassist.dialects.template import ChatTemplate
from localassist.errors import ModelLoadFailed

MESSAGES = [{"role": "user", "content": "hi"}]


def render(source: str) -> str:
    template = ChatTemplate(source, model="m", bos_token="<s>", eos_token="</s>")
    return template.try_render(MESSAGES, None)


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}",
        "{% for m in messages recursive %}{{ loop(messages) }}{% endfor %}",
    ],
)
def test_time_is_bounded(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MAX_SECONDS", 0.2)
    with pytest.raises(TemplateError, match=r"seconds|[Rr]ecursion"):
        render(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 100000000000 }}",
        "{{ [0] * 100000000000 }}",
        "{{ 'a' | center(100000000000) }}",
        "{{ 'a'.center(100000000000) }}",
        "{{ '%099999999999d' % 1 }}",
        "{{ '%099999999999d' | format(1) }}",
        "{{ '{:099999999999d}'.format(1) }}",
        "{{ 9 ** 9 ** 9 ** 9 }}",
        "{{ range(100000000000) | list }}",
        "{{ messages | tojson(indent=100000000000) }}",
        "{% set ns = namespace(x='aaaaaaaaaa') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x='aaaaaaaaaa') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x='aaaaaaaaaa') %}"
        "{% for i in range(60) %}{% set ns.x = ns.x | replace('a', 'aaaaaaaaaa') %}{% endfor %}",
        "{% set ns = namespace(x='aaaaaaaaaa') %}"
        "{% for i in range(60) %}{% set ns.x = ns.x.replace('', ns.x) %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set x = 'a' * 100000 %}{% for i in range(1000) %}{{ x }}{% endfor %}",
        "{% set x = 'a' * 100000 %}{{ (range(90000) | list) | join(x) }}",
    ],
)
def test_size_is_bounded(source: str) -> None:
    with pytest.raises((TemplateError, ModelLoadFailed)):
        render(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ messages.append(1) }}",
        "{% include 'x' %}",
        "{% import 'x' as x %}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ ''['__class__'] }}{{ ''|attr('__class__') }}",
    ],
)
def test_nothing_is_in_reach(source: str) -> None:
    with pytest.raises((TemplateError, ModelLoadFailed)):
        assert render(source) != ""


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{% generation %}x{% endgeneration %}", "x"),
        ("{% for m in messages %}{{ loop.index }}/{{ loop.length }}{% break %}{% endfor %}", "1/1"),
        ("{{ {'a': '<é>'} | tojson }}", '{"a": "<é>"}'),
        ("{{ strftime_now('%Y') }}", "2026"),
        ("{% if true %}\nx\n{% endif %}", "x\n"),
        ("{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}", "1"),
        ("{{ bos_token }}{{ messages[0]['content'].strip() | upper ~ 1 }}", "<s>HI1"),
        ("{{ undefined_thing }}", ""),
    ],
)
def test_what_templates_use_works(source: str, text: str) -> None:
    assert render(source) == text


def test_a_template_that_does_not_compile_is_a_clear_error() -> None:
    with pytest.raises(ModelLoadFailed, match=r"chat template in the model file of m cannot be read: .*endfor"):
        ChatTemplate("{% for m in messages %}", model="m", bos_token="", eos_token="")


def test_a_template_that_refuses_is_a_clear_error() -> None:
    template = ChatTemplate("{{ raise_exception('no!') }}", model="m", bos_token="", eos_token="")
    with pytest.raises(ModelLoadFailed, match="cannot write this conversation: no!"):
        template.render(MESSAGES, None)


def test_a_conversation_is_told_the_day_and_never_the_hour() -> None:
    noon = 1_795_867_200  # 2026-11-28, 12:00 UTC
    seen = []
    for at in (noon, noon + 60, noon + 3 * 86_400):
        source = "{{ strftime_now('%Y-%m-%d %H:%M:%S') }}"
        template = ChatTemplate(source, model="m", bos_token="", eos_token="", clock=lambda at=at: at)
        seen.append(template.render(MESSAGES, None))
    local_days = [time.strftime("%Y-%m-%d 00:00:00", time.localtime(at)) for at in (noon, noon + 3 * 86_400)]
    assert seen == [local_days[0], local_days[0], local_days[1]]
