"""The contract's filters over a file's attributes: comparisons, and `and` and `or` of filters, nested at will.

A file without the key of a comparison does not fulfil it, but for `ne` and `nin`, which say what it must not be.
Booleans are no numbers; numbers compare by value (2 is 2.0), strings by code point, so that ISO dates have an order.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from localassist.errors import InvalidRequest

Attributes = Mapping[str, Any]
Predicate = Callable[[Attributes], bool]

_ORDERED = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
_COMPARISONS = ("eq", "ne", *_ORDERED, "in", "nin")
_COMPOUNDS = ("and", "or")
_MAX_DEPTH = 32


def compile_filter(filters: Any, *, path: str = "filters", depth: int = 1) -> Predicate:
    """A function that says whether attributes fulfil a filter. Raises InvalidRequest naming what is wrong with it."""
    if not isinstance(filters, Mapping):
        raise _fault(path, "must be an object")
    if depth > _MAX_DEPTH:
        raise _fault(path, f"is nested more than {_MAX_DEPTH} deep")
    kind = filters.get("type")
    if kind in _COMPOUNDS:
        return _compound(filters, kind, path, depth)
    if kind in _COMPARISONS:
        return _comparison(filters, kind, path)
    supported = ", ".join(f"'{name}'" for name in (*_COMPARISONS, *_COMPOUNDS))
    raise _fault(f"{path}.type", f"must be one of {supported}")


def _compound(filters: Mapping[str, Any], kind: str, path: str, depth: int) -> Predicate:
    inner = filters.get("filters")
    if not isinstance(inner, list) or not inner:
        raise _fault(f"{path}.filters", "must be an array of at least one filter")
    parts = [compile_filter(part, path=f"{path}.filters[{i}]", depth=depth + 1) for i, part in enumerate(inner)]
    combine = all if kind == "and" else any
    return lambda attributes: combine(part(attributes) for part in parts)


def _comparison(filters: Mapping[str, Any], kind: str, path: str) -> Predicate:
    key, value = filters.get("key"), filters.get("value")
    if not isinstance(key, str):
        raise _fault(f"{path}.key", "must be a string")
    if kind in ("in", "nin"):
        if not isinstance(value, list) or not all(isinstance(item, str | int | float) for item in value):
            raise _fault(f"{path}.value", "must be an array of strings, numbers or booleans")
        wanted = value
        is_among = kind == "in"
        return lambda attributes: any(_equal(attributes.get(key), item) for item in wanted) == is_among
    if not isinstance(value, str | int | float):
        raise _fault(f"{path}.value", "must be a string, a number or a boolean")
    if kind in _ORDERED:
        compare = _ORDERED[kind]
        if isinstance(value, bool):
            raise _fault(f"{path}.value", f"must be a number or a string for '{kind}'")
        return lambda attributes: _comparable(attributes.get(key), value) and compare(attributes[key], value)
    is_equal = kind == "eq"
    return lambda attributes: _equal(attributes.get(key), value) == is_equal


def _equal(found: Any, wanted: Any) -> bool:
    return isinstance(found, bool) == isinstance(wanted, bool) and bool(found == wanted)


def _comparable(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, str):
        return isinstance(found, str)
    return isinstance(found, int | float) and not isinstance(found, bool)


def _fault(path: str, what: str) -> InvalidRequest:
    return InvalidRequest(f"Invalid '{path}': it {what}.", param=path)
