"""Strings that models write as bare text are held to what their schema says of them, or refused."""

import json
import re
from typing import Any

import pytest

from localassist.dialects import build_dialect
from localassist.dialects.raw_text import _FORMATS
from localassist.dialects.syntax import WrittenCall
from localassist.errors import InvalidRequest
from localassist.protocols import FunctionSpec, ModelFacts, ToolChoice
from tests.unit.dialects.admission import admits
from tests.unit.dialects.test_discovery import TEMPLATES, template

SPACED, TIGHT = TEMPLATES["tagged"], TEMPLATES["keys and values"]
ENDS = {SPACED: "</parameter>", TIGHT: "</value>"}


def accepts(calls: str, limits: dict[str, Any], text: str, *, are_tokens: bool) -> bool:
    """Whether a call with this text as its argument is admitted."""
    special = frozenset([ENDS[calls]]) if are_tokens else frozenset()
    found = build_dialect(ModelFacts("m", 8192, template(calls), "<s>", "</s>", special))
    assert found.syntax.parameters is not None
    schema = {
        "type": "object",
        "properties": {"x": {"type": "string", **limits}},
        "required": ["x"],
        "additionalProperties": False,
    }
    constraint = found.constraint([FunctionSpec("f", None, schema, strict=True)], ToolChoice("required"))
    assert constraint is not None
    return admits(constraint, found.syntax.write([WrittenCall("f", {"x": text})]).strip(), special)


@pytest.mark.parametrize("calls", [SPACED, TIGHT], ids=["spaced", "tight"])
@pytest.mark.parametrize("are_tokens", [True, False])
@pytest.mark.parametrize(
    ("limits", "good", "bad"),
    [
        ({"pattern": "^a+$"}, ["a", "aaa"], ["", "b", "ab", "aa\n"]),
        ({"pattern": "b"}, ["b", "abc", "a\nb"], ["", "ac"]),
        ({"pattern": "^a|b$|^c$"}, ["ax", "xb", "c"], ["xc", "cx", "xa"]),
        ({"pattern": r"^/[\w/]+\$$"}, ["/a/b$"], ["/a/b", "a"]),
        ({"pattern": "^[a|(]$"}, ["a", "|", "("], ["b"]),
        ({"minLength": 2, "maxLength": 3}, ["ab", "äöü", "a\nb"], ["", "a", "abcd"]),
        ({"maxLength": 2}, ["", "ab"], ["abc"]),
        ({"pattern": "^[ab]*$", "maxLength": 2}, ["", "ab"], ["aba", "c"]),
        ({"format": "date"}, ["2026-02-28"], ["2026-02-30", "today", "2026-13-01"]),
    ],
)
def test_limits_hold(calls: str, are_tokens: bool, limits: dict[str, Any], good: list[str], bad: list[str]) -> None:
    for text in good:
        assert accepts(calls, limits, text, are_tokens=are_tokens), text
    for text in bad:
        assert not accepts(calls, limits, text, are_tokens=are_tokens), text


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("time", ["23:59:59Z", "00:00:00.5+02:00"], ["24:00:00Z", "12:00:00"]),
        ("date-time", ["2026-11-20T08:00:00Z"], ["2026-11-20", "2026-11-20 08:00:00Z"]),
        ("duration", ["P1DT12H", "P3W", "PT5M"], ["P", "1D", "PT"]),
        ("email", ["a.b@example.org"], ["a@", "@b", "a b@c.d"]),
        ("hostname", ["example.org", "a-b"], ["-a", "a..b", ""]),
        ("ipv4", ["127.0.0.1"], ["256.1.1.1", "1.1.1"]),
        ("ipv6", ["::1", "2001:db8::8:800:200c:417a", "1:2:3:4:5:6:7:8", "::"], ["1:2", ":::", "12345::"]),
        ("uuid", ["123e4567-e89b-12d3-a456-426614174000"], ["123e4567"]),
    ],
)
def test_formats(name: str, good: list[str], bad: list[str]) -> None:
    for text in good:
        assert re.fullmatch(_FORMATS[name], text), text
        assert accepts(TIGHT, {"format": name}, text, are_tokens=False), text
    for text in bad:
        assert not re.fullmatch(_FORMATS[name], text), text


def test_a_limit_that_cannot_be_enforced_is_refused_if_strict() -> None:
    found = build_dialect(ModelFacts("m", 8192, template(TIGHT), "<s>", "</s>", frozenset()))
    limited = {"type": "string", "pattern": "(^a|b)c"}
    schema = {"type": "object", "properties": {"x": limited}, "required": ["x"], "additionalProperties": False}
    with pytest.raises(InvalidRequest, match=r"'pattern' with .* cannot be enforced"):
        found.constraint([FunctionSpec("f", None, schema, strict=True)], ToolChoice())
    constraint = found.constraint([FunctionSpec("f", None, schema)], ToolChoice("required"))
    assert constraint is not None
    assert admits(constraint, found.syntax.write([WrittenCall("f", {"x": json.dumps("anything")})]))
