"""Schemas for what does not fit a schema, in words that a grammar can be made from."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from localassist.objects.schema_exclusive import kind_of
from localassist.objects.schema_references import target

_MAX_DEPTH = 20
_MAX_STEPS = 5_000  # schemas looked at, those of one negation after the other
_MAX_TEXT = 64  # characters of a text, and texts, that strings can be told from
_SILENT = frozenset(
    {
        *("title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "format"),
        *("$schema", "$comment", "$defs", "definitions", "$id", "id", "contentMediaType", "contentEncoding"),
    }
)
_ALL_KINDS = ("null", "boolean", "number", "string", "array", "object")
_BOUNDS = {
    "minimum": "exclusiveMaximum",
    "maximum": "exclusiveMinimum",
    "exclusiveMinimum": "maximum",
    "exclusiveMaximum": "minimum",
}
_LENGTHS = {
    "minLength": ("string", "maxLength", -1),
    "maxLength": ("string", "minLength", 1),
    "minItems": ("array", "maxItems", -1),
    "maxItems": ("array", "minItems", 1),
    "minProperties": ("object", "maxProperties", -1),
    "maxProperties": ("object", "minProperties", 1),
}


def any_of(options: Sequence[Any]) -> Any:
    """A schema for values that fit one of these."""
    left = [option for option in options if option is not False]
    if True in left:
        return True
    return False if not left else left[0] if len(left) == 1 else {"anyOf": left}


def all_of(parts: Sequence[Any]) -> Any:
    """A schema for values that fit all of these."""
    left = [part for part in parts if part is not True and part != {}]
    if False in left:
        return False
    return True if not left else left[0] if len(left) == 1 else {"allOf": left}


class Negation:
    """Negates schemas whose references point into `root`, as long as that does not become too much work."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._num_steps = 0

    def of(self, schema: Any, depth: int = 0) -> Any:
        """A schema that fits exactly the values the given one does not fit; None where there are no words for it."""
        self._num_steps += 1
        if isinstance(schema, bool):
            return not schema
        if not isinstance(schema, Mapping) or depth > _MAX_DEPTH or self._num_steps > _MAX_STEPS:
            return None
        options = []
        for keyword in schema:
            if keyword not in _SILENT and not keyword.startswith("x-"):
                option = self._without(keyword, schema, depth + 1)
                if option is None:
                    return None
                options.append(option)
        return any_of(options)

    def _without(self, keyword: str, schema: Mapping[str, Any], depth: int) -> Any:
        """What one keyword of a schema keeps out."""
        value = schema[keyword]
        if keyword in _BOUNDS:
            return _beyond(keyword, schema)
        if keyword in _LENGTHS:
            return _other_length(keyword, value)
        if keyword in ("allOf", "anyOf"):
            parts = [self.of(part, depth) for part in value]
            return None if None in parts else (any_of if keyword == "allOf" else all_of)(parts)
        rules: dict[str, Callable[[], Any]] = {
            "type": lambda: _other_kinds(value),
            "const": lambda: _other_values([value]),
            "enum": lambda: _other_values(value),
            "not": lambda: value,
            "required": lambda: any_of([{"type": "object", "properties": {name: False}} for name in value]),
            "properties": lambda: self._one_wrong(value, depth),
            "contains": lambda: None if _counts(schema) else self._none_fits(value, depth),
            "$ref": lambda: self.of(target(value, self._root), depth) if str(value).startswith("#") else None,
        }
        return rules[keyword]() if keyword in rules else None

    def _none_fits(self, schema: Any, depth: int) -> Any:
        other = self.of(schema, depth)
        return None if other is None else {"type": "array", "items": other}

    def _one_wrong(self, properties: Mapping[str, Any], depth: int) -> Any:
        options = []
        for name, schema in properties.items():
            wrong = self.of(schema, depth)
            if wrong is None:
                return None
            if wrong is not False:
                options.append({"type": "object", "properties": {name: wrong}, "required": [name]})
        return any_of(options)


def _counts(schema: Mapping[str, Any]) -> bool:
    return "minContains" in schema or "maxContains" in schema


def _beyond(keyword: str, schema: Mapping[str, Any]) -> Any:
    """Numbers outside a bound. Old drafts have bounds that are made exclusive by a flag beside them."""
    numbers = [schema[bound] for bound in _BOUNDS if bound in schema]
    if any(isinstance(number, bool) or not isinstance(number, int | float) for number in numbers):
        return None
    return {"type": "number", _BOUNDS[keyword]: schema[keyword]}


def _other_length(keyword: str, value: Any) -> Any:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    kind, other, step = _LENGTHS[keyword]
    return {"type": kind, other: value + step} if value + step >= 0 else False


def _other_kinds(declared: Any) -> Any:
    kinds = declared if isinstance(declared, list) else [declared]
    if "integer" in kinds and "number" not in kinds:
        return None
    left = [kind for kind in _ALL_KINDS if kind not in kinds]
    return {"type": left} if left else False


def _other_values(values: Sequence[Any]) -> Any:
    kinds = {kind_of(value) for value in values}
    if not kinds <= {"null", "boolean", "string"}:
        return None
    left = [kind for kind in _ALL_KINDS if kind not in kinds]
    options: list[Any] = [{"type": left}] if left else []
    if "boolean" in kinds:
        options.append({"enum": [flag for flag in (True, False) if flag not in [v for v in values if v is not None]]})
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) > _MAX_TEXT or any(len(text) > _MAX_TEXT for text in texts):
        return None
    if texts:
        options.append({"type": "string", "pattern": f"^(?:{other_texts(texts)})$"})
    return any_of([option for option in options if option != {"enum": []}])


def other_texts(texts: Sequence[str]) -> str:
    """A regular expression for every text but these."""
    followers: dict[str, list[str]] = {}
    for text in texts:
        if text:
            followers.setdefault(text[0], []).append(text[1:])
    options = [] if "" in texts else [""]
    options.append(f"[^{''.join(map(_in_set, followers))}](?s:.)*" if followers else "(?s:.)+")
    options += [f"{re.escape(char)}(?:{other_texts(rests)})" for char, rests in followers.items()]
    return "|".join(options)


def _in_set(char: str) -> str:
    return f"\\{char}" if char in "\\]^-[&~" else json.dumps(char, ensure_ascii=False)[1:-1]
