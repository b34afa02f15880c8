"""References inside a schema: where they point, and whether following them ever ends."""

from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

SchemaPath = tuple[str, ...]


def pointer_path(reference: str) -> SchemaPath | None:
    """`#/$defs/a~1b` as `('$defs', 'a/b')`; None for a reference to elsewhere."""
    if reference == "#":
        return ()
    if not reference.startswith("#/"):
        return None
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in unquote(reference[2:]).split("/"))


class _Needs(NamedTuple):
    """A schema has a finite value when so many of the others have one."""

    others: tuple[SchemaPath, ...]
    num_needed: int


def find_endless(schemas: Mapping[SchemaPath, Mapping[str, Any]]) -> SchemaPath | None:
    """The first reference that no finite value can satisfy, None when all can be. References must resolve."""
    needs = {path: _needs(schema, path) for path, schema in schemas.items()}
    waiting: dict[SchemaPath, list[SchemaPath]] = {}
    for path, need in needs.items():
        for other in need.others:
            waiting.setdefault(other, []).append(path)
    missing = {path: need.num_needed for path, need in needs.items()}
    ready = deque(path for path, count in missing.items() if count == 0)
    while ready:
        for path in waiting.get(ready.popleft(), ()):
            missing[path] -= 1
            if missing[path] == 0:
                ready.append(path)
    return next((path for path, count in missing.items() if count > 0 and "$ref" in schemas[path]), None)


def _needs(schema: Mapping[str, Any], path: SchemaPath) -> _Needs:
    """Strict schemas only: every property is required, and of several types the simplest will do."""
    if "$ref" in schema:
        target = pointer_path(schema["$ref"])
        return _Needs((target,) if target is not None else (), 1)
    if "anyOf" in schema:
        return _Needs(tuple((*path, "anyOf", str(index)) for index in range(len(schema["anyOf"]))), 1)
    if schema.get("type") in ("object", ["object"]):
        names = tuple((*path, "properties", name) for name in schema.get("properties", ()))
        return _Needs(names, len(names))
    if schema.get("type") in ("array", ["array"]) and schema.get("minItems", 0) > 0:
        return _Needs(((*path, "items"),), 1)
    return _Needs((), 0)
