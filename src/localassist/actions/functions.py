"""Operations as functions: one flat object of arguments, and where each of them travels."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localassist.actions.document import Body, Document, Operation, Parameter
from localassist.actions.schemas import SchemaCollector, unused_name
from localassist.errors import InvalidRequest
from localassist.objects.strict_adaptation import to_strict_schema
from localassist.objects.strict_schema import SchemaFault, check_object_schema

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True, slots=True)
class ActionFunction:
    """An operation with its tool. `parameters`: arguments by name; `body_members`: argument → name in the body."""

    name: str
    operation: Operation
    schema: Mapping[str, Any]  # as the document means it; the tool's own may be the strict form
    tool: dict[str, Any]
    parameters: Mapping[str, Parameter]
    body_members: Mapping[str, str]
    body_argument: str | None  # the argument that is the body as a whole


@dataclass(frozen=True, slots=True)
class _Argument:
    """An argument before collisions of names are settled."""

    name: str
    location: str
    schema: Any
    is_required: bool
    parameter: Parameter | None = None


def build_functions(document: Document) -> list[ActionFunction]:
    """One function for each operation, in the document's order, under names of their own."""
    functions: dict[str, ActionFunction] = {}
    for operation in document.operations():
        name = re.sub(r"[^a-zA-Z0-9_-]+", "_", operation.operation_id).strip("_") or "operation"
        name = unused_name(name, functions)
        functions[name] = _build(document, operation, name)
    return list(functions.values())


def _build(document: Document, operation: Operation, name: str) -> ActionFunction:
    collector = SchemaCollector(document.root)
    arguments = [_from_parameter(parameter, collector) for parameter in operation.parameters]
    body_arguments, is_whole = _from_body(operation.body, collector)
    settled = _without_collisions([*arguments, *body_arguments])
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {key: argument.schema for key, argument in settled.items()},
        "required": [key for key, argument in settled.items() if argument.is_required],
        "additionalProperties": False,
    }
    if collector.definitions:
        schema["$defs"] = collector.definitions
    members = {key: argument.name for key, argument in settled.items() if argument.location == "body"}
    return ActionFunction(
        name=name,
        operation=operation,
        schema=schema,
        tool=_tool(operation, name, schema),
        parameters={key: argument.parameter for key, argument in settled.items() if argument.parameter},
        body_members={} if is_whole else members,
        body_argument=next(iter(members)) if is_whole else None,
    )


def _tool(operation: Operation, name: str, schema: dict[str, Any]) -> dict[str, Any]:
    try:
        check_object_schema(schema)
        parameters = to_strict_schema(schema) if operation.is_strict else schema
    except SchemaFault as exc:
        what = "be strict" if operation.is_strict else "be a function"
        raise InvalidRequest(
            f"The operation '{operation.operation_id}' cannot {what}: {exc.message}", param="document"
        ) from exc
    function = {"name": name, "parameters": parameters, "strict": operation.is_strict}
    if operation.description:
        function["description"] = operation.description
    return {"type": "function", "function": function}


def _from_parameter(parameter: Parameter, collector: SchemaCollector) -> _Argument:
    schema = collector.copy(parameter.schema)
    if parameter.description and isinstance(schema, dict) and "description" not in schema:
        schema = {"description": parameter.description, **schema}
    return _Argument(parameter.name, parameter.location, schema, parameter.is_required, parameter)


def _from_body(body: Body | None, collector: SchemaCollector) -> tuple[list[_Argument], bool]:
    """The members of a body that is an object with known keys, or else the body as one argument (and True)."""
    if body is None:
        return [], False
    copied = collector.copy(body.schema)
    schema = collector.followed(copied)
    if _has_known_keys(schema):
        required = schema.get("required", ()) if body.is_required else ()
        properties = schema["properties"].items()
        return [_Argument(name, "body", inner, name in required) for name, inner in properties], False
    if not copied:
        copied = {"type": "string"}
    if body.description and "description" not in copied:
        copied = {**copied, "description": body.description}
    return [_Argument("body", "body", copied, body.is_required)], True


def _has_known_keys(schema: Any) -> bool:
    if not isinstance(schema, Mapping) or schema.get("type", "object") != "object":
        return False
    others = ("allOf", "anyOf", "oneOf", "not", "patternProperties")
    is_open = isinstance(schema.get("additionalProperties"), Mapping) or any(word in schema for word in others)
    return bool(schema.get("properties")) and not is_open


def _without_collisions(arguments: list[_Argument]) -> dict[str, _Argument]:
    """By name; arguments of one name and different places get their place before it: `path_id`, `body_id`."""
    times = Counter(argument.name for argument in arguments)
    settled: dict[str, _Argument] = {}
    for argument in arguments:
        name = argument.name
        if times[name] > 1:
            name = unused_name(f"{argument.location}_{name}", {**times, **settled}, max_length=200)
        settled[name] = argument
    return settled
