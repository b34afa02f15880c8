"""Proof that no value fits two of several schemas, so that `oneOf` says no more than `anyOf`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from localassist.objects.schema_references import target

_MAX_STEPS = 20_000  # then the proof is given up, and nothing is said to be exclusive
_MAX_DEPTH = 12
_KINDS = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
_NUMBERS = frozenset({"integer", "number"})


def kind_of(value: Any) -> str:
    """The JSON Schema type of a value; an integer is said to be one."""
    if isinstance(value, float) and value.is_integer():
        return "integer"
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def declared_kinds(schema: Mapping[str, Any]) -> frozenset[str]:
    """The types that a schema's own `type` lets through; an integer is a number."""
    declared = schema.get("type")
    if declared is None:
        return _KINDS
    kinds = {kind for kind in (declared if isinstance(declared, list) else [declared]) if isinstance(kind, str)}
    if schema.get("nullable") is True:
        kinds.add("null")
    return frozenset(kinds | {"integer"} if "number" in kinds else kinds)


class Exclusion:
    """Proofs about schemas whose references point into `root`, as long as they do not become too much work."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._steps = 0

    def are_exclusive(self, schemas: Sequence[Any], beside: Any = True) -> bool:
        """Whether every two schemas differ in type, in values, or in those of a property that values of both have.

        `beside` is a schema that the values fit as well.
        """
        return all(self._exclude([first, beside], [second, beside], 0) for first, second in combinations(schemas, 2))

    def _exclude(self, first: Sequence[Any], second: Sequence[Any], depth: int) -> bool:
        """Whether no value fits all of the first and all of the second."""
        self._steps += 1
        if depth > _MAX_DEPTH or self._steps > _MAX_STEPS:
            return False
        one, other = list(self._parts(first)), list(self._parts(second))
        if False in one or False in other:
            return True
        ones, others = _schemas(one), _schemas(other)
        kinds = _kinds([*ones, *others])
        if not kinds or _values_differ(ones, others) or _ranges_differ([*ones, *others], kinds):
            return True
        if kinds == {"object"} and self._members_differ(ones, others, depth):
            return True
        return self._all_options(ones, second, depth) or self._all_options(others, first, depth)

    def _parts(self, schemas: Sequence[Any], depth: int = 0) -> Iterator[Any]:
        """The schemas, with what they refer to and what they put together."""
        for schema in schemas:
            if schema is False:
                yield False
            if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
                continue
            yield schema
            inner = list(schema["allOf"]) if isinstance(schema.get("allOf"), list) else []
            if "$ref" in schema:
                inner.append(target(schema["$ref"], self._root))
            yield from self._parts(inner, depth + 1)

    def _members_differ(self, ones: Sequence[Any], others: Sequence[Any], depth: int) -> bool:
        """Objects only: a member one of them must have and the other must not, or not with any such value."""
        required, also_required = _required(ones), _required(others)
        for name in required | also_required:
            values = [_member(schema, name) for schema in ones], [_member(schema, name) for schema in others]
            forbidden = False in values[0] or False in values[1]
            if forbidden or (name in required & also_required and self._exclude(*values, depth + 1)):
                return True
        return False

    def _all_options(self, schemas: Sequence[Mapping[str, Any]], others: Sequence[Any], depth: int) -> bool:
        """Whether all alternatives of one of the schemas are excluded by the others."""
        for schema in schemas:
            for keyword in ("anyOf", "oneOf"):
                options = schema.get(keyword)
                if isinstance(options, list) and all(self._exclude([one], others, depth + 1) for one in options):
                    return True
        return False


def _schemas(parts: Sequence[Any]) -> list[Mapping[str, Any]]:
    return [part for part in parts if isinstance(part, Mapping)]


def _kinds(schemas: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    kinds = _KINDS
    for schema in schemas:
        kinds &= declared_kinds(schema)
        values = listed_values(schema)
        if values is not None:
            of_values = {kind_of(value) for value in values}
            kinds &= of_values | {"number"} if "integer" in of_values else of_values
    return kinds


def listed_values(schema: Mapping[str, Any]) -> list[Any] | None:
    """All the values a schema lists; None when it lists none."""
    if "const" in schema:
        return [schema["const"]]
    listed = schema.get("enum")
    return listed if isinstance(listed, list) else None


def _values_differ(ones: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]]) -> bool:
    """Whether two list values and have none in common."""
    texts = [[_texts(schema) for schema in side if listed_values(schema) is not None] for side in (ones, others)]
    return any(first.isdisjoint(second) for first in texts[0] for second in texts[1])


def _texts(schema: Mapping[str, Any]) -> frozenset[str]:
    """The listed values in a form in which what JSON Schema takes for equal is equal."""
    return frozenset(json.dumps(_plain(value), sort_keys=True) for value in listed_values(schema) or ())


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _ranges_differ(schemas: Sequence[Mapping[str, Any]], kinds: frozenset[str]) -> bool:
    """Numbers only: whether none is large enough and small enough."""
    if not kinds <= _NUMBERS:
        return False
    low = _numbers(schemas, "minimum") + _numbers(schemas, "exclusiveMinimum")
    high = _numbers(schemas, "maximum") + _numbers(schemas, "exclusiveMaximum")
    return bool(low and high) and max(low) > min(high)


def _numbers(schemas: Sequence[Mapping[str, Any]], keyword: str) -> list[float]:
    found = [schema.get(keyword) for schema in schemas]
    return [value for value in found if isinstance(value, int | float) and not isinstance(value, bool)]


def _required(schemas: Sequence[Mapping[str, Any]]) -> set[str]:
    listed = [schema["required"] for schema in schemas if isinstance(schema.get("required"), list)]
    return {name for names in listed for name in names if isinstance(name, str)}


def _member(schema: Mapping[str, Any], name: str) -> Any:
    """The schema of a member, as far as one schema of the object says."""
    properties = schema.get("properties")
    if isinstance(properties, Mapping) and name in properties:
        return properties[name]
    return schema.get("additionalProperties") is not False or bool(schema.get("patternProperties"))
