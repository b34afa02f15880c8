"""The strict schema subset (contract §3.9): what passes, the literal faults, limits, and hostile schemas."""

import time

import pytest

from localassist.errors import InvalidRequest
from localassist.objects.assistants import CreateAssistant
from localassist.objects.faults import validate
from localassist.objects.run_bodies import CreateRun
from localassist.objects.schema_patterns import find_pattern_fault
from localassist.objects.strict_schema import SchemaFault, check_object_schema, check_strict_schema

STRING = {"type": "string"}
REQUIRED = "'required' is required to be supplied and to be an array including every key in properties."
NO_FINITE_VALUE = "'$ref' leads back to itself without end: no finite value is valid."


def strict(properties, **more):
    schema = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return {**schema, **more}


def nested(levels):
    return strict({"x": nested(levels - 1)} if levels > 1 else {"x": STRING})


def function(parameters, *, is_strict=True):
    definition = {"name": "NAME", "parameters": parameters, "strict": is_strict}
    return {"model": "m", "tools": [{"type": "code_interpreter"}, {"type": "function", "function": definition}]}


def refusal(schema):
    with pytest.raises(SchemaFault) as caught:
        check_strict_schema(schema)
    return caught.value.message


def refusal_at_x(schema, **more):
    message = refusal(strict({"x": schema}, **more))
    return message.removeprefix("In context=('properties', 'x'), ")


NODE = strict({"value": STRING, "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}})
ACCEPTED = {
    "no properties": strict({}),
    "every type": strict({t: {"type": t} for t in ("string", "number", "integer", "boolean", "null")}),
    "nullable": strict({"x": {"type": ["string", "null"]}}),
    "enum and const": strict(
        {"x": {"type": "string", "enum": ["a", "b"]}, "y": {"const": 1}, "z": {"enum": [1, None]}}
    ),
    "array bounds": strict({"x": {"type": "array", "items": STRING, "minItems": 1, "maxItems": 3}}),
    "number bounds": strict({"x": {"type": "number", "exclusiveMinimum": 0, "maximum": 10, "multipleOf": 0.5}}),
    "string pattern": strict({"x": {"type": "string", "pattern": r"^\d{4}-\d\d$"}, "y": {**STRING, "format": "uuid"}}),
    "anyOf": strict({"x": {"anyOf": [STRING, strict({"y": STRING}), {"type": "array", "items": STRING}]}}),
    "definitions": strict({"x": {"$ref": "#/definitions/d", "description": "d"}}, definitions={"d": STRING}),
    "recursion by name": strict({"x": {"$ref": "#/$defs/node"}}, **{"$defs": {"node": NODE}}),
    "recursion to the root": strict({"children": {"type": "array", "items": {"$ref": "#"}}}),
    "escaped pointer": strict({"x": {"$ref": "#/$defs/a~1b%25"}}, **{"$defs": {"a/b%": STRING}}),
    "annotations": strict({"x": {**STRING, "title": "T", "default": "d", "examples": ["e"], "x-order": 1}}, title="R"),
    "ten levels": nested(10),
    "5000 properties": strict({f"p{i}": STRING for i in range(5000)}),
    "1000 enum values": strict({"x": {**STRING, "enum": [f"value {i}" for i in range(1000)]}}),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_the_subset_is_accepted(name):
    check_strict_schema(ACCEPTED[name])


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({}, """schema must be a JSON Schema of 'type: "object"', got 'type: "None"'."""),
        ({"type": "array"}, """schema must be a JSON Schema of 'type: "object"', got 'type: "array"'."""),
        (None, """schema must be a JSON Schema of 'type: "object"', got 'type: "None"'."""),
        (
            {"type": "object", "properties": {}},
            "In context=(), 'additionalProperties' is required to be supplied and to be false.",
        ),
        (
            strict({"x": STRING}, additionalProperties=True),
            "In context=(), 'additionalProperties' is required to be supplied and to be false.",
        ),
        (strict({"x": STRING}, required=[]), f"In context=(), {REQUIRED} Missing 'x'."),
        (strict({}, required=["x"]), f"In context=(), {REQUIRED} Extra required key 'x' supplied."),
        (strict({}, oneOf=[STRING]), "In context=(), 'oneOf' is not permitted."),
        (
            strict({}, anyOf=[strict({})]),
            "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.",
        ),
        (nested(14), "14 levels of nesting exceeds limit of 10."),
        (strict({f"p{i}": STRING for i in range(6000)}), "6000 parameters exceeds limit of 5000."),
        (
            strict({"x": {"enum": list(range(1200))}}),
            "Expected at most 1000 enum values in total within a single schema when using structured outputs, but "
            "received 1200. Consider reducing the number of enums, or use 'strict: false' to opt out of structured "
            "outputs.",
        ),
        (
            strict({f"{i:060}": {"const": "c" * 60} for i in range(1100)}),
            "132000 characters of property names, definition names, enum values and const values exceeds limit of "
            "120000.",
        ),
        (
            strict({"x": {**STRING, "enum": [f"{i:060}" for i in range(251)]}}),
            "In context=('properties', 'x'), expected at most 15000 characters in total for an enum with more than "
            "250 values, but received 15060.",
        ),
    ],
)
def test_faults_of_the_whole_schema(schema, message):
    assert refusal(schema) == message


@pytest.mark.parametrize("keyword", ["oneOf", "allOf", "not", "if", "then", "else", "dependentRequired", "contains",
                                     "dependentSchemas", "patternProperties", "uniqueItems", "propertyNames",
                                     "minProperties", "prefixItems", "nullable", "$anchor", "made_up"])  # fmt: skip
def test_other_keywords_are_not_permitted(keyword):
    assert refusal_at_x({**STRING, keyword: []}) == f"'{keyword}' is not permitted."


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({}, "schema must have a 'type' key."),
        (True, "schema must be an object, but got a boolean instead."),
        ({"type": "array"}, "array schema missing items."),
        ({**STRING, "format": "uri"}, "'uri' is not a valid format."),
        ({**STRING, "enum": [None]}, "enum value None does not validate against {'type': 'string'}."),
        ({"type": "integer", "const": 1.5}, "const value 1.5 does not validate against {'type': 'integer'}."),
        ({**STRING, "enum": []}, "'enum' must be an array that is not empty, but got []."),
        ({**STRING, "minLength": -1}, "'minLength' must be an integer of at least 0, but got -1."),
        ({"type": "number", "multipleOf": 0}, "'multipleOf' must be a number greater than 0, but got 0."),
        ({"type": "number", "minimum": 3, "maximum": 2}, "'minimum' is greater than 'maximum': no value is valid."),
        ({"type": "object", "properties": []}, "'properties' must be an object, but got []."),
        ({**STRING, "pattern": "a(?=b)"}, "'pattern' cannot be enforced: look-around is not supported."),
        ({"$ref": "#/$defs/nope"}, "reference to component '#/$defs/nope' which was not found in the schema."),
        ({"$ref": "#/required"}, "reference to component '#/required' which was not found in the schema."),
        ({"$ref": "https://example.com/s.json"},
         "reference to component 'https://example.com/s.json' which was not found in the schema."),
        ({"$ref": "#", "minimum": 1}, "$ref cannot have keywords {'minimum'}."),
        ({"anyOf": [STRING], "properties": {}}, "anyOf cannot have keywords {'properties'}."),
        ({"$ref": "#/properties/x"}, NO_FINITE_VALUE),
        ({"$ref": "#"}, NO_FINITE_VALUE),
    ],
)  # fmt: skip
def test_faults_inside_name_place_and_keyword(schema, reason):
    assert refusal_at_x(schema) == reason


def test_an_unknown_type_name_is_listed_against_the_known_ones():
    assert refusal_at_x({"type": "float"}).startswith("'type' must be one of 'string', 'number', ")
    assert refusal_at_x({"type": "float"}).endswith('but got "float".')


def test_the_context_is_a_path_through_items_anyof_and_definitions():
    inner = {"type": "object", "properties": {}}
    message = "'additionalProperties' is required to be supplied and to be false."
    assert refusal(strict({"x": {"type": "array", "items": inner}})) == (
        f"In context=('properties', 'x', 'items'), {message}"
    )
    assert refusal(strict({"x": {"anyOf": [inner]}})) == f"In context=('properties', 'x', 'anyOf', '0'), {message}"
    assert refusal(strict({}, **{"$defs": {"d": inner}})) == f"In context=('$defs', 'd'), {message}"


def test_a_recursion_that_never_ends_is_refused_where_it_refers_back():
    definitions = {"a": {"$ref": "#/$defs/b"}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}}
    assert refusal(strict({"x": STRING}, **{"$defs": definitions})) == f"In context=('$defs', 'a'), {NO_FINITE_VALUE}"


def test_arrays_in_objects_count_one_level_with_the_objects_they_hold():
    def level(n):
        inner = {"x": {"type": "array", "items": level(n - 1)}} if n > 1 else {"x": STRING}
        return strict(inner)

    check_strict_schema(level(10))
    assert refusal(level(11)) == "11 levels of nesting exceeds limit of 10."


# --- in request bodies --------------------------------------------------------------------------------------------


def body_fault(kind, data):
    with pytest.raises(InvalidRequest) as caught:
        validate(kind, data)
    return caught.value.message, caught.value.param, caught.value.code


def test_a_strict_function_names_itself_and_its_place():
    assert body_fault(CreateAssistant, function({"type": "object", "properties": {}})) == (
        "Invalid schema for function 'NAME': In context=(), 'additionalProperties' is required to be supplied and to "
        "be false.",
        "tools[1].function.parameters",
        "invalid_function_parameters",
    )


def test_a_function_that_is_not_strict_only_needs_an_object_at_the_root():
    lenient = {"type": "object", "oneOf": [{"properties": {"x": {"type": "string", "pattern": "(?=a)"}}}]}
    validate(CreateAssistant, function(lenient, is_strict=False))
    validate(CreateAssistant, function(None, is_strict=False))
    assert body_fault(CreateAssistant, function({}, is_strict=None)) == (
        """Invalid schema for function 'NAME': schema must be a JSON Schema of 'type: "object"', got 'type: "None"'.""",
        "tools[1].function.parameters",
        "invalid_function_parameters",
    )


def test_a_strict_response_format_is_checked_and_another_is_not():
    def body(is_strict):
        schema = {"type": "object", "properties": {"x": STRING}}
        response_format = {"type": "json_schema", "json_schema": {"name": "N", "schema": schema, "strict": is_strict}}
        return {"assistant_id": "asst_1", "response_format": response_format}

    validate(CreateRun, body(False))
    assert body_fault(CreateRun, body(True)) == (
        "Invalid schema for response_format 'N': In context=(), 'additionalProperties' is required to be supplied and "
        "to be false.",
        "response_format",
        "invalid_json_schema",
    )


# --- hostile schemas ----------------------------------------------------------------------------------------------


def deep(levels, keyword):
    schema = STRING
    for _ in range(levels):
        schema = {"type": "array", "items": schema} if keyword == "items" else {"anyOf": [schema]}
    return schema


def chain(length):
    definitions = {f"d{i}": {"$ref": f"#/$defs/d{i + 1}"} for i in range(length)}
    return strict({"x": {"$ref": "#/$defs/d0"}}, **{"$defs": {**definitions, f"d{length}": {"$ref": "#/$defs/d0"}}})


HOSTILE = {
    "deep arrays": strict({"x": deep(900, "items")}),
    "deep unions": strict({"x": deep(400, "anyOf")}),
    "a reference chain in a circle": chain(3000),
    "a megabyte of description": strict({"x": {**STRING, "description": "d" * 1_000_000}}),
    "a megabyte of properties": strict({f"property{i}": STRING for i in range(30_000)}),
    "a megabyte of enum": strict({"x": {"enum": [f"{i:09}" for i in range(40_000)]}}),
    "a long regex": strict({"x": {**STRING, "pattern": "(a+)+" * 50_000}}),
    "a repeated regex": strict({"x": {**STRING, "pattern": "((a{900}){900}){900}"}}),
    "an open regex": strict({"x": {**STRING, "pattern": "(" * 3999}}),
    "an infinite number": strict({"x": {"const": float("inf")}}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_schemas_are_refused_at_once(name):
    began = time.perf_counter()
    _, param, _ = body_fault(CreateAssistant, function(HOSTILE[name]))
    assert param == "tools[1].function.parameters"
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("name", ["deep arrays", "a megabyte of description", "an infinite number"])
def test_size_limits_hold_without_strict_as_well(name):
    with pytest.raises(SchemaFault):
        check_object_schema(HOSTILE[name])


# --- patterns -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    ["", "^a$", "a|^b$", r"\p{L}+\d{2,}", r"[\w.+-]+@[\w-]+\.\w{2,}", r"[^\]\\]*", "(?i)a", "(?:a|b)*?c",
     r"(?P<year>\d{4})", r"^(a{100}){1000}$", r"\u00e9\x41\/\-", "(^a|b$)"],
)  # fmt: skip
def test_patterns_that_can_be_enforced(pattern):
    assert find_pattern_fault(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    ["(?=a)", "(?!a)", "(?<=a)b", "(?<!a)b", r"(a)\1", r"(?P<a>x)(?P=a)", r"\bword\b", "a^b", "a$b", "(b$)c", "(",
     "a)", "[a", "[]", "[^]", "*a", "a**", "a++", "a{,3}", "a{3,2}", "(?>a)", r"\Z", r"\cA", "a\\", "[a-z&&[b]]",
     "[z-a]", r"[\b]", "(a{1000}){1000}"],
)  # fmt: skip
def test_patterns_that_cannot_be_enforced(pattern):
    assert find_pattern_fault(pattern)
