"""Schemas of an OpenAPI document as JSON schemas that stand alone."""

import re
from collections.abc import Mapping
from typing import Any

from localassist.errors import InvalidRequest
from localassist.objects.strict_adaptation import nullable, resolve_pointer
from localassist.objects.strict_schema import SchemaFault

MAX_DEPTH = 60
_NO_MEANING = ("xml", "externalDocs", "discriminator", "example")


class SchemaCollector:
    """Copies schemas out of a document; what they refer to is collected, once each, as `definitions`."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._name_by_reference: dict[str, str] = {}
        self.definitions: dict[str, Any] = {}

    def copy(self, schema: Any, depth: int = 0) -> Any:
        """A schema of the document in JSON Schema's words, its references pointing to the definitions."""
        if depth > MAX_DEPTH:
            raise InvalidRequest("A schema of the document is nested too deeply.", param="document")
        if isinstance(schema, list):
            return [self.copy(item, depth + 1) for item in schema]
        if not isinstance(schema, Mapping):
            return schema
        if isinstance(schema.get("$ref"), str):
            annotations = {key: schema[key] for key in ("description",) if key in schema}
            return {"$ref": f"#/$defs/{self._defined(schema['$ref'], depth)}", **annotations}
        copied = {key: self._value(key, value, depth) for key, value in schema.items() if key not in _NO_MEANING}
        return _in_new_words(copied)

    def _value(self, key: str, value: Any, depth: int) -> Any:
        if key in ("enum", "const", "default", "examples", "required", "type"):
            return value
        if key in ("properties", "patternProperties", "$defs", "definitions") and isinstance(value, Mapping):
            return {name: self.copy(inner, depth + 1) for name, inner in value.items()}
        return self.copy(value, depth + 1)

    def _defined(self, reference: str, depth: int) -> str:
        if reference not in self._name_by_reference:
            try:
                target = resolve_pointer(self._root, reference)
            except SchemaFault as exc:
                raise InvalidRequest(f"In the document: {exc.message}", param="document") from exc
            name = unused_name(re.sub(r"[^A-Za-z0-9_.-]", "_", reference.rsplit("/", 1)[-1]), self.definitions)
            self._name_by_reference[reference] = name
            self.definitions[name] = {}  # taken, before what it refers to is copied
            self.definitions[name] = self.copy(target, depth + 1)
        return self._name_by_reference[reference]

    def followed(self, schema: Any) -> Any:
        """A copied schema, or the definition it refers to."""
        for _ in range(20):
            if not isinstance(schema, Mapping) or "$ref" not in schema:
                break
            schema = self.definitions[schema["$ref"].removeprefix("#/$defs/")]
        return schema


def _in_new_words(schema: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI 3.0's own keywords as those of JSON Schema."""
    for flag, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(flag), bool):
            is_exclusive = schema.pop(flag)
            if is_exclusive and bound in schema:
                schema[flag] = schema.pop(bound)
    may_be_null = schema.pop("nullable", False)
    return nullable(schema) if may_be_null is True else schema


def unused_name(name: str, taken: Mapping[str, Any], *, max_length: int = 64) -> str:
    """The name, with a number after it where it is taken."""
    candidate, number = name[:max_length], 1
    while candidate in taken:
        number += 1
        suffix = f"_{number}"
        candidate = name[: max_length - len(suffix)] + suffix
    return candidate
