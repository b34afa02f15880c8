"""The part of JSON Schema that a strict function or response format may use (contract §3.9), and its literal faults.

What passes here can be enforced token by token as far as we know; the constraint compiler has the last word.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from localassist.errors import InvalidRequest
from localassist.objects.base import json_type
from localassist.objects.schema_patterns import find_pattern_fault
from localassist.objects.schema_recursion import SchemaPath, find_endless, pointer_path

MAX_PROPERTIES = 5000
MAX_LEVELS = 10
MAX_CHARACTERS = 120_000
MAX_ENUM_VALUES = 1000
MAX_LARGE_ENUM_CHARACTERS = 15_000
LARGE_ENUM_VALUES = 250
MAX_SCHEMA_LENGTH = 500_000  # of any schema, as JSON text
MAX_JSON_DEPTH = 100  # of any schema

FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_NOT_PERMITTED_AT_ROOT = ("anyOf", "enum", "const")
_ANNOTATIONS = {"title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly"}
_BESIDE_REF = _ANNOTATIONS | {"$ref", "$comment", "$schema", "$defs", "definitions"}
_BESIDE_ANY_OF = _ANNOTATIONS | {"anyOf", "type", "$comment", "$schema", "$defs", "definitions"}
_BOUNDS = (
    ("minItems", "maxItems"),
    ("minLength", "maxLength"),
    ("minimum", "maximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
)

Context = tuple[str, ...]


class SchemaFault(InvalidRequest):
    """A schema is not acceptable; the message is the contract's, without the name of the function."""

    @classmethod
    def at(cls, path: Context, reason: str) -> "SchemaFault":
        return cls(f"In context={path!r}, {reason}")


def check_schema_size(schema: Any) -> None:
    """Refuse what is too deep or too long to be worked with at all. Raises SchemaFault."""
    depth = _json_depth(schema)
    if depth > MAX_JSON_DEPTH:
        raise SchemaFault(f"{depth} levels of nesting exceeds limit of {MAX_LEVELS}.")
    try:
        length = len(json.dumps(schema, ensure_ascii=False, allow_nan=False))
    except ValueError as exc:
        raise SchemaFault("a number in it is too large.") from exc
    if length > MAX_SCHEMA_LENGTH:
        raise SchemaFault(f"{length} characters of JSON exceeds limit of {MAX_SCHEMA_LENGTH}.")


def check_object_schema(schema: Any) -> None:
    """What holds for every function, strict or not. Raises SchemaFault."""
    check_schema_size(schema)
    kind = schema.get("type") if isinstance(schema, dict) else None
    if kind != "object":
        raise SchemaFault(f"""schema must be a JSON Schema of 'type: "object"', got 'type: "{kind}"'.""")


def check_strict_schema(schema: Any) -> None:
    """Refuse what the strict subset does not have. Raises SchemaFault."""
    check_object_schema(schema)
    walk = _Walk()
    walk.visit(schema, (), 1)
    if any(keyword in schema for keyword in _NOT_PERMITTED_AT_ROOT):
        raise SchemaFault(
            "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."
        )
    walk.check_totals()
    walk.check_references()


def _json_depth(value: Any) -> int:
    depth, layer = 0, [value]
    while layer := [inner for outer in layer for inner in _children(outer)]:
        depth += 1
    return depth


def _children(value: Any) -> list[Any]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return list(items)


class _Walk:
    """One pass over a schema from the top, which counts what is limited and keeps what references need."""

    def __init__(self) -> None:
        self.schemas: dict[SchemaPath, Mapping[str, Any]] = {}
        self._levels = 0
        self._properties = 0
        self._enum_values = 0
        self._characters = 0

    def visit(self, schema: Any, path: Context, level: int) -> None:
        if not isinstance(schema, dict):
            raise SchemaFault.at(path, f"schema must be an object, but got {json_type(schema)} instead.")
        self.schemas[path] = schema
        self._levels = max(self._levels, level)
        for keyword, value in schema.items():
            check_keyword(keyword, value, path)
        types = _types(schema, path)
        _check_bounds(schema, path)
        self._check_values(schema, types, path)
        if "object" in types:
            _check_object(schema, path)
        if "array" in types and "items" not in schema:
            raise SchemaFault.at(path, "array schema missing items.")
        self._visit_inner(schema, path, level)

    def _visit_inner(self, schema: Mapping[str, Any], path: Context, level: int) -> None:
        for name, inner in schema.get("properties", {}).items():
            self._properties += 1
            self._characters += len(name)
            self.visit(inner, (*path, "properties", name), level + _opens_level(inner, "object"))
        if "items" in schema:
            items = schema["items"]
            self.visit(items, (*path, "items"), level + _opens_level(items, "object", "array"))
        for index, inner in enumerate(schema.get("anyOf", ())):
            self.visit(inner, (*path, "anyOf", str(index)), level + _opens_level(inner, "object"))
        for keyword in ("$defs", "definitions"):
            for name, inner in schema.get(keyword, {}).items():
                self._characters += len(name)
                self.visit(inner, (*path, keyword, name), 1)

    def _check_values(self, schema: Mapping[str, Any], types: tuple[str, ...], path: Context) -> None:
        for keyword in ("enum", "const"):
            if keyword not in schema:
                continue
            values = schema["enum"] if keyword == "enum" else [schema["const"]]
            for value in values:
                if types and not any(_is_of_type(value, kind) for kind in types):
                    raise SchemaFault.at(path, f"{keyword} value {value!r} does not validate against {_shown(schema)}.")
            lengths = sum(len(value) if isinstance(value, str) else len(json.dumps(value)) for value in values)
            self._characters += lengths
            if keyword == "enum":
                self._enum_values += len(values)
                _check_large_enum(values, lengths, path)

    def check_totals(self) -> None:
        if self._levels > MAX_LEVELS:
            raise SchemaFault(f"{self._levels} levels of nesting exceeds limit of {MAX_LEVELS}.")
        if self._properties > MAX_PROPERTIES:
            raise SchemaFault(f"{self._properties} parameters exceeds limit of {MAX_PROPERTIES}.")
        if self._enum_values > MAX_ENUM_VALUES:
            raise SchemaFault(
                f"Expected at most {MAX_ENUM_VALUES} enum values in total within a single schema when using structured "
                f"outputs, but received {self._enum_values}. Consider reducing the number of enums, or use "
                "'strict: false' to opt out of structured outputs."
            )
        if self._characters > MAX_CHARACTERS:
            raise SchemaFault(
                f"{self._characters} characters of property names, definition names, enum values and const values "
                f"exceeds limit of {MAX_CHARACTERS}."
            )

    def check_references(self) -> None:
        """Every reference names a schema, and every schema can be satisfied by a value that ends."""
        for path, schema in self.schemas.items():
            target = schema.get("$ref")
            if target is not None and pointer_path(target) not in self.schemas:
                raise SchemaFault.at(path, f"reference to component '{target}' which was not found in the schema.")
        for endless in find_endless(self.schemas)[:1]:
            raise SchemaFault.at(endless, "'$ref' leads back to itself without end: no finite value is valid.")


def _opens_level(schema: Any, *kinds: str) -> bool:
    """Whether a schema, in a place where these types nest, opens a level of nesting."""
    if not isinstance(schema, dict) or "anyOf" in schema:
        return False
    return not set(kinds).isdisjoint(_as_list(schema.get("type")))


def _as_list(kinds: Any) -> list[str]:
    return [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)]


def _types(schema: Mapping[str, Any], path: Context) -> tuple[str, ...]:
    """The declared types; () where another keyword says what the values are."""
    if "$ref" in schema:
        _check_alone(schema, "$ref", _BESIDE_REF, path)
        return ()
    if "anyOf" in schema:
        if path:  # at the root it is refused altogether
            _check_alone(schema, "anyOf", _BESIDE_ANY_OF, path)
        return ()
    if "type" not in schema:
        if "enum" in schema or "const" in schema:
            return ()
        raise SchemaFault.at(path, "schema must have a 'type' key.")
    return tuple(_as_list(schema["type"]))


def _check_alone(schema: Mapping[str, Any], keyword: str, permitted: set[str], path: Context) -> None:
    beside = sorted(other for other in set(schema) - permitted if not other.startswith("x-"))
    if beside:
        raise SchemaFault.at(path, f"{keyword} cannot have keywords {{{', '.join(map(repr, beside))}}}.")


def _check_object(schema: Mapping[str, Any], path: Context) -> None:
    if schema.get("additionalProperties") is not False:
        raise SchemaFault.at(path, "'additionalProperties' is required to be supplied and to be false.")
    properties, required = schema.get("properties", {}), schema.get("required", [])
    rule = "'required' is required to be supplied and to be an array including every key in properties."
    names = set(required)
    missing = next((name for name in properties if name not in names), None)
    if missing is not None:
        raise SchemaFault.at(path, f"{rule} Missing '{missing}'.")
    extra = next((name for name in required if name not in properties), None)
    if extra is not None:
        raise SchemaFault.at(path, f"{rule} Extra required key '{extra}' supplied.")


def _check_bounds(schema: Mapping[str, Any], path: Context) -> None:
    for low, high in _BOUNDS:
        if low in schema and high in schema and schema[low] > schema[high]:
            raise SchemaFault.at(path, f"'{low}' is greater than '{high}': no value is valid.")


def _check_large_enum(values: list[Any], num_characters: int, path: Context) -> None:
    if len(values) > LARGE_ENUM_VALUES and num_characters > MAX_LARGE_ENUM_CHARACTERS:
        raise SchemaFault.at(
            path,
            f"expected at most {MAX_LARGE_ENUM_CHARACTERS} characters in total for an enum with more than "
            f"{LARGE_ENUM_VALUES} values, but received {num_characters}.",
        )


def _shown(schema: Mapping[str, Any]) -> str:
    return repr({"type": schema["type"]})


def _is_of_type(value: Any, kind: str) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match kind:
        case "integer":
            return is_number and (isinstance(value, int) or value.is_integer())
        case "number":
            return is_number
        case "null":
            return value is None
        case _:
            expected = {"string": str, "boolean": bool, "object": dict, "array": list}[kind]
            return isinstance(value, expected)


# --- keywords -----------------------------------------------------------------------------------------------------


def check_keyword(keyword: str, value: Any, path: Context) -> None:
    """The subset has the keyword, and the value is one it can have. Raises SchemaFault."""
    if keyword.startswith("x-"):
        return
    expected = _EXPECTED.get(keyword)
    if expected is None:
        raise SchemaFault.at(path, f"'{keyword}' is not permitted.")
    if not _TESTS[expected](value):
        raise SchemaFault.at(path, f"'{keyword}' must be {expected}, but got {_brief(value)}.")
    if keyword == "pattern":
        reason = find_pattern_fault(value)
        if reason is not None:
            raise SchemaFault.at(path, f"'pattern' cannot be enforced: {reason}.")
    if keyword == "format" and value not in FORMATS:
        raise SchemaFault.at(path, f"'{value}' is not a valid format.")


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_number(value: Any) -> bool:
    return _is_of_type(value, "number") and abs(value) <= 1e18


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**9


def _is_type(value: Any) -> bool:
    kinds = value if isinstance(value, list) else [value]
    return bool(kinds) and all(isinstance(kind, str) and kind in _TYPES for kind in kinds)


_NUMBER = "a number between -1e18 and 1e18"
_COUNT = "an integer of at least 0"
_TYPE = f"one of {', '.join(map(repr, _TYPES))}, or an array of them"
_TESTS: dict[str, Callable[[Any], bool]] = {
    "anything": lambda _: True,
    "a string": lambda value: isinstance(value, str),
    "a boolean": lambda value: isinstance(value, bool),
    "an object": lambda value: isinstance(value, dict),
    "an array": lambda value: isinstance(value, list),
    "an array that is not empty": lambda value: isinstance(value, list) and bool(value),
    "an array of strings": lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    "a number greater than 0": lambda value: _is_number(value) and value > 0,
    _NUMBER: _is_number,
    _COUNT: _is_count,
    _TYPE: _is_type,
}
_EXPECTED = {
    "type": _TYPE,
    **dict.fromkeys(("title", "description", "$comment", "$schema", "$ref", "pattern", "format"), "a string"),
    **dict.fromkeys(("default", "const", "example", "examples", "items", "additionalProperties"), "anything"),
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly"), "a boolean"),
    **dict.fromkeys(("properties", "$defs", "definitions"), "an object"),
    **dict.fromkeys(("enum", "anyOf"), "an array that is not empty"),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _NUMBER),
    **dict.fromkeys(("minItems", "maxItems", "minLength", "maxLength"), _COUNT),
    "required": "an array of strings",
    "multipleOf": "a number greater than 0",
}
