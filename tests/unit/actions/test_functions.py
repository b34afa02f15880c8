"""Operations as function tools: names, merged arguments, references, strict forms, clear refusals."""

import pytest

from localassist.actions import from_openapi
from localassist.errors import InvalidRequest
from localassist.objects.strict_schema import check_strict_schema
from tests.unit.actions.api_server import document

URL = "https://api.example.com/v4"
MATH = {
    "openapi": "3.0.0",
    "info": {"title": "Math.js API", "description": "Evaluates expressions.", "version": "1.0.0"},
    "servers": [{"url": "https://api.mathjs.org"}],
    "paths": {
        "/v4/": {
            "post": {
                "summary": "Evaluate a mathematical expression",
                "description": "Post an expression to have it evaluated.",
                "operationId": "math",
                "x-strict": True,
                "parameters": [
                    {"in": "query", "name": "expr", "required": True, "schema": {"type": "string"},
                     "description": "The expression, like `2*(7-3)`."},
                    {"in": "query", "name": "precision", "schema": {"type": "integer"},
                     "description": "Number of significant digits."},
                ],
                "responses": {"200": {"description": "The result."}},
            }
        }
    },
}  # fmt: skip


def operation(**fields):
    return document(URL, {"/things/{id}": {"post": {"operationId": "f", **fields}}})


def query(name, schema, **more):
    return {"in": "query", "name": name, "schema": schema, **more}


def json_body(schema, **more):
    return {"content": {"application/json": {"schema": schema}}, **more}


def function(doc, index=0, **options):
    return from_openapi(doc, **options).tools[index]["function"]


def refusal(doc, **options):
    with pytest.raises(InvalidRequest) as caught:
        from_openapi(doc, **options)
    return caught.value.message


def test_the_mathjs_document_becomes_one_strict_function():
    assert from_openapi(MATH).tools == [
        {
            "type": "function",
            "function": {
                "name": "math",
                "description": "Evaluate a mathematical expression\n\nPost an expression to have it evaluated.",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "expr": {"description": "The expression, like `2*(7-3)`.", "type": "string"},
                        "precision": {"description": "Number of significant digits.", "type": ["integer", "null"]},
                    },
                    "required": ["expr", "precision"],
                    "additionalProperties": False,
                },
                "strict": True,
            },
        }
    ]


def test_without_x_strict_optional_arguments_stay_optional():
    schema = function(
        operation(parameters=[query("q", {"type": "string"}), query("n", {"type": "integer"}, required=True)])
    )
    assert schema["strict"] is False
    assert schema["parameters"]["required"] == ["n", "id"]


def test_names_are_made_valid_and_unique():
    doc = document(URL, {"/a": {"get": {"operationId": "get things!"}, "put": {"operationId": "get/things"}},
                         "/b/{c}": {"get": {}}, "/d": {"get": {"operationId": "x" * 80}}})  # fmt: skip
    assert [tool["function"]["name"] for tool in from_openapi(doc).tools] == [
        "get_things", "get_things_2", "get_b_c", "x" * 64,
    ]  # fmt: skip


def test_the_members_of_a_body_are_arguments_of_their_own():
    members = {"title": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}}
    body = {"type": "object", "properties": members, "required": ["title"]}
    schema = function(operation(requestBody=json_body(body, required=True)))["parameters"]
    assert list(schema["properties"]) == ["id", "title", "tags"]
    assert schema["required"] == ["id", "title"]


def test_arguments_of_one_name_are_told_apart_by_their_place():
    body = {"type": "object", "properties": {"id": {"type": "integer"}, "q": {"type": "string"}}}
    schema = function(operation(parameters=[query("id", {"type": "string"})], requestBody=json_body(body)))[
        "parameters"
    ]
    assert list(schema["properties"]) == ["query_id", "path_id", "body_id", "q"]


def test_a_body_that_is_no_object_is_one_argument():
    schema = function(operation(requestBody=json_body({"type": "array", "items": {"type": "integer"}}, required=True)))
    assert schema["parameters"]["properties"]["body"] == {"type": "array", "items": {"type": "integer"}}
    assert "body" in schema["parameters"]["required"]


def test_references_are_resolved_and_cycles_kept_as_recursion():
    children = {"type": "array", "items": {"$ref": "#/components/schemas/Node"}}
    node = {"type": "object", "required": ["value"], "properties": {"value": {"type": "string"}, "children": children}}
    components = {
        "schemas": {"Node": node},
        "parameters": {"Page": query("page", {"type": "integer", "nullable": True})},
        "requestBodies": {"Tree": json_body({"$ref": "#/components/schemas/Node"}, required=True)},
    }
    doc = {**operation(parameters=[{"$ref": "#/components/parameters/Page"}], **{"x-strict": True},
                       requestBody={"$ref": "#/components/requestBodies/Tree"}), "components": components}  # fmt: skip
    schema = function(doc)["parameters"]
    check_strict_schema(schema)
    assert list(schema["properties"]) == ["page", "id", "value", "children"]
    assert schema["properties"]["page"] == {"type": ["integer", "null"]}
    assert schema["properties"]["children"] == {"type": ["array", "null"], "items": {"$ref": "#/$defs/Node"}}
    assert schema["$defs"]["Node"]["required"] == ["value", "children"]


def test_strict_rewrites_what_it_can():
    base = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": "integer", "minimum": 0, "exclusiveMinimum": True}},
    }
    shape = {
        "allOf": [base, {"type": "object", "properties": {"b": {"type": "string", "format": "uri", "default": "x"}}}],
    }
    either = {"oneOf": [{"type": "object", "required": ["k"], "properties": {"k": {"enum": [kind]}}} for kind in "ab"]}
    body = {"type": "object", "required": ["shape", "either"], "properties": {"shape": shape, "either": either}}
    schema = function(operation(requestBody=json_body(body, required=True), **{"x-strict": True}))["parameters"]
    assert schema["properties"]["shape"] == {
        "type": "object",
        "required": ["a", "b"],
        "additionalProperties": False,
        "properties": {
            "a": {"type": "integer", "exclusiveMinimum": 0},
            "b": {"type": ["string", "null"], "description": 'Format: uri. Default: "x".'},
        },
    }
    assert len(schema["properties"]["either"]["anyOf"]) == 2


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "object"}, "an object with free keys cannot be made strict: name its properties."),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "string"}},
         "an object with free keys cannot be made strict: name its properties."),
        ({"oneOf": [{"type": "number"}, {"type": "integer"}]},
         "'oneOf' cannot be made strict: its alternatives may overlap."),
        ({"type": "string", "pattern": "(?=a)"}, "'pattern' cannot be enforced: look-around is not supported."),
        ({"not": {"type": "string"}}, "'not' is not permitted."),
        ({}, "schema must have a 'type' key."),
    ],
)  # fmt: skip
def test_strict_refuses_what_it_cannot_express(schema, reason):
    doc = operation(parameters=[query("q", schema, required=True)], **{"x-strict": True})
    assert refusal(doc) == f"The operation 'f' cannot be strict: In context=('properties', 'q'), {reason}"


@pytest.mark.parametrize(
    ("doc", "message"),
    [
        ({"swagger": "2.0", "paths": {}}, "The document is not OpenAPI 3.x: it has no 'openapi' key."),
        ({"openapi": "3.0.0", "paths": {"/": {"get": {}}}}, "The server '/' of the document is no http(s) URL"),
        (document("ftp://example.com", {"/": {"get": {}}}), "is no http(s) URL"),
        (operation(parameters=[{"$ref": "#/components/parameters/nope"}]), "reference to component"),
        (operation(parameters=[{"$ref": "https://example.com/p.json"}]), "reference to component"),
        (operation(parameters=[query("q", {"$ref": "other.json#/X"})]), "reference to component"),
        (operation(parameters=[{"in": "nowhere", "name": "x"}]), "lacks a valid 'name' or 'in'"),
        ({**operation(parameters=[{"$ref": "#/loop"}]), "loop": {"$ref": "#/loop"}}, "leads back to itself"),
        ({"openapi": "3.1.0", "paths": []}, "at paths: expected an object"),
    ],
)
def test_documents_that_cannot_be_used_say_where(doc, message):
    assert message in refusal(doc)


def test_only_the_wanted_operations_are_kept():
    doc = document(URL, {"/a": {"get": {"operationId": "a"}, "put": {"operationId": "b"}}})
    assert [t["function"]["name"] for t in from_openapi(doc, operations=["b"]).tools] == ["b"]
    assert "has no operation 'c'; it has a, b" in refusal(doc, operations=["c"])


def test_servers_may_have_variables_and_be_relative():
    doc = {**operation(), "servers": [{"url": "/{v}/", "variables": {"v": {"default": "v2"}}}]}
    assert from_openapi(doc, base_url="https://example.com/docs/openapi.json").tools
