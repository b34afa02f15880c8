"""Keywords of a JSON schema whose values have the wrong form, left out: what remains can be worked with safely."""

from collections.abc import Callable, Mapping
from typing import Any

from localassist.objects.schema_references import ALONE, IN_LISTS, IN_OBJECTS

_KINDS = ("string", "number", "integer", "boolean", "object", "array", "null")
_MAX_COUNT = 100_000  # a larger bound on lengths says nothing about what a model can write


def well_formed(schema: Any) -> Any:
    """The schema without keywords that are malformed; True where it is no schema at all."""
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, Mapping):
        return True
    kept = {str(keyword): _value(keyword, value) for keyword, value in schema.items() if _has_form(keyword, value)}
    return {keyword: value for keyword, value in kept.items() if value not in ([], {}) or keyword not in _NOT_EMPTY}


_NOT_EMPTY = (*IN_LISTS, "type", "enum")


def _value(keyword: str, value: Any) -> Any:
    if keyword in IN_OBJECTS:
        return {str(name): well_formed(inner) for name, inner in value.items() if _is_schema(inner)}
    if keyword in IN_LISTS or (keyword == "items" and isinstance(value, list)):
        return [well_formed(inner) for inner in value if _is_schema(inner)]
    if keyword in ALONE:
        return well_formed(value)
    if keyword == "dependencies":
        return {name: needed if isinstance(needed, list) else well_formed(needed) for name, needed in value.items()}
    if keyword == "type" and isinstance(value, list):
        return [kind for kind in value if kind in _KINDS]
    return value


def _has_form(keyword: Any, value: Any) -> bool:
    if not isinstance(keyword, str) or keyword.startswith("x-"):
        return False
    test = _TESTS.get(keyword)
    return test is None or test(value)


def _is_schema(value: Any) -> bool:
    return isinstance(value, bool | Mapping)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e18


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_COUNT


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_type(value: Any) -> bool:
    return value in _KINDS if isinstance(value, str) else _is_names(value)


def _is_dependencies(value: Any) -> bool:
    return isinstance(value, Mapping) and all(_is_schema(needed) or _is_names(needed) for needed in value.values())


_TESTS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(IN_OBJECTS, lambda value: isinstance(value, Mapping)),
    **dict.fromkeys((*IN_LISTS, "enum"), lambda value: isinstance(value, list)),
    **dict.fromkeys(ALONE, _is_schema),
    **dict.fromkeys(("pattern", "format", "$ref", "$id", "$schema"), _is_text),
    **dict.fromkeys(("minimum", "maximum"), _is_number),
    **dict.fromkeys(
        ("exclusiveMinimum", "exclusiveMaximum"), lambda value: isinstance(value, bool) or _is_number(value)
    ),
    **dict.fromkeys(("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"), _is_count),
    "multipleOf": lambda value: _is_number(value) and value > 0,
    "items": lambda value: _is_schema(value) or isinstance(value, list),
    "required": _is_names,
    "type": _is_type,
    "dependencies": _is_dependencies,
    "dependentRequired": lambda value: isinstance(value, Mapping) and all(map(_is_names, value.values())),
}
