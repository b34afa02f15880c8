"""Rewrites a JSON schema into an equivalent one that a grammar can be compiled from, as far as there are words for it.

`oneOf` becomes `anyOf` where no value fits two alternatives; `not`, `if`, and dependencies become alternatives; formats
that are annotations are dropped, identifiers resolved. What has no such words stays, for the compiler to refuse.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from localassist.objects.schema_exclusive import Exclusion
from localassist.objects.schema_negation import Negation, all_of, any_of
from localassist.objects.schema_recursion import find_endless
from localassist.objects.schema_references import ALONE, IN_LISTS, IN_OBJECTS, all_schemas, inner_schemas

_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri", "unknown"}
)
_MAX_NODES = 20_000  # in the result; a schema that would become larger is left as it is
_MAX_EXPANDED = 6  # alternatives of a `oneOf` that is written out


def compilable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema in words that grammars have. Valid for exactly the same values."""
    root = _rebased(schema)
    form = _Form(root)
    written = form.schema(root)
    return dict(written) if isinstance(written, Mapping) and not form.is_exhausted else dict(schema)


def endless_references(schema: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The places of references that lead back to themselves, so that no finite value is valid."""
    return find_endless(all_schemas(schema))


class _Form:
    """One pass over a schema."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._negation = Negation(root)
        self._exclusion = Exclusion(root)
        self._num_nodes = 0

    @property
    def is_exhausted(self) -> bool:
        return self._num_nodes > _MAX_NODES

    def schema(self, schema: Any) -> Any:
        self._num_nodes += 1
        if not isinstance(schema, Mapping) or self.is_exhausted:
            return schema
        extra: list[Any] = []
        kept = self._expand(dict(schema), extra)
        written = {keyword: self._inner(keyword, value) for keyword, value in kept.items()}
        parts = [self.schema(part) for part in extra]
        if parts:
            both = written.get("allOf")
            written["allOf"] = [*(both if isinstance(both, list) else []), *parts]
        return written

    def _inner(self, keyword: str, value: Any) -> Any:
        if keyword in IN_OBJECTS and isinstance(value, Mapping):
            return {name: self.schema(inner) for name, inner in value.items()}
        if (keyword in IN_LISTS or keyword == "items") and isinstance(value, list):
            return [self.schema(inner) for inner in value]
        return self.schema(value) if keyword in ALONE else value

    def _expand(self, schema: dict[str, Any], extra: list[Any]) -> dict[str, Any]:
        """Replace keywords by others, or by parts that a value must fit as well."""
        if isinstance(schema.get("format"), str) and schema["format"] not in _FORMATS:
            del schema["format"]
        for keyword in ("dependencies", "dependentRequired", "dependentSchemas"):
            if isinstance(schema.get(keyword), Mapping):
                extra += [_dependent(name, needed) for name, needed in schema.pop(keyword).items()]
        if "if" in schema:
            self._expand_if(schema, extra)
        else:
            schema.pop("then", None)
            schema.pop("else", None)
        if "not" in schema and (other := self._negation.of(schema["not"])) is not None:
            del schema["not"]
            extra.append(other)
        if isinstance(schema.get("oneOf"), list):
            self._expand_one_of(schema, extra)
        return schema

    def _expand_if(self, schema: dict[str, Any], extra: list[Any]) -> None:
        condition = schema["if"]
        otherwise = self._negation.of(condition)
        if otherwise is not None:
            del schema["if"]
            fits, fails = schema.pop("then", True), schema.pop("else", True)
            extra.append(any_of([all_of([condition, fits]), all_of([otherwise, fails])]))

    def _expand_one_of(self, schema: dict[str, Any], extra: list[Any]) -> None:
        options: Sequence[Any] = schema["oneOf"]
        beside = {keyword: value for keyword, value in schema.items() if keyword != "oneOf"}
        if self._exclusion.are_exclusive(options, beside):
            del schema["oneOf"]
            extra.append({"anyOf": list(options)})
            return
        others = [self._negation.of(option) for option in options] if len(options) <= _MAX_EXPANDED else [None]
        if None not in others:
            del schema["oneOf"]
            extra.append(
                any_of(
                    [
                        all_of([option, *(other for number, other in enumerate(others) if number != index)])
                        for index, option in enumerate(options)
                    ]
                )
            )


def _dependent(name: str, needed: Any) -> Any:
    then = {"required": needed} if isinstance(needed, list) else needed
    return any_of([{"properties": {name: False}}, then])


def _rebased(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema without identifiers: references are pointers from its root."""
    places = {_identifier(part): _pointer(path) for path, part in all_schemas(schema).items() if _identifier(part)}
    return _Rebasing(places).schema(schema, (), "#") if places else schema


def _identifier(schema: Mapping[str, Any]) -> str:
    """What the schema calls itself; "" where that is nothing, or just a name within the document."""
    identifier = schema.get("$id")
    return identifier.removesuffix("#") if isinstance(identifier, str) and not identifier.startswith("#") else ""


def _pointer(path: Sequence[str]) -> str:
    return "".join(["#", *("/" + part.replace("~", "~0").replace("/", "~1") for part in path)])


class _Rebasing:
    """Writes a schema anew, with references that no longer depend on identifiers."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places

    def schema(self, schema: Any, path: tuple[str, ...], base: str) -> Any:
        if not isinstance(schema, Mapping):
            return schema
        base = _pointer(path) if _identifier(schema) else base
        written = {keyword: _copied(keyword, value) for keyword, value in schema.items() if keyword != "$id"}
        if isinstance(schema.get("$ref"), str):
            written["$ref"] = self._reference(schema["$ref"], base)
        for (keyword, *name), inner in inner_schemas(schema):
            rewritten = self.schema(inner, (*path, keyword, *name), base)
            if name:
                held = written[keyword]
                held[int(name[0]) if isinstance(held, list) else name[0]] = rewritten
            else:
                written[keyword] = rewritten
        return written

    def _reference(self, reference: str, base: str) -> str:
        document, _, fragment = reference.partition("#")
        place = self._places.get(document) if document else base
        return reference if place is None or (fragment and not fragment.startswith("/")) else place + fragment


def _copied(keyword: str, value: Any) -> Any:
    if keyword in IN_OBJECTS and isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, list) else value
