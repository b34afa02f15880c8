"""Proof that no value fits two of several schemas, so that `oneOf` says no more than `anyOf`."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any


def are_exclusive(schemas: Sequence[Mapping[str, Any]]) -> bool:
    """Whether every two schemas differ in type, in constant values, or in those of a property both require."""
    return all(_exclude(first, second) for first, second in combinations(schemas, 2))


def _exclude(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    values, other_values = _values(first), _values(second)
    if values is not None and other_values is not None:
        return not any(value == other for value in values for other in other_values)
    kinds, other_kinds = _kinds(first), _kinds(second)
    if kinds and other_kinds and kinds.isdisjoint(other_kinds):
        return True
    both = set(first.get("required", ())) & set(second.get("required", ()))
    return kinds == other_kinds == {"object"} and any(
        _exclude(_property(first, name), _property(second, name)) for name in both
    )


def _property(schema: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = schema.get("properties", {}).get(name, {})
    return found if isinstance(found, Mapping) else {}


def _values(schema: Mapping[str, Any]) -> list[Any] | None:
    """All the values a schema lists; None when it lists none."""
    if "const" in schema:
        return [schema["const"]]
    listed = schema.get("enum")
    return listed if isinstance(listed, list) else None


def _kinds(schema: Mapping[str, Any]) -> set[str]:
    """The types of values, () when unknown. An integer is a number."""
    declared = schema.get("type", "object" if "properties" in schema else [])
    kinds = set(declared) if isinstance(declared, list) else {declared}
    if schema.get("nullable") is True:
        kinds.add("null")
    return kinds | {"number"} if "integer" in kinds else kinds
