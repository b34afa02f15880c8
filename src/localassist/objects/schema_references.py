"""What references inside a schema point at, and the places a schema has inside another."""

from collections.abc import Iterator, Mapping
from typing import Any

from localassist.objects.schema_recursion import pointer_path

IN_OBJECTS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
IN_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
ALONE = (
    *("items", "additionalItems", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else"),
    *("unevaluatedItems", "unevaluatedProperties"),
)


def target(reference: Any, root: Any) -> Any:
    """What a reference points at; True, the schema of everything, where that is not in the document."""
    path = pointer_path(reference) if isinstance(reference, str) else None
    if path is None:
        return True
    found = root
    for part in path:
        if isinstance(found, Mapping) and part in found:
            found = found[part]
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            return True
    return found


def all_schemas(schema: Mapping[str, Any]) -> dict[tuple[str, ...], Mapping[str, Any]]:
    """The schema and every schema inside it, by path."""
    found: dict[tuple[str, ...], Mapping[str, Any]] = {}
    waiting: list[tuple[tuple[str, ...], Any]] = [((), schema)]
    while waiting:
        path, part = waiting.pop()
        if isinstance(part, Mapping):
            found[path] = part
            waiting += [((*path, *steps), inner) for steps, inner in inner_schemas(part)]
    return found


def inner_schemas(schema: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The schemas directly inside a schema, with their paths."""
    for keyword in IN_OBJECTS:
        members = schema.get(keyword)
        if isinstance(members, Mapping):
            yield from (((keyword, name), inner) for name, inner in members.items())
    for keyword in (*IN_LISTS, "items"):
        items = schema.get(keyword)
        if isinstance(items, list):
            yield from (((keyword, str(index)), inner) for index, inner in enumerate(items))
    for keyword in ALONE:
        if isinstance(schema.get(keyword), Mapping | bool):
            yield (keyword,), schema[keyword]
