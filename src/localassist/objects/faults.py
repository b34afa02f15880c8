"""Reads a request body and words the first fault the way the contract does. Knows pydantic's errors, not HTTP."""

import json
import math
import types
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails

from localassist.errors import InvalidRequest
from localassist.objects.base import RequestBody, json_type

BodyT = TypeVar("BodyT", bound=RequestBody)

# Union members are tagged "#name"; the tags show up in pydantic's locations and are no part of the contract's path.
TAG = "#"


def parse_body(kind: type[BodyT], raw: bytes) -> BodyT:
    """Parse and validate a JSON body. An empty body counts as `{}`. Raises InvalidRequest."""
    return validate(kind, load_json(raw) if raw.strip() else {})


def load_json(raw: bytes) -> Any:
    """Parse JSON text strictly (no NaN, no infinities)."""
    try:
        return json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as exc:
        raise InvalidRequest(f"We could not parse the JSON body of your request. ({_reason(exc)})") from exc


def _reason(exc: Exception) -> str:
    return "nested too deeply" if isinstance(exc, RecursionError) else str(exc)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not valid JSON")


def validate(kind: type[BodyT], data: Any) -> BodyT:
    """Validate a parsed body; the one fault reported is chosen in the contract's order."""
    if not isinstance(data, dict):
        raise InvalidRequest(
            f"Invalid type for request body: expected an object, but got {json_type(data)} instead.",
            code="invalid_type",
        )
    try:
        return kind.model_validate(data)
    except ValidationError as exc:
        raise _worded(kind, exc.errors(include_url=False)) from exc


def _worded(kind: type[BaseModel], details: Sequence[ErrorDetails]) -> InvalidRequest:
    rank = {"missing": 0, "extra_forbidden": 1}
    first = min(details, key=lambda detail: rank.get(_effective_type(detail), 2))
    return _fault(kind, first)


def _effective_type(detail: ErrorDetails) -> str:
    """A union whose discriminating `type` is absent counts as a missing parameter."""
    if detail["type"] == "union_tag_not_found" and _lacks_type(detail["input"]):
        return "missing"
    return detail["type"]


def _lacks_type(value: Any) -> bool:
    return isinstance(value, dict) and "type" not in value


def path_of(location: Sequence[int | str]) -> str:
    """`('tools', 0, '#function', 'name')` → `tools[0].name`."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith(TAG):
            path += f".{part}" if path else part
    return path


def _fault(kind: type[BaseModel], detail: ErrorDetails) -> InvalidRequest:
    path, error, value = path_of(detail["loc"]), detail["type"], detail["input"]
    context = detail.get("ctx", {})
    if error == "contract":
        param = context["suffix"] if context["at_root"] else path + context["suffix"]
        return InvalidRequest(context["message"], param=param or None, code=context["code"])
    if error in ("missing", "extra_forbidden"):
        return _missing(path) if error == "missing" else _unknown(path)
    if error in ("union_tag_not_found", "union_tag_invalid") and isinstance(value, dict):
        return _wrong_tag(path, value, context)
    if error in _LIMITS:
        return _beyond_limit(path, error, context, value)
    if error == "string_pattern_mismatch":
        return _no_match(path, context["pattern"])
    return _wrong_choice(kind, detail, path) if error == "literal_error" else _wrong_type(kind, detail, path)


def _unknown(path: str) -> InvalidRequest:
    return InvalidRequest(f"Unknown parameter: '{path}'.", param=path, code="unknown_parameter")


def _no_match(path: str, pattern: str) -> InvalidRequest:
    return InvalidRequest(
        f"Invalid '{path}': string does not match pattern. Expected a string that matches the pattern '{pattern}'.",
        param=path,
        code="invalid_value",
    )


def _missing(path: str) -> InvalidRequest:
    return InvalidRequest(f"Missing required parameter: '{path}'.", param=path, code="missing_required_parameter")


def _wrong_tag(path: str, value: dict[str, Any], context: dict[str, Any]) -> InvalidRequest:
    if "type" not in value:
        return _missing(f"{path}.type")
    tag = value["type"]
    if not isinstance(tag, str):
        return _type_fault(f"{path}.type", "a string", tag)
    tags = [name.strip().strip("'") for name in str(context.get("expected_tags", "")).split(",")]
    names = [name.removeprefix(TAG) for name in tags if not name.startswith(f"{TAG}=")]
    return InvalidRequest(
        f"Invalid value: '{tag}'. Supported values are: {_listed(names)}.", param=f"{path}.type", code="invalid_value"
    )


def _wrong_choice(kind: type[BaseModel], detail: ErrorDetails, path: str) -> InvalidRequest:
    annotation = _annotation_at(kind, detail["loc"])
    choices = [choice for member in _members(annotation) for choice in get_args(member)]
    value = detail["input"]
    if not isinstance(value, str):
        return _type_fault(path, "a string", value)
    return InvalidRequest(
        f"Invalid value: '{value}'. Supported values are: {_listed(choices)}.", param=path, code="invalid_value"
    )


def _listed(names: Sequence[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    if len(quoted) < 3:
        return " and ".join(quoted)
    return ", ".join(quoted[:-1]) + f", and {quoted[-1]}"


_LIMITS = {
    "string_too_long", "string_too_short", "too_long", "too_short",
    "less_than_equal", "greater_than_equal", "less_than", "greater_than",
}  # fmt: skip


def _beyond_limit(path: str, error: str, context: dict[str, Any], value: Any) -> InvalidRequest:
    noun = "string" if error.startswith("string") else "array"
    if error in ("string_too_long", "too_long"):
        limit = context["max_length"]
        fault, code = f"{noun} too long. Expected {_a(noun)} with maximum length {limit}", f"{noun}_above_max_length"
        return InvalidRequest(
            f"Invalid '{path}': {fault}, but got {_a(noun)} with length {len(value)} instead.", param=path, code=code
        )
    if error in ("string_too_short", "too_short"):
        return _too_short(path, noun, context["min_length"], len(value))
    bound, sign = next((context[key], sign) for key, sign in _BOUNDS if key in context)
    word = "above maximum" if "<" in sign else "below minimum"
    short = "above_max" if "<" in sign else "below_min"
    number = "integer" if isinstance(bound, int) and isinstance(value, int) and _is_whole(bound, value) else "decimal"
    return InvalidRequest(
        f"Invalid '{path}': {number} {word} value. Expected a value {sign} {_shown(bound)}, "
        f"but got {_shown(value)} instead.",
        param=path,
        code=f"{number}_{short}_value",
    )


_BOUNDS = (("le", "<="), ("ge", ">="), ("lt", "<"), ("gt", ">"))


def _is_whole(*numbers: float) -> bool:
    return all(type(number) is int for number in numbers)


def _too_short(path: str, noun: str, limit: int, length: int) -> InvalidRequest:
    if length == 0 and limit == 1:
        return InvalidRequest(
            f"Invalid '{path}': empty {noun}. Expected {_a(noun)} with minimum length 1, "
            f"but got an empty {noun} instead.",
            param=path,
            code=f"empty_{noun}",
        )
    return InvalidRequest(
        f"Invalid '{path}': {noun} too short. Expected {_a(noun)} with minimum length {limit}, "
        f"but got {_a(noun)} with length {length} instead.",
        param=path,
        code=f"{noun}_below_min_length",
    )


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _shown(number: float) -> str:
    """Numbers as JSON would show them: 2, not 2.0."""
    if isinstance(number, float) and math.isfinite(number) and number == int(number):
        return str(int(number))
    return str(number)


def _wrong_type(kind: type[BaseModel], detail: ErrorDetails, path: str) -> InvalidRequest:
    return _type_fault(path, _expected(_annotation_at(kind, detail["loc"])), detail["input"])


def _type_fault(path: str, expected: str, value: Any) -> InvalidRequest:
    return InvalidRequest(
        f"Invalid type for '{path}': expected {expected}, but got {json_type(value)} instead.",
        param=path,
        code="invalid_type",
    )


def _expected(annotation: Any) -> str:
    described = list(dict.fromkeys(_describe(member) for member in _members(annotation)))
    if len(described) == 1:
        return described[0]
    bare = [words.split(" ", 1)[1] for words in described[1:]]
    return f"one of {described[0]} or {' or '.join(bare)}"


def _describe(annotation: Any) -> str:
    annotation = _bare(annotation)
    origin = get_origin(annotation)
    if annotation is str or origin is Literal:
        return "a string"
    if annotation in (bool, int, float):
        return {bool: "a boolean", int: "an integer", float: "a decimal"}[annotation]
    if origin is list:
        item = _expected(get_args(annotation)[0]).split(" ")[-1]
        return f"an array of {item}s"
    return "an object"


def _bare(annotation: Any) -> Any:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def _members(annotation: Any) -> list[Any]:
    """The alternatives of an annotation, None left out."""
    annotation = _bare(annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        return [found for member in get_args(annotation) if member is not type(None) for found in _members(member)]
    return [annotation]


def _annotation_at(kind: type[BaseModel], location: Sequence[int | str]) -> Any:
    """The annotation a location of an error points at."""
    here: Any = kind
    for part in location:
        here = _below(here, part)
    return here


def _below(annotation: Any, part: int | str) -> Any:
    if isinstance(part, str) and part.startswith(TAG):
        return _tagged_member(annotation, part)
    for member in _members(annotation):
        if isinstance(part, int) and get_origin(member) is list:
            return get_args(member)[0]
        if isinstance(part, str) and isinstance(member, type) and issubclass(member, BaseModel):
            field = member.model_fields.get(part)
            if field is not None:
                return field.annotation if not field.metadata else Annotated[field.annotation, *field.metadata]
    return Any


def _tagged_member(annotation: Any, tag: str) -> Any:
    while get_origin(annotation) is Annotated and get_origin(_bare(annotation)) not in (Union, types.UnionType):
        annotation = get_args(annotation)[0]
    for member in get_args(_bare(annotation)):
        if get_origin(member) is Annotated and any(m == Tag(tag) for m in get_args(member)[1:]):
            return get_args(member)[0]
        if get_origin(member) is Annotated:
            found = _tagged_member(member, tag)
            if found is not Any:
                return found
    return Any
