"""Asks the constraint compiler about strict schemas, and says which part of one it cannot enforce."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeGuard

from localassist.errors import BackendError, InvalidRequest
from localassist.objects.strict_schema import SchemaFault
from localassist.objects.tools import FunctionTool, Tool
from localassist.protocols import FunctionSpec, ModelLibrary, ToolChoice
from localassist.runs.call_gate import SchemaCheck

logger = logging.getLogger(__name__)

_MAX_PARTS_TRIED = 200


def _is_strict(tool: Tool) -> TypeGuard[FunctionTool]:
    return isinstance(tool, FunctionTool) and tool.function.strict and tool.function.parameters is not None


def accept_schema(schema: Mapping[str, Any]) -> None:
    """The check where no compiler is at hand: the request body was checked for the strict subset already."""


class _Part(NamedTuple):
    """A schema inside a schema, and its place."""

    path: tuple[str, ...]
    schema: Mapping[str, Any]


def check_strict_schemas(tools: list[Tool], response_format: Any, check: SchemaCheck) -> None:
    """Every strict schema can be enforced. Raises InvalidRequest that names the place and the keyword."""
    for index, tool in enumerate(tools):
        if _is_strict(tool):
            fault = _find_fault(tool.function.parameters or {}, check)
            if fault is not None:
                raise InvalidRequest(
                    f"Invalid schema for function '{tool.function.name}': {fault.message}",
                    param=f"tools[{index}].function.parameters",
                    code="invalid_function_parameters",
                )
    asked = response_format.get("json_schema") if isinstance(response_format, dict) else None
    if asked and asked.get("strict") and asked.get("schema") is not None:
        fault = _find_fault(asked["schema"], check)
        if fault is not None:
            raise InvalidRequest(
                f"Invalid schema for response_format '{asked['name']}': {fault.message}",
                param="response_format",
                code="invalid_json_schema",
            )


def check_strict_calls(tools: list[Tool], model: str, models: ModelLibrary) -> None:
    """Every strict function can be enforced in the way the model writes calls. Raises InvalidRequest that names it.

    A model whose file cannot be read is not the fault of the request; the run will say what is wrong with it.
    """
    strict = [(index, tool.function) for index, tool in enumerate(tools) if _is_strict(tool)]
    if not strict:
        return
    try:
        dialect = models.dialect(models.resolve(model))
    except BackendError as error:
        logger.warning("How %s writes calls is not known yet: %s", model, error.message)
        return
    for index, function in strict:
        spec = FunctionSpec(function.name, function.description, function.parameters, strict=True)
        try:
            dialect.constraint([spec], ToolChoice())
        except InvalidRequest as exc:
            reason = exc.message.removeprefix("Invalid schema: ")
            raise InvalidRequest(
                f"Invalid schema for function '{function.name}': {reason}",
                param=f"tools[{index}].function.parameters",
                code="invalid_function_parameters",
            ) from exc


def _find_fault(schema: Mapping[str, Any], check: SchemaCheck) -> SchemaFault | None:
    reason = _reason(schema, check)
    if reason is None:
        return None
    place = _Part((), schema)
    for number, part in enumerate(_parts(place)):
        if number >= _MAX_PARTS_TRIED:
            break
        inner_reason = _reason(_standing_alone(part, schema), check)
        if inner_reason is not None and part.path[: len(place.path)] == place.path:
            place, reason = part, inner_reason
    return SchemaFault.at(place.path, f"{_keywords(place.schema)} cannot be enforced: {reason}")


def _reason(schema: Mapping[str, Any], check: SchemaCheck) -> str | None:
    try:
        check(schema)
    except InvalidRequest as exc:
        return exc.message
    return None


def _parts(part: _Part) -> Iterator[_Part]:
    """The schemas inside a schema, outer before inner."""
    for keyword in ("properties", "$defs", "definitions"):
        for name, inner in part.schema.get(keyword, {}).items():
            yield from _with_parts(_Part((*part.path, keyword, name), inner))
    if isinstance(part.schema.get("items"), dict):
        yield from _with_parts(_Part((*part.path, "items"), part.schema["items"]))
    for index, inner in enumerate(part.schema.get("anyOf", ())):
        yield from _with_parts(_Part((*part.path, "anyOf", str(index)), inner))


def _with_parts(part: _Part) -> Iterator[_Part]:
    yield part
    yield from _parts(part)


def _standing_alone(part: _Part, root: Mapping[str, Any]) -> dict[str, Any]:
    """A part as the schema of a property, with the definitions that it may refer to."""
    definitions = {keyword: root[keyword] for keyword in ("$defs", "definitions") if keyword in root}
    return {
        "type": "object",
        "properties": {"value": part.schema},
        "required": ["value"],
        "additionalProperties": False,
        **definitions,
    }


def _keywords(schema: Mapping[str, Any]) -> str:
    """The constraints of a schema, by keyword, as the subject of a sentence."""
    silent = {
        "title",
        "description",
        "default",
        "properties",
        "required",
        "additionalProperties",
        "$defs",
        "definitions",
    }
    words = [keyword for keyword in schema if keyword not in silent]
    telling = [word for word in words if word != "type"] or words
    return " with ".join(f"'{word}'" for word in telling) or "the schema"
