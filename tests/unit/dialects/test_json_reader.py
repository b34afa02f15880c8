"""JSON is read to its end, refused where it goes wrong, and closed validly where it breaks off."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localassist.dialects.json_reader import JsonValueReader

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.booleans(), st.sampled_from([None, 2]))
def test_any_json_is_read_to_its_end(value: object, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    reader = JsonValueReader()
    taken = reader.feed(text + " }")
    assert not reader.is_invalid
    assert reader.is_complete
    assert reader.text.strip() == text
    assert taken == len(reader.text)


@given(VALUES, st.booleans(), st.floats(0, 1))
def test_json_cut_anywhere_can_be_closed(value: object, ascii_only: bool, cut: float) -> None:
    text = json.dumps({"first": value, "second": [value, value]}, ensure_ascii=ascii_only)
    reader = JsonValueReader()
    reader.feed(text[: int(len(text) * cut)])
    json.loads(reader.text[: reader.committed] + reader.closing())


@pytest.mark.parametrize(
    ("cut", "closed"),
    [
        ('{"a": "x', '{"a": "x"}'),
        ('{"a": 1, "b', '{"a": 1}'),
        ('{"a": 1, "b": ', '{"a": 1}'),
        ('{"a": tr', '{"a": true}'),
        ('{"a": -', '{"a": -0}'),
        ('{"a": 1.', '{"a": 1.0}'),
        ('{"a": 2e-', '{"a": 2e-0}'),
        ('{"a": [1, {"b": "\\', '{"a": [1, {"b": "\\\\"}]}'),
        ('{"a": "\\u00', '{"a": "\\u0000"}'),
        ("{", "{}"),
    ],
)
def test_what_is_added_is_the_least_possible(cut: str, closed: str) -> None:
    reader = JsonValueReader()
    reader.feed(cut)
    assert reader.text[: reader.committed] + reader.closing() == closed


@pytest.mark.parametrize("text", ["{a", '{"a" 1', '{"a": 01', "[1,]", '{"a": 1,}', "tru3", '"\n"', '{"a": .5', "nul "])
def test_what_is_no_json_is_refused(text: str) -> None:
    reader = JsonValueReader()
    reader.feed(text)
    assert reader.is_invalid


def test_nesting_has_a_limit() -> None:
    reader = JsonValueReader()
    reader.feed("[" * 10_000)
    assert reader.is_invalid
