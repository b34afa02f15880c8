"""References inside a schema: where they point, and whether following them ever ends."""

from collections import deque
from collections.abc import Container, Iterator, Mapping
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


def find_endless(schemas: Mapping[SchemaPath, Mapping[str, Any]]) -> list[SchemaPath]:
    """The references that no finite value can satisfy. The schemas are all there are, by path."""
    needs: dict[SchemaPath, _Needs] = {}
    for path, schema in schemas.items():
        needs.update(_needs(schema, path, schemas))
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
    return [path for path, count in missing.items() if count > 0 and "$ref" in schemas.get(path, ())]


def _needs(
    schema: Mapping[str, Any], path: SchemaPath, known: Container[SchemaPath]
) -> Iterator[tuple[SchemaPath, _Needs]]:
    """What a value of the schema needs. Alternatives are a place of their own: any one of them will do."""
    alternatives: list[SchemaPath] = []
    all_of = [(*path, "allOf", str(index)) for index in range(len(_listed(schema, "allOf")))]
    target = pointer_path(schema["$ref"]) if isinstance(schema.get("$ref"), str) else None
    if target is not None:
        all_of.append(target)
    kinds = schema.get("type")
    if kinds in ("object", ["object"]):
        all_of += [(*path, "properties", name) for name in _listed(schema, "required") if isinstance(name, str)]
    if kinds in ("array", ["array"]) and _is_positive(schema.get("minItems")):
        all_of.append((*path, "items"))
    for keyword in ("anyOf", "oneOf"):
        options = tuple((*path, keyword, str(index)) for index in range(len(_listed(schema, keyword))))
        if options:
            alternatives.append((*path, keyword))
            yield (*path, keyword), _Needs(options, int(all(option in known for option in options)))
    needed = (*alternatives, *(place for place in all_of if place in known))
    yield path, _Needs(needed, len(needed))


def _listed(schema: Mapping[str, Any], keyword: str) -> list[Any]:
    value = schema.get(keyword)
    return value if isinstance(value, list) else []


def _is_positive(value: Any) -> bool:
    return isinstance(value, int) and value > 0
