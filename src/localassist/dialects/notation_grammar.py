"""Grammar rules for values in a notation that is not JSON."""

from collections.abc import Mapping
from typing import Any

from localassist.dialects.grammar_words import Words
from localassist.dialects.notation import PYTHON, Notation
from localassist.dialects.raw_text import is_limited, limited_text
from localassist.dialects.schemas import SchemaPath, choices, json_rule, refuse, types
from localassist.protocols import grammar_json

_TEXT_LIMITS = ("pattern", "format")
_ESCAPES = r"\\(['\"\\\/nrtbf]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})"
_STYLES: dict[str, tuple[str, str]] = {"json": (", ", ": "), "compact": (",", ":")}
_UNLIMITED = 10**9
_ANYTHING = ""  # stands for a reference to a schema that takes everything


class NotedValues:
    """Makes a rule for every schema it is asked for. `rules` are all that were made, whole, by name.

    References point into the function's whole schema, the `root`.
    """

    def __init__(self, prefix: str, words: Words, root: Mapping[str, Any], *, is_strict: bool) -> None:
        self.rules: dict[str, str] = {}
        self._prefix = prefix
        self._words = words
        self._literal = words.literal
        self._root = root
        self._is_strict = is_strict
        self._by_reference: dict[tuple[str, Notation], str] = {}

    def rule(self, schema: Any, notation: Notation, path: SchemaPath) -> str:
        """The name of a rule for values that fit."""
        if isinstance(schema, Mapping) and isinstance(schema.get("$ref"), str):
            return self._reference(schema["$ref"], notation, path)
        if not isinstance(schema, Mapping) or not schema:
            return self._anything(notation, path)
        return self._keep(self._value(schema, notation, path))

    def members(self, parts: list[tuple[str, bool]], separator: str) -> str:
        """A rule for parts in this order, those that are not required at will, with a separator between any two."""
        rest = begun = '""'
        for part, is_required in reversed(parts):
            later = self._keep(f"{self._literal(separator)} {part} {begun}" + ("" if is_required else f" | {begun}"))
            rest, begun = self._keep(f"{part} {begun}" + ("" if is_required else f" | {rest}")), later
        return rest

    def _anything(self, notation: Notation, path: SchemaPath) -> str:
        """The one rule for values of any type, which refers to itself."""
        name = self._by_reference.get((_ANYTHING, notation))
        if name is None:
            name = self._by_reference[_ANYTHING, notation] = self._new_name()
            self.rules[name] = f"{name}: {self._value({}, notation, path)}"
        return name

    def _reference(self, reference: str, notation: Notation, path: SchemaPath) -> str:
        known = self._by_reference.get((reference, notation))
        if known is not None:
            return known
        target: Any = self._root
        for part in reference.removeprefix("#").split("/")[1:]:
            target = target.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(target, Mapping) else None
        if not reference.startswith("#") or target is None:
            if self._is_strict:
                refuse("$ref", path)
            target = {}
        name = self._by_reference[reference, notation] = self._new_name()
        self.rules[name] = f"{name}: {self.rule(target, notation, path)}"
        return name

    def _new_name(self) -> str:
        """A name that nothing else gets."""
        name = f"{self._prefix}_{len(self.rules)}"
        self.rules[name] = ""
        return name

    def _keep(self, words: str) -> str:
        name = self._new_name()
        self.rules[name] = f"{name}: {words}"
        return name

    def _value(self, schema: Mapping[str, Any], notation: Notation, path: SchemaPath) -> str:
        listed = choices(schema)
        if listed is not None:
            return " | ".join(self._literal(notation.write(value)) for value in listed)
        if "anyOf" in schema:
            options = enumerate(schema["anyOf"])
            return " | ".join(self.rule(option, notation, (*path, "anyOf", str(n))) for n, option in options)
        kinds = types(schema) or {"string", "number", "boolean", "null", "array", "object"}
        return " | ".join(self._kind(kind, schema, notation, path) for kind in sorted(kinds))

    def _kind(self, kind: str, schema: Mapping[str, Any], notation: Notation, path: SchemaPath) -> str:
        match kind:
            case "string":
                return self._string(schema, notation)
            case "boolean":
                return f"({self._literal(notation.words[0])} | {self._literal(notation.words[1])})"
            case "null":
                return self._literal(notation.words[2])
            case "array":
                return self._container(notation.arrays, self._array, schema, kind, notation, path)
            case "object":
                return self._container(notation.objects, self._object, schema, kind, notation, path)
        return self._json(schema, kind, None)

    def _json(self, schema: Mapping[str, Any], kind: str, separators: tuple[str, str] | None) -> str:
        definitions = {key: self._root[key] for key in ("$defs", "definitions") if key in self._root}
        narrowed = {**schema, "type": kind, **definitions}
        return self._keep(json_rule(narrowed, strict=self._is_strict, separators=separators))

    def _container(self, style: str, build: Any, schema: Mapping[str, Any], kind: str, *where: Any) -> str:
        notation, path = where
        if style in _STYLES:
            return self._json(schema, kind, _STYLES[style])
        return str(build(schema, PYTHON if style == "python" else notation, path))

    def _string(self, schema: Mapping[str, Any], notation: Notation) -> str:
        if notation.is_escaped and any(key in schema for key in _TEXT_LIMITS):
            return self._json(schema, "string", None)
        if notation.is_escaped:
            low, high = schema.get("minLength", 0), schema.get("maxLength", "")
            return " | ".join(
                f"/{quote}([^{quote}\\\\\\x00-\\x1f]|{_ESCAPES}){{{low},{high}}}{quote}/" for quote in notation.quotes
            )
        name = self._new_name()
        if is_limited(schema):
            self.rules[name] = limited_text(name, schema, notation.quote, self._words, is_strict=self._is_strict)
        else:
            self.rules[name] = self._words.until(name, notation.quote)
        return f"{self._literal(notation.quote)} {name}"

    def _array(self, schema: Mapping[str, Any], notation: Notation, path: SchemaPath) -> str:
        item = self.rule(schema.get("items", {}), notation, (*path, "items"))
        low, high = schema.get("minItems", 0), schema.get("maxItems", _UNLIMITED)
        more = f"{{{max(low - 1, 0)},{high - 1 if high < _UNLIMITED else ''}}}"
        items = f"{item} ({self._literal(notation.item_separator)} {item}){more}" if high else '""'
        return f'"[" {items} "]"' if low else f'"[" ({items})? "]"'

    def _object(self, schema: Mapping[str, Any], notation: Notation, path: SchemaPath) -> str:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        separator = notation.key_separator
        parts = []
        for name in notation.ordered(list(properties)):
            inner = self.rule(properties[name], notation, (*path, "properties", name))
            parts.append((f"{self._literal(notation.written_key(name) + separator)} {inner}", name in required))
        others = schema.get("additionalProperties", True)
        if parts or others is False:
            return f'"{{" {self.members(parts, notation.item_separator)} "}}"'
        key = f"{_quoted(notation.key_quote)} /[a-zA-Z0-9_-]+/ {_quoted(notation.key_quote + separator)}"
        member = f"{key} {self.rule(others, notation, (*path, 'additionalProperties'))}"
        return f'"{{" ({member} ({_quoted(notation.item_separator)} {member})*)? "}}"'


def _quoted(text: str) -> str:
    return grammar_json(text) if text else ""
