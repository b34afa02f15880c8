"""Filters: every operator, nesting, missing keys, types, and what is refused."""

from typing import Any

import pytest

from localassist.errors import InvalidRequest
from localassist.retrieval.filters import compile_filter

FILE = {"year": 2024, "price": 9.5, "lang": "ko", "draft": False, "day": "2024-05-01"}


@pytest.mark.parametrize(
    ("operator", "key", "value", "fulfilled"),
    [
        ("eq", "year", 2024, True),
        ("eq", "year", 2024.0, True),
        ("eq", "year", "2024", False),
        ("eq", "draft", False, True),
        ("eq", "draft", 0, False),
        ("eq", "missing", "x", False),
        ("ne", "lang", "en", True),
        ("ne", "lang", "ko", False),
        ("ne", "missing", "x", True),
        ("gt", "year", 2023, True),
        ("gt", "year", 2024, False),
        ("gte", "year", 2024, True),
        ("lt", "price", 10, True),
        ("lte", "price", 9.5, True),
        ("lte", "price", 9.4, False),
        ("gt", "day", "2024-04-30", True),
        ("gt", "day", 5, False),
        ("gt", "missing", 1, False),
        ("lt", "draft", 1, False),
        ("in", "lang", ["en", "ko"], True),
        ("in", "year", [2023, 2025], False),
        ("in", "missing", ["x"], False),
        ("nin", "lang", ["en", "zh"], True),
        ("nin", "lang", ["ko"], False),
        ("nin", "missing", ["x"], True),
        ("in", "draft", [0], False),
    ],
)
def test_a_comparison(operator: str, key: str, value: Any, fulfilled: bool) -> None:
    assert compile_filter({"type": operator, "key": key, "value": value})(FILE) is fulfilled


def test_compounds_nest() -> None:
    english = {"type": "eq", "key": "lang", "value": "en"}
    recent = {"type": "gte", "key": "year", "value": 2024}
    cheap = {"type": "lt", "key": "price", "value": 5}

    assert compile_filter({"type": "or", "filters": [english, recent]})(FILE) is True
    assert compile_filter({"type": "and", "filters": [english, recent]})(FILE) is False
    nested = {
        "type": "and",
        "filters": [recent, {"type": "or", "filters": [cheap, {"type": "and", "filters": [recent]}]}],
    }
    assert compile_filter(nested)(FILE) is True


@pytest.mark.parametrize(
    ("filters", "param"),
    [
        ("lang = ko", "filters"),
        ({"type": "like", "key": "lang", "value": "k"}, "filters.type"),
        ({"type": "eq", "value": 1}, "filters.key"),
        ({"type": "eq", "key": "a"}, "filters.value"),
        ({"type": "eq", "key": "a", "value": ["x"]}, "filters.value"),
        ({"type": "in", "key": "a", "value": "x"}, "filters.value"),
        ({"type": "gt", "key": "a", "value": True}, "filters.value"),
        ({"type": "and", "filters": []}, "filters.filters"),
        ({"type": "or", "filters": [{"type": "eq", "key": 1, "value": 1}]}, "filters.filters[0].key"),
    ],
)
def test_what_is_no_filter_is_refused_by_its_place(filters: Any, param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        compile_filter(filters)

    assert refused.value.param == param


def test_endless_nesting_is_refused() -> None:
    filters: dict[str, Any] = {"type": "eq", "key": "a", "value": 1}
    for _ in range(40):
        filters = {"type": "and", "filters": [filters]}

    with pytest.raises(InvalidRequest, match="nested more than 32 deep"):
        compile_filter(filters)
