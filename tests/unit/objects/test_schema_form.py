"""A schema rewritten for the grammar compiler fits the same values, and has words the compiler knows."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from localassist.objects.schema_exclusive import Exclusion
from localassist.objects.schema_form import compilable, endless_references
from localassist.objects.schema_negation import other_texts

HARD_WORDS = ("oneOf", "not", "if", "then", "else", "dependencies", "dependentRequired", "dependentSchemas", "$id")
CARD = {"type": "object", "properties": {"by": {"const": "card"}, "number": {"type": "string"}}, "required": ["by"]}
CASH = {"type": "object", "properties": {"by": {"enum": ["cash", "coin"]}}, "required": ["by"]}
EXPRESSIBLE: dict[str, dict[str, Any]] = {
    "types": {"oneOf": [{"type": "string"}, {"type": ["null", "array"]}]},
    "a reference": {"oneOf": [{"$ref": "#/$defs/s"}, {"type": "null"}], "$defs": {"s": {"type": "string"}}},
    "a discriminator": {"oneOf": [CARD, CASH]},
    "a discriminator in a part": {"oneOf": [{"allOf": [CARD, {"properties": {"x": {}}}]}, CASH]},
    "ranges": {"type": "number", "oneOf": [{"maximum": 1}, {"minimum": 2}]},
    "closed objects": {
        "oneOf": [
            {"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": False},
            {"type": "object", "properties": {"b": {}}, "additionalProperties": False},
        ]
    },
    "overlapping": {"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b", "by"]}]},
    "the type beside": {"type": "object", "oneOf": [{"required": ["a"]}, {"properties": {"a": False}}]},
    "needs another": {"dependentRequired": {"a": ["b"]}, "properties": {"a": {}, "b": {}}},
    "needs a schema": {"dependencies": {"a": {"properties": {"b": {"type": "string"}}}, "b": ["by"]}},
    "not not": {"not": {"not": {"type": "object", "properties": {"a": {"const": 1}}}}},
    "not a type": {"not": {"type": ["string", "null"]}},
    "not these texts": {"type": "string", "not": {"enum": ["a", "card", "cash", "c]"]}},
    "not these members": {"not": {"properties": {"by": {"const": "card"}}, "required": ["by"]}},
    "not both": {"not": {"allOf": [{"required": ["a"]}, {"required": ["b"]}]}},
    "neither": {"not": {"anyOf": [{"type": "string"}, {"minimum": 3}, {"maxLength": 2}, {"const": True}]}},
    "not long": {"not": {"minItems": 2}},
    "a condition": {
        "properties": {"by": {"type": "string"}},
        "if": {"properties": {"by": {"const": "card"}}, "required": ["by"]},
        "then": {"required": ["number"]},
        "else": {"required": ["a"]},
    },
    "a condition without a branch": {"if": {"type": "string"}, "then": {"minLength": 2}},
    "branches without a condition": {"type": "string", "then": {"minLength": 2}},
    "an identifier": {
        "properties": {"a": {"$id": "http://x/y", "$ref": "#/$defs/s", "$defs": {"s": {"type": "string"}}}},
        "$defs": {"s": {"type": "null"}},
    },
}
NUMBERS = st.sampled_from([0, 1, 1.0, 2, 3, 5, -1, 1.5])
TEXTS = st.sampled_from(["", "a", "c", "ca", "card", "cards", "cash", "coin", "c]", "xyz"])
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
OBJECTS = st.dictionaries(st.sampled_from(["a", "b", "by", "number", "x"]), SCALARS, max_size=4)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3), OBJECTS)


@pytest.mark.parametrize("name", EXPRESSIBLE)
@given(value=VALUES)
@settings(max_examples=60, deadline=None)
def test_the_same_values_fit(name: str, value: Any) -> None:
    schema = EXPRESSIBLE[name]
    judge = Draft7Validator if "dependencies" in schema else Draft202012Validator
    assert judge(compilable(schema)).is_valid(value) == judge(schema).is_valid(value)


@pytest.mark.parametrize("name", EXPRESSIBLE)
def test_no_word_is_left_that_the_compiler_does_not_know(name: str) -> None:
    assert not any(f"'{word}'" in str(compilable(EXPRESSIBLE[name])) for word in HARD_WORDS)


@pytest.mark.parametrize(
    "schema",
    [
        {"oneOf": [{"pattern": "a"}, {"pattern": "b"}]},
        {"oneOf": [{"items": {"type": "string"}}, {"items": {"type": "null"}}]},  # both take []
        {"not": {"pattern": "a"}},
        {"not": {"type": "integer"}},
        {"not": {"multipleOf": 3}},
        {"not": {"enum": [1, 2]}},
        {"not": {"maximum": 3, "exclusiveMaximum": True}},
        {"if": {"pattern": "a"}, "then": {"minLength": 2}},
        {"contains": {"type": "null"}},
        {"uniqueItems": True},
        {"$ref": "http://elsewhere/schema"},
    ],
    ids=str,
)
def test_what_has_no_other_words_stays_as_it_is(schema: dict[str, Any]) -> None:
    assert compilable(schema) == schema


def test_formats_that_are_annotations_are_dropped() -> None:
    schema = {"properties": {"a": {"type": "string", "format": "path"}, "b": {"type": "string", "format": "date"}}}
    assert compilable(schema)["properties"] == {"a": {"type": "string"}, "b": {"type": "string", "format": "date"}}


def test_data_is_no_schema() -> None:
    schema = {"const": {"oneOf": [1], "format": "x", "$id": "y"}, "default": {"not": 1}, "enum": [{"if": 2}]}
    assert compilable(schema) == schema


def test_properties_that_are_named_like_keywords_are_properties() -> None:
    schema = {"type": "object", "properties": {"not": {"type": "string"}, "oneOf": {"type": "null"}, "$id": True}}
    assert compilable(schema) == schema


@pytest.mark.parametrize("text", ["", "a", "ab", "abc", "b", "]", "^", "\n", "한국"])
def test_the_other_texts_are_all_but_the_listed(text: str) -> None:
    listed = ["ab", "a", "]", "한국"]
    schema = {"type": "string", "pattern": f"^(?:{other_texts(listed)})$"}
    assert Draft202012Validator(schema).is_valid(text) == (text not in listed)


def chain(length: int, keyword: str) -> dict[str, Any]:
    """References that double at every step."""
    definitions = {f"d{n}": {keyword: [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(length)}
    return {"$defs": {**definitions, f"d{length}": {"type": "string", "minLength": 3}}}


@pytest.mark.parametrize(
    "schema",
    [
        {"not": {"$ref": "#/$defs/d0"}, **chain(60, "anyOf")},
        {"oneOf": [{"$ref": "#/$defs/d0"}, {"$ref": "#/$defs/d1"}], **chain(60, "anyOf")},
        {"oneOf": [{"$ref": "#/$defs/d0"}, {"$ref": "#/$defs/d0"}], **chain(60, "allOf")},
        {"oneOf": [{"not": {"required": [str(n)]}} for n in range(3000)]},
        {"not": {"enum": [f"{n}" for n in range(100_000)]}},
        {"oneOf": [{"$ref": "#"}, {"not": {"$ref": "#"}}]},
    ],
    ids=["negation", "alternatives", "parts", "many", "values", "itself"],
)
def test_hostile_schemas_cost_little(schema: dict[str, Any]) -> None:
    started = time.process_time()
    compilable(schema)
    assert time.process_time() - started < 2  # seconds; without bounds it would not end


def test_integers_are_numbers_but_true_is_not_one() -> None:
    proof = Exclusion({})
    assert not proof.are_exclusive([{"type": "integer"}, {"type": "number"}])
    assert not proof.are_exclusive([{"const": 1}, {"const": 1.0}])
    assert proof.are_exclusive([{"const": 1}, {"const": True}])
    assert proof.are_exclusive([{"const": 1.5}, {"type": "integer"}])


NODE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}, "required": ["next"]}


@pytest.mark.parametrize(
    ("node", "is_endless"),
    [
        (NODE, True),
        ({**NODE, "required": []}, False),
        ({**NODE, "type": ["object", "null"]}, False),
        ({"anyOf": [NODE, {"type": "null"}]}, False),
        ({"anyOf": [NODE, NODE]}, True),
        ({"allOf": [{"type": "string"}, {"$ref": "#/$defs/node"}]}, True),
        ({"type": "array", "items": {"$ref": "#/$defs/node"}}, False),
        ({"type": "array", "items": {"$ref": "#/$defs/node"}, "minItems": 1}, True),
        ({"type": "object", "required": ["not declared", 3, ["list"]]}, False),
    ],
    ids=str,
)
def test_references_without_end_are_found(node: dict[str, Any], is_endless: bool) -> None:
    schema = {"type": "object", "properties": {"first": {"$ref": "#/$defs/node"}}, "$defs": {"node": node}}
    assert bool(endless_references(schema)) == is_endless
