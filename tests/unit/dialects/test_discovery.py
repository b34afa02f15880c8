"""The way a template writes calls is found, read back and enforced, whatever it is."""

import re
from pathlib import Path

import pytest

from localassist.dialects import build_dialect
from localassist.dialects.syntax import WrittenCall
from localassist.dialects.template_dialect import TemplateDialect
from localassist.protocols import ChatMessage, ChatToolCall, FunctionSpec, ModelFacts, ToolChoice
from tests.unit.dialects.admission import admits
from tests.unit.dialects.round_trip import CALLS, TOOLS, check_round_trip, parse

SHARED = Path(__file__).resolve().parents[4] / "shared" / "chat_templates"
UNREADABLE = {
    "Kimi-K3",
    "MiniMax-M3",
    "meetkai-functionary-medium-v3.2",
    "muse-glimmer",
}


def template(calls: str, *, guard: str = "") -> str:
    """A chat template that writes the calls of a message `m` so."""
    return (
        f"{BARE_KEYS}{guard}{{% for tool in tools or [] %}}[tool {{{{ tool | tojson }}}}]{{% endfor %}}"
        "{% for m in messages %}<|{{ m.role }}|>{{ m.content or '' }}"
        f"{{% if m.tool_calls %}}{calls}{{% endif %}}<|end|>{{% endfor %}}"
        "{% if add_generation_prompt %}<|assistant|>{% endif %}"
    )


def each(text: str, *, between: str = "") -> str:
    """One text for each call `f` (its name) with arguments `a`."""
    gap = f"{{% if not loop.last %}}{between}{{% endif %}}"
    return (
        "{% for c in m.tool_calls %}{% set f = c.function.name %}{% set a = c.function.arguments %}"
        f"{text}{gap}{{% endfor %}}"
    )


VALUE = "{{ v if v is string else v | tojson }}"
TEMPLATES = {
    "list in tags": "<calls>[" + each('{"name": "{{ f }}", "arguments": {{ a | tojson }}}', between=", ") + "]</calls>",
    "list with ids": "[CALLS]["
    + each('{"name": "{{ f }}", "arguments": {{ a | tojson }}, "id": "{{ c.id }}"}', between=", ")
    + "]",
    "name in tags": each("[CALLS]{{ f }}[ARGS]{{ a | tojson }}"),
    "name in an attribute": each("<function={{ f }}>{{ a | tojson }}</function>", between="\n"),
    "numbered": "<|begin|>"
    + each("<|call|>functions.{{ f }}:{{ loop.index0 }}<|args|>{{ a | tojson }}<|stop|>")
    + "<|done|>",
    "compact": each("<call>{{ f }} {{ a | tojson(separators=(',', ':')) }}</call>"),
    "tagged": each(
        "<call>\n<function={{ f }}>{% for k, v in a.items() %}\n<parameter={{ k }}>\n"
        + VALUE
        + "\n</parameter>{% endfor %}\n</function>\n</call>",
        between="\n",
    ),
    "keys and values": each(
        "<call>{{ f }}{% for k, v in a.items() %}<key>{{ k }}</key>\n<value>" + VALUE + "</value>{% endfor %}</call>"
    ),
    "with types": "<calls>\n"
    + each(
        '<invoke name="{{ f }}">\n{% for k, v in a.items() %}<arg name="{{ k }}" '
        "string=\"{{ 'true' if v is string else 'false' }}\">" + VALUE + "</arg>\n{% endfor %}</invoke>\n"
    )
    + "</calls>",
    "as Python": "<calls>["
    + each(
        "{{ f }}({% for k, v in a.items() %}{{ k }}={% if v is string %}'{{ v }}'"
        "{% elif v is mapping %}{{ v | tojson }}{% else %}{{ v }}{% endif %}"
        "{% if not loop.last %}, {% endif %}{% endfor %})",
        between=", ",
    )
    + "]</calls>",
    "arguments as text": each("<call>{{ f }}<sep>{{ a + '' }}</call>"),
}
BARE_KEYS = (
    "{% macro w(v) %}{% if v is string %}<|q|>{{ v }}<|q|>{% elif v is boolean %}{{ v | tojson }}"
    "{% elif v is mapping %}{ {%- for k, x in v | dictsort %}{{ k }}:{{ w(x) }}{{ ',' if not loop.last }}{% endfor %}}"
    "{% elif v is sequence %}[{% for x in v %}{{ w(x) }}{{ ',' if not loop.last }}{% endfor %}]"
    "{% else %}{{ v }}{% endif %}{% endmacro %}"
)
TEMPLATES["bare keys"] = each("<|call>call:{{ f }}{{ w(a) }}<call|>")
PYTHON_VALUES = TEMPLATES["tagged"].replace(VALUE, "{{ v }}")
ONE_CALL = "{% if m.tool_calls | length > 1 %}{{ raise_exception('one call only') }}{% endif %}" + each(
    '{"name": "{{ f }}", "parameters": {{ a | tojson }}}'
)
MARKER = re.compile(r"<[^<>\s]+>|\[/?[A-Z_]{3,}\]")


def dialect(source: str, special: frozenset[str] = frozenset()) -> TemplateDialect:
    return build_dialect(ModelFacts("m", 8192, source, "<s>", "</s>", special))


def markers(source: str) -> frozenset[str]:
    return frozenset(MARKER.findall("".join(dialect(source).syntax.literals)))


@pytest.mark.parametrize(
    "calls", [*TEMPLATES.values(), PYTHON_VALUES, ONE_CALL], ids=[*TEMPLATES, "python", "one call"]
)
@pytest.mark.parametrize("are_tokens", [True, False])
def test_calls_are_found_read_back_and_enforced(calls: str, are_tokens: bool) -> None:
    source = template(calls)
    assert dialect(source).has_call_syntax
    assert dialect(source).has_own_tools
    assert check_round_trip(source, markers(source) if are_tokens else frozenset()) == []


@pytest.mark.parametrize(
    "calls",
    [
        "",
        each("{{ f }} {{ a | tojson }}"),  # cannot be told from text
        each("<call>{{ f }}:{{ a | length }}</call>"),  # loses the arguments
        each("<call>{{ f }}({% for k, v in a.items() %}{{ k }}={{ v }}, {% endfor %})</call>"),  # ends are not clear
    ],
)
def test_what_cannot_be_read_is_written_as_json_in_text(calls: str) -> None:
    source = template(calls)
    assert not dialect(source).has_call_syntax
    assert check_round_trip(source, frozenset()) == []


def test_a_syntax_that_cannot_be_read_is_said(caplog: pytest.LogCaptureFixture) -> None:
    dialect(template(each("{{ f }} {{ a | tojson }}")))
    assert "cannot be read off its chat template" in caplog.text


def test_calls_come_one_by_one_where_a_message_takes_one() -> None:
    calls = (ChatToolCall("c1", "alpha", "{}"), ChatToolCall("c2", "beta", "{}"))
    results = [ChatMessage("tool", f"result {n}", tool_call_id=f"c{n}", name="alpha") for n in (1, 2)]
    prompt = dialect(template(ONE_CALL)).render([ChatMessage("assistant", "", calls), *results], TOOLS)
    assert prompt.index('"alpha", "param') < prompt.index("result 1") < prompt.index('"beta", "param')
    assert prompt.index('"beta", "param') < prompt.index("result 2")


def test_ids_are_shortened_where_the_template_insists() -> None:
    guard = (
        "{% for m in messages %}{% for c in m.tool_calls or [] %}{% if c.id | length != 9 %}"
        "{{ raise_exception('nine characters') }}{% endif %}{% endfor %}{% endfor %}"
    )
    assert check_round_trip(template(TEMPLATES["list with ids"], guard=guard), frozenset()) == []


def test_a_template_that_does_not_offer_functions_has_them_in_the_instructions() -> None:
    source = template(TEMPLATES["name in tags"]).replace("tools or []", "[]")
    assert not dialect(source).has_own_tools
    prompt = dialect(source).render([ChatMessage("user", "Hi")], TOOLS)
    assert '[CALLS]function_name[ARGS]{"argument_name": "value"}' in prompt
    assert check_round_trip(source, frozenset()) == []


def test_text_before_calls_is_text_and_a_stranger_is_no_call() -> None:
    found = dialect(template(TEMPLATES["tagged"]))
    text = "Let me see.\n" + found.syntax.write([])
    stranger = "<call>\n<function=gamma>\n</function>\n</call>"
    assert parse(found, text + stranger, 1) == (f"Let me see.\n{stranger}", [])


@pytest.mark.parametrize("kind", ["list in tags", "tagged", "with types", "numbered", "as Python", "bare keys"])
def test_calls_cut_short_are_closed(kind: str) -> None:
    found = dialect(template(TEMPLATES[kind]))
    whole = found.syntax.write([WrittenCall(name, arguments, "1") for name, arguments in CALLS]).lstrip()
    for length in range(len(whole)):
        _, calls = parse(found, whole[:length], 3)
        assert all(isinstance(arguments, dict) for _, arguments in calls)


def test_the_end_of_a_turn_belongs_to_no_call_whatever_it_looks_like() -> None:
    source = template("<calls>" + each("\n<f={{ f }}>{{ a | tojson }}</f>") + "</calls>").replace(
        "<|end|>", "[e~[\n]~b]"
    )
    assert dialect(source).syntax.closing == "</calls>"


STRINGS = ["it's", 'say "hi"', "a\\b", "two\nlines", "", "[x], {y}", "한국어"]


@pytest.mark.parametrize("kind", ["as Python", "bare keys"])
@pytest.mark.parametrize("text", STRINGS)
def test_any_string_comes_back_from_a_notation_with_quotes(kind: str, text: str) -> None:
    found = dialect(template(TEMPLATES[kind]))
    call = ("alpha", {"text": text, "rows": [text, text]})
    written = found.syntax.write([WrittenCall(*call)])
    assert parse(found, written, 1) == ("", [call])
    constraint = found.constraint(TOOLS, ToolChoice("required"))
    assert constraint is not None
    assert admits(constraint, written)


def test_a_notation_is_held_to_the_schema() -> None:
    properties = {
        "place": {"$ref": "#/$defs/place"},
        "unit": {"enum": ["c", "f"]},
        "days": {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": 2},
        "code": {"type": "string", "minLength": 2, "maxLength": 3},
    }
    place = {"type": "object", "properties": {"in": {"$ref": "#/$defs/place"}, "name": {"type": "string"}}}
    schema = {
        "type": "object",
        "properties": properties,
        "required": ["unit", "days"],
        "$defs": {"place": {**place, "required": ["name"]}},
    }
    found = dialect(template(TEMPLATES["bare keys"]))
    constraint = found.constraint([FunctionSpec("alpha", None, schema, strict=True)], ToolChoice("required"))
    assert constraint is not None

    def fits(**arguments: object) -> bool:
        return admits(constraint, found.syntax.write([WrittenCall("alpha", arguments)]))

    good = {"place": {"in": {"name": "x"}, "name": "y"}, "unit": "c", "days": [3], "code": "ab"}
    assert fits(**good)
    assert fits(unit="f", days=[1, 2])
    assert not fits(**{**good, "unit": "k"})
    assert not fits(**{**good, "days": []})
    assert not fits(**{**good, "days": [0]})
    assert not fits(**{**good, "days": [1, 2, 3]})
    assert not fits(**{**good, "place": {"in": {}, "name": "y"}})
    assert not fits(**{**good, "code": "a"})
    assert not fits(**{**good, "code": "abcd"})
    assert not fits(days=[1])


def test_one_call_where_calls_may_not_be_parallel() -> None:
    found = dialect(template(TEMPLATES["list in tags"]))
    constraint = found.constraint(TOOLS, ToolChoice("required", parallel=False))
    assert constraint is not None
    written = [found.syntax.write([WrittenCall(n, a) for n, a in calls]) for calls in (CALLS, CALLS[:1])]
    assert [admits(constraint, text) for text in written] == [False, True]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared chat templates are not here")
@pytest.mark.parametrize("are_tokens", [True, False])
def test_real_templates(are_tokens: bool) -> None:
    faults = {}
    for path in sorted(SHARED.glob("*.jinja")):
        source = path.read_text(encoding="utf-8")
        found = check_round_trip(source, markers(source) if are_tokens else frozenset())
        if found:
            faults[path.stem] = found[0]
    assert faults == {}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared chat templates are not here")
def test_real_templates_that_cannot_be_read_are_these() -> None:
    sources = {path.stem: path.read_text(encoding="utf-8") for path in SHARED.glob("*.jinja")}
    unread = {
        name for name, source in sources.items() if "tool_calls" in source and not dialect(source).has_call_syntax
    }
    assert unread <= UNREADABLE | {"ibm-granite-granite-3.3-2B-Instruct"}
