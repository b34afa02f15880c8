"""Ordinary schemas in strict form: what is rewritten, and that malformed ones are refused, never crash."""

import contextlib

import pytest

from localassist.objects.strict_adaptation import to_strict_schema, without_added_nulls
from localassist.objects.strict_schema import SchemaFault, check_strict_schema

WHOLE = {
    "type": "object",
    "required": ["a"],
    "properties": {
        "a": {"oneOf": [{"type": "string", "enum": ["x"]}, {"type": "null"}]},
        "b": {"allOf": [{"$ref": "#/$defs/d"}], "default": {"c": 1}},
        "e": {"type": "array", "items": {"$ref": "#/$defs/d"}},
    },
    "$defs": {"d": {"type": "object", "properties": {"c": {"type": "integer", "format": "int32"}}}},
}
JUNK = [None, True, 5, "x", [], {}, [1], {"a": 1}, "#", "#/x", [[]], [{}]]


def test_optional_properties_become_nullable_and_unions_plain():
    assert to_strict_schema(WHOLE) == {
        "type": "object",
        "properties": {
            "a": {"anyOf": [{"type": "string", "enum": ["x"]}, {"type": "null"}]},
            "b": {"description": 'Default: {"c": 1}.', "anyOf": [{"$ref": "#/$defs/d"}, {"type": "null"}]},
            "e": {"type": ["array", "null"], "items": {"$ref": "#/$defs/d"}},
        },
        "required": ["a", "b", "e"],
        "additionalProperties": False,
        "$defs": {
            "d": {
                "type": "object",
                "properties": {"c": {"type": ["integer", "null"]}},
                "required": ["c"],
                "additionalProperties": False,
            }
        },
    }


def test_nulls_that_mean_left_out_are_taken_away_again():
    value = {"a": None, "b": None, "e": [{"c": None}, {"c": 1}]}
    assert without_added_nulls(value, WHOLE, WHOLE) == {"a": None, "e": [{}, {"c": 1}]}


def places(value):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (key,)
        yield from ((key, *rest) for rest in places(inner))


def replaced(value, place, junk):
    if not place:
        return junk
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[place[0]] = replaced(value[place[0]], place[1:], junk)
    return copied


@pytest.mark.parametrize("place", list(places(WHOLE)), ids=str)
def test_a_malformed_schema_is_a_fault(place):
    for junk in JUNK:
        with contextlib.suppress(SchemaFault):  # some are well-formed all the same
            check_strict_schema(to_strict_schema(replaced(WHOLE, place, junk)))
