"""Whatever a function's schema says, its grammar is made without failing and in little time."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localassist.dialects import build_dialect
from localassist.errors import InvalidRequest
from localassist.objects.schema_form import compilable, endless_references
from localassist.objects.schema_shape import well_formed
from localassist.objects.strict_schema import check_strict_schema
from localassist.protocols import FunctionSpec, ModelFacts, ToolChoice
from tests.unit.dialects.test_discovery import TEMPLATES, template

KEYWORDS = [
    *("type", "properties", "required", "items", "prefixItems", "additionalProperties", "patternProperties", "enum"),
    *("const", "anyOf", "oneOf", "allOf", "not", "if", "then", "else", "dependencies", "dependentRequired", "contains"),
    *("$ref", "$defs", "definitions", "$id", "format", "pattern", "minimum", "maximum", "exclusiveMaximum", "minItems"),
    *("maxItems", "minLength", "maxLength", "multipleOf", "propertyNames", "minProperties", "x-guidance", "nullable"),
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 70),
    st.just(1e300),
    st.sampled_from(["string", "object", "array", "#", "#/$defs/a", "#/properties/a", "^(", "date", "http://x/y", ""]),
)
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([*KEYWORDS, "a", "b"]), inner, max_size=4),
    ),
    max_leaves=25,
)
SCHEMAS = st.dictionaries(st.sampled_from(KEYWORDS), JUNK, max_size=5)
DIALECTS = {
    kind: build_dialect(ModelFacts("m", 8192, template(calls) if calls else None, "<s>", "</s>", frozenset()))
    for kind, calls in {"JSON": "", **{kind: TEMPLATES[kind] for kind in ("tagged", "with types", "bare keys")}}.items()
}


@given(schema=SCHEMAS)
@settings(max_examples=400, deadline=None)
def test_rewriting_takes_anything(schema: dict[str, Any]) -> None:
    endless_references(compilable(well_formed(schema)))


@given(schema=SCHEMAS)
@settings(max_examples=200, deadline=None)
def test_what_is_refused_when_strict_is_refused_in_words(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        check_strict_schema({**schema, "type": "object", "nothing": 1})


@pytest.mark.parametrize("kind", DIALECTS)
@given(schema=SCHEMAS)
@settings(max_examples=150, deadline=None)
def test_grammars_are_made_for_anything(kind: str, schema: dict[str, Any]) -> None:
    tool = FunctionSpec("f", None, {**schema, "type": "object"})
    assert DIALECTS[kind].constraint([tool], ToolChoice()) is not None


@pytest.mark.parametrize("kind", DIALECTS)
def test_references_that_double_do_not_make_a_grammar_large(kind: str) -> None:
    definitions: dict[str, Any] = {
        f"d{n}": {"type": "object", "properties": {p: {"$ref": f"#/$defs/d{n + 1}"} for p in "ab"}} for n in range(60)
    }
    schema = {"type": "object", "properties": {"x": {"$ref": "#/$defs/d0"}}, "$defs": definitions}
    started = time.process_time()
    constraint = DIALECTS[kind].constraint([FunctionSpec("f", None, schema)], ToolChoice())
    assert constraint is not None
    assert len(constraint.grammar) < 100_000
    assert time.process_time() - started < 1  # seconds; without sharing it would not end
