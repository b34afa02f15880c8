"""JSON schemas as grammars take them, and what they say about a value written as bare text."""

import functools
import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from localassist.errors import InvalidRequest
from localassist.objects.schema_form import compilable, endless_references
from localassist.objects.schema_patterns import find_pattern_fault
from localassist.objects.schema_shape import well_formed
from localassist.protocols import FunctionSpec, grammar_json

SchemaPath = tuple[str, ...]

_CDATA = re.compile(r"<!\[CDATA\[(.*)\]\]>", re.DOTALL)
_PYTHON_WORDS = {"True": "true", "False": "false", "None": "null"}
_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


def json_rule(schema: Mapping[str, Any], *, strict: bool, separators: tuple[str, str] | None) -> str:
    """The grammar's words for a value that fits. What cannot be enforced is refused if strict, else not.

    A fixed form makes most of a call's characters certain, so that they need not be sampled.
    """
    style: dict[str, Any] = {}
    if separators is not None:
        item, key = separators
        style = {"item_separator": item, "key_separator": key, "whitespace_flexible": False}
    if not strict:
        style["lenient"] = True
    return f"%json {grammar_json({**schema, 'x-guidance': style})}"


def refuse(keyword: str, path: SchemaPath) -> NoReturn:
    """Say that a strict schema cannot be enforced, and which part of it. Raises InvalidRequest."""
    raise InvalidRequest(
        f"Invalid schema: In context={path!r}, '{keyword}' cannot be enforced in the way this model writes calls. "
        "Leave it out, or set strict to false."
    )


def parameters_of(tool: FunctionSpec) -> dict[str, Any]:
    """The schema of a function's arguments; one that declares none takes none."""
    if not tool.parameters:
        return {"type": "object", "properties": {}, "additionalProperties": False}
    return dict(tool.enforced or tool.parameters) if tool.strict else loosened(tool.parameters)


def loosened(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with as much as possible in words that a grammar compiler has, without what it cannot take."""
    return _loosened(json.dumps(dict(schema)))


def property_schema(parameters: Mapping[str, Any], name: str) -> Any:
    """The schema of one argument, on its own."""
    schema = parameters.get("properties", {}).get(name, {})
    definitions = {key: parameters[key] for key in ("$defs", "definitions") if key in parameters}
    return {**schema, **definitions} if isinstance(schema, dict) else schema


def choices(schema: Any) -> list[Any] | None:
    """The only valid values, where the schema lists them."""
    if not isinstance(schema, Mapping):
        return None
    found = [schema["const"]] if "const" in schema else schema.get("enum")
    return found if isinstance(found, list) and found else None


def types(schema: Any) -> frozenset[str]:
    """The types the schema names; none where it does not say."""
    if not isinstance(schema, Mapping):
        return frozenset()
    listed = choices(schema)
    if listed is not None:
        return frozenset(_NAMES.get(type(value), "null") for value in listed)
    named = schema.get("type", [])
    found = frozenset([named] if isinstance(named, str) else named)
    alternatives = [types(one) for one in schema.get("anyOf", [])] if not found else []
    return found.union(*alternatives) if all(alternatives) else frozenset()


def value_of(text: str, schema: Any) -> Any:
    """An argument written as bare text: the value its schema takes it for, and text where it is nothing else."""
    wrapped = _CDATA.fullmatch(text)
    text = wrapped[1] if wrapped else text
    allowed = types(schema)
    if allowed == {"string"}:
        return text
    try:
        value = json.loads(_PYTHON_WORDS.get(text, text))
    except (ValueError, RecursionError):
        return text
    kind = _NAMES.get(type(value), "null")
    fits = not allowed or kind in allowed or (kind == "integer" and "number" in allowed)
    return value if fits or "string" not in allowed else text


@functools.lru_cache(maxsize=256)
def _loosened(text: str) -> dict[str, Any]:
    found: dict[str, Any] = _without_impossible(compilable(well_formed(json.loads(text))))
    for path in endless_references(found):
        part: Any = found
        for step in path:
            part = part[int(step) if isinstance(part, list) else step]
        del part["$ref"]  # no value that ends is valid: any value will do
    return found


def _without_impossible(schema: Any) -> Any:
    """A schema without what no grammar compiler takes even leniently: some patterns, and references to elsewhere."""
    if isinstance(schema, list):
        return [_without_impossible(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_impossible(value)
        for key, value in schema.items()
        if not (key == "pattern" and isinstance(value, str) and find_pattern_fault(value))
        and not (key == "$ref" and isinstance(value, str) and not value.startswith("#"))
    }
