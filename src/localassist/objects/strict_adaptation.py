"""Rewrites an ordinary JSON schema (OpenAPI 3.0 and 3.1 included) into the strict subset, or says why it cannot be.

Every property becomes required and optional ones nullable, objects are closed, annotations that mean nothing to a
model are dropped. Nothing that restricts values is dropped: what the subset cannot express is a SchemaFault.
"""

import json
from collections.abc import Mapping
from typing import Any

from localassist.objects.schema_exclusive import Exclusion
from localassist.objects.schema_recursion import pointer_path
from localassist.objects.strict_schema import (
    FORMATS,
    Context,
    SchemaFault,
    check_keyword,
    check_schema_size,
    check_strict_schema,
)

_FOLLOWED = {
    "type", "properties", "required", "$defs", "definitions", "anyOf", "oneOf", "allOf", "enum", "$ref", "description",
}  # fmt: skip
NULL = {"type": "null"}
_DROPPED = {
    "title", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "discriminator", "xml",
    "nullable", "externalDocs", "contentMediaType", "contentEncoding", "$schema", "$comment", "oneOf", "allOf",
}  # fmt: skip


def to_strict_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The strict form of an object schema, references local to it. Raises SchemaFault."""
    check_schema_size(schema)
    _check_shape(schema, ())
    strict = _Adaptation(schema).adapted(schema, ())
    check_strict_schema(strict)
    return strict


def _check_shape(schema: Any, path: Context) -> None:
    """The keywords that the adaptation follows have values of the right types, everywhere."""
    if not isinstance(schema, Mapping):
        raise SchemaFault.at(path, "a schema that accepts anything cannot be made strict.")
    for keyword in _FOLLOWED & schema.keys():
        check_keyword("anyOf" if keyword in ("oneOf", "allOf") else keyword, schema[keyword], path)
    for keyword in ("properties", "$defs", "definitions"):
        for name, inner in schema.get(keyword, {}).items():
            _check_shape(inner, (*path, keyword, name))
    for keyword in ("anyOf", "oneOf", "allOf"):
        for index, inner in enumerate(schema.get(keyword, ())):
            _check_shape(inner, (*path, keyword, str(index)))
    if "items" in schema:
        _check_shape(schema["items"], (*path, "items"))


class _Adaptation:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root

    def adapted(self, schema: Any, path: Context) -> dict[str, Any]:
        if not isinstance(schema, Mapping):
            raise SchemaFault.at(path, "a schema that accepts anything cannot be made strict.")
        schema = self._merged(schema, path)
        strict = {key: value for key, value in schema.items() if key not in _DROPPED and not key.startswith("x-")}
        _numeric_bounds(strict)
        _describe_format(strict)
        if _allows(schema, "object") or "properties" in schema:
            strict["type"] = schema.get("type", "object")
            self._close_object(schema, strict, path)
        if isinstance(schema.get("items"), Mapping):
            strict["items"] = self.adapted(schema["items"], (*path, "items"))
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                strict["anyOf"] = self._alternatives(schema, keyword, path)
        for keyword in ("$defs", "definitions"):
            if keyword in schema:
                strict[keyword] = {n: self.adapted(s, (*path, keyword, n)) for n, s in schema[keyword].items()}
        return nullable(strict) if schema.get("nullable") is True else strict

    def _close_object(self, schema: Mapping[str, Any], strict: dict[str, Any], path: Context) -> None:
        more = schema.get("additionalProperties")
        properties = schema.get("properties")
        if isinstance(more, Mapping) or (properties is None and more is not False):
            raise SchemaFault.at(path, "an object with free keys cannot be made strict: name its properties.")
        required = schema.get("required", [])
        strict["properties"] = {}
        for name, inner in (properties or {}).items():
            adapted = self.adapted(inner, (*path, "properties", name))
            strict["properties"][name] = adapted if name in required else _optional(adapted, inner)
        strict["required"] = list(strict["properties"])
        strict["additionalProperties"] = False

    def _alternatives(self, schema: Mapping[str, Any], keyword: str, path: Context) -> list[dict[str, Any]]:
        options = schema[keyword]
        if "anyOf" in schema and "oneOf" in schema:
            raise SchemaFault.at(path, "'anyOf' beside 'oneOf' cannot be made strict.")
        targets = [_as_object(self._target(option, path)) for option in options]
        if keyword == "oneOf" and not Exclusion(self._root).are_exclusive(targets):
            raise SchemaFault.at(path, "'oneOf' cannot be made strict: its alternatives may overlap.")
        return [self.adapted(option, (*path, "anyOf", str(index))) for index, option in enumerate(options)]

    # --- allOf and references -----------------------------------------------------------------------------------------

    def _merged(self, schema: Mapping[str, Any], path: Context, depth: int = 0) -> Mapping[str, Any]:
        """A schema without `allOf`, whose parts are put together where that loses nothing."""
        if "allOf" not in schema:
            return schema
        if depth > 20:
            raise SchemaFault.at(path, "'allOf' leads back to itself.")
        whole: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
        only = schema["allOf"][0] if len(schema["allOf"]) == 1 else {}
        if set(whole) <= _DROPPED | {"description"} and "$ref" in only:
            return {**only, **whole}
        for part in schema["allOf"]:
            self._add(whole, self._merged(self._target(part, path), path, depth + 1), path)
        return whole

    def _add(self, whole: dict[str, Any], part: Mapping[str, Any], path: Context) -> None:
        for key, value in part.items():
            if key == "required":
                whole[key] = [*whole.get(key, []), *(name for name in value if name not in whole.get(key, []))]
            elif key == "properties":
                twice = [n for n in value if n in whole.get(key, {}) and whole[key][n] != value[n]]
                if twice:
                    raise SchemaFault.at(path, f"'allOf' cannot be made strict: it gives '{twice[0]}' several schemas.")
                whole[key] = {**whole.get(key, {}), **value}
            elif key in _DROPPED or key == "description":
                whole.setdefault(key, value)
            elif whole.setdefault(key, value) != value:
                raise SchemaFault.at(path, f"'allOf' cannot be made strict: its parts differ in '{key}'.")

    def _target(self, schema: Any, path: Context) -> Mapping[str, Any]:
        """What a schema refers to, followed to its end."""
        for _ in range(20):
            if not isinstance(schema, Mapping) or "$ref" not in schema:
                break
            schema = resolve_pointer(self._root, schema["$ref"])
        if not isinstance(schema, Mapping) or "$ref" in schema:
            raise SchemaFault.at(path, "a reference leads nowhere or back to itself.")
        return schema


def _as_object(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema with properties as one of objects, which it will be when it is strict."""
    return {"type": "object", **schema} if "properties" in schema else schema


def resolve_pointer(root: Any, reference: Any) -> Any:
    """What a local reference names. Raises SchemaFault."""
    steps = pointer_path(reference) if isinstance(reference, str) else None
    found = root
    for step in steps if steps is not None else ("",):
        if isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        elif steps is not None and isinstance(found, Mapping) and step in found:
            found = found[step]
        else:
            raise SchemaFault(f"reference to component '{reference}' which was not found.")
    return found


# --- one schema ---------------------------------------------------------------------------------------------------


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema, null permitted as well."""
    if _allows(schema, "null"):
        return schema
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], dict(NULL)]}
    if "type" in schema and "const" not in schema:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        widened = {**schema, "type": [*kinds, "null"]}
        if "enum" in schema:
            widened["enum"] = [*schema["enum"], None]
        return widened
    inner = {key: value for key, value in schema.items() if key != "description"}
    outer = {"description": schema["description"]} if "description" in schema else {}
    return {**outer, "anyOf": [inner, dict(NULL)]}


def _allows(schema: Mapping[str, Any], kind: str) -> bool:
    declared = schema.get("type")
    kinds = declared if isinstance(declared, list) else [declared]
    if kind in kinds or (kind == "null" and (schema.get("nullable") is True or None in schema.get("enum", ()))):
        return True
    return kind == "null" and any(isinstance(s, Mapping) and _allows(s, kind) for s in schema.get("anyOf", ()))


def _optional(strict: dict[str, Any], original: Any) -> dict[str, Any]:
    """A property that may be left out: null stands for that, and the description tells the default."""
    default = original.get("default") if isinstance(original, Mapping) else None
    widened = nullable(strict)
    if default is None:
        return widened
    note = f"Default: {json.dumps(default, ensure_ascii=False)}."
    described = widened.get("description")
    return {**widened, "description": f"{described} {note}" if described else note}


def _numeric_bounds(strict: dict[str, Any]) -> None:
    """OpenAPI 3.0 writes exclusive bounds as a flag beside the bound."""
    for flag, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if strict.get(flag) is True and bound in strict:
            strict[flag] = strict.pop(bound)
        elif isinstance(strict.get(flag), bool):
            del strict[flag]


def _describe_format(strict: dict[str, Any]) -> None:
    """A format outside the subset is an annotation: it moves into the description."""
    form = strict.get("format")
    if form is None or form in FORMATS:
        return
    del strict["format"]
    if form in ("uri", "url", "binary", "byte", "path", "json"):
        described = strict.get("description")
        strict["description"] = f"{described} Format: {form}." if described else f"Format: {form}."


# --- values -------------------------------------------------------------------------------------------------------


def without_added_nulls(value: Any, schema: Any, root: Mapping[str, Any]) -> Any:
    """Arguments written for the strict form, as the original schema has them: nulls that mean "left out" are gone."""
    if isinstance(schema, Mapping) and "$ref" in schema:
        schema = resolve_pointer(root, schema["$ref"])
    if not isinstance(schema, Mapping):
        return value
    if isinstance(value, list):
        return [without_added_nulls(item, schema.get("items"), root) for item in value]
    if not isinstance(value, dict):
        return value
    schema = _fitting(value, schema, root)
    required, kept = schema.get("required", ()), {}
    for name, item in value.items():
        inner = schema.get("properties", {}).get(name)
        is_added = item is None and name not in required and not accepts_null(inner, root)
        if not is_added:
            kept[name] = without_added_nulls(item, inner, root)
    return kept


def accepts_null(schema: Any, root: Mapping[str, Any], depth: int = 0) -> bool:
    """Whether null is a value of a schema, references followed."""
    if not isinstance(schema, Mapping) or depth > 20:
        return True
    if "$ref" in schema:
        return accepts_null(resolve_pointer(root, schema["$ref"]), root, depth + 1)
    options = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if options:
        return any(accepts_null(option, root, depth + 1) for option in options)
    is_open = not any(keyword in schema for keyword in ("type", "enum", "const", "properties", "allOf"))
    return is_open or _allows(schema, "null") or ("const" in schema and schema["const"] is None)


def _fitting(value: dict[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The alternative of a union, or the merged parts, that has the value's keys."""
    parts = [_followed(part, root) for part in schema.get("allOf", ())]
    options = [_followed(option, root) for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ()))]
    if parts:
        properties = {name: s for part in (*parts, schema) for name, s in part.get("properties", {}).items()}
        return {"properties": properties, "required": [n for p in (*parts, schema) for n in p.get("required", ())]}
    return next((o for o in options if set(value) <= set(o.get("properties", {})) and _has_consts(value, o)), schema)


def _followed(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    for _ in range(20):
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            break
        schema = resolve_pointer(root, schema["$ref"])
    return schema if isinstance(schema, Mapping) else {}


def _has_consts(value: dict[str, Any], schema: Mapping[str, Any]) -> bool:
    properties = schema.get("properties", {})
    return all(value[n] == properties[n]["const"] for n in value if "const" in (properties.get(n) or {}))
