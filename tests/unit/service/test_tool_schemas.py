"""The constraint compiler has the last word on strict schemas, and the refusal names place and keyword."""

import pytest

from localassist.errors import InvalidRequest
from localassist.objects.tools import FunctionDefinition, FunctionTool
from localassist.service.tool_schemas import check_strict_schemas

INNER = {"type": "integer", "minimum": 1.2, "maximum": 1.8}


def strict(properties):
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def tool(schema, *, is_strict=True):
    return FunctionTool(function=FunctionDefinition(name="f", parameters=schema, strict=is_strict))


def refuse_inner(schema):
    if "1.2" in str(schema):
        raise InvalidRequest("unsatisfiable")


def test_a_refused_schema_is_blamed_on_its_smallest_part():
    schema = strict({"a": {"type": "string"}, "b": {"type": "array", "items": strict({"c": INNER})}})
    with pytest.raises(InvalidRequest) as caught:
        check_strict_schemas([tool(strict({})), tool(schema)], "auto", refuse_inner)
    assert caught.value.message == (
        "Invalid schema for function 'f': In context=('properties', 'b', 'items', 'properties', 'c'), "
        "'minimum' with 'maximum' cannot be enforced: unsatisfiable"
    )
    assert (caught.value.param, caught.value.code) == ("tools[1].function.parameters", "invalid_function_parameters")


def test_a_response_format_is_asked_about_too():
    response_format = {
        "type": "json_schema",
        "json_schema": {"name": "N", "schema": strict({"x": INNER}), "strict": True},
    }
    with pytest.raises(InvalidRequest) as caught:
        check_strict_schemas([], response_format, refuse_inner)
    assert caught.value.message.startswith("Invalid schema for response_format 'N': In context=('properties', 'x'), ")
    assert (caught.value.param, caught.value.code) == ("response_format", "invalid_json_schema")


def test_what_is_not_strict_is_not_asked_about():
    lenient = {"type": "json_schema", "json_schema": {"name": "N", "schema": strict({"x": INNER})}}
    check_strict_schemas([tool(strict({"x": INNER}), is_strict=False)], lenient, refuse_inner)
