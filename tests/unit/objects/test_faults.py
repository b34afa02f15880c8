"""The words of validation faults (contract §5.4): message, param and code, one fault per body."""

import pytest

from localassist.errors import InvalidRequest
from localassist.objects.assistants import CreateAssistant
from localassist.objects.faults import parse_body, validate
from localassist.objects.run_bodies import CreateRun
from localassist.objects.threads import CreateMessage, CreateThread

FUNCTION = {"type": "function", "function": {"name": "f"}}


def assistant(**fields):
    return CreateAssistant, {"model": "m", **fields}


def message(**fields):
    return CreateThread, {"messages": [{"role": "user", "content": "hi", **fields}]}


def run(**fields):
    return CreateRun, {"assistant_id": "asst_1", **fields}


FAULTS = [
    ((CreateAssistant, {}), "model", "missing_required_parameter", "Missing required parameter: 'model'."),
    (assistant(x=1), "x", "unknown_parameter", "Unknown parameter: 'x'."),
    (
        assistant(tools=[{"type": "retrieval"}]),
        "tools[0].type",
        "invalid_value",
        "Invalid value: 'retrieval'. Supported values are: 'code_interpreter', 'function', and 'file_search'.",
    ),
    (
        assistant(tools=[{}]),
        "tools[0].type",
        "missing_required_parameter",
        "Missing required parameter: 'tools[0].type'.",
    ),
    (
        assistant(tools=["x"]),
        "tools[0]",
        "invalid_type",
        "Invalid type for 'tools[0]': expected an object, but got a string instead.",
    ),
    (
        assistant(tools=[FUNCTION] * 129),
        "tools",
        "array_above_max_length",
        "Invalid 'tools': array too long. Expected an array with maximum length 128, "
        "but got an array with length 129 instead.",
    ),
    (
        assistant(tools=[{"type": "function", "function": {"name": "a b"}}]),
        "tools[0].function.name",
        "invalid_value",
        "Invalid 'tools[0].function.name': string does not match pattern. "
        "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
    ),
    (
        assistant(temperature=3),
        "temperature",
        "decimal_above_max_value",
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
    ),
    (
        assistant(top_p=-0.5),
        "top_p",
        "decimal_below_min_value",
        "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -0.5 instead.",
    ),
    (
        assistant(temperature="hot"),
        "temperature",
        "invalid_type",
        "Invalid type for 'temperature': expected a decimal, but got a string instead.",
    ),
    (
        assistant(name="n" * 257),
        "name",
        "string_above_max_length",
        "Invalid 'name': string too long. Expected a string with maximum length 256, "
        "but got a string with length 257 instead.",
    ),
    (
        assistant(metadata={str(i): "" for i in range(17)}),
        "metadata",
        "object_above_max_properties",
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, "
        "but got an object with 17 properties instead.",
    ),
    (
        assistant(metadata={"k" * 70: ""}),
        f"metadata.{'k' * 70}",
        "property_name_above_max_length",
        "Invalid property name in 'metadata': 'kkk...kkk' is too long. Expected a string with maximum length 64, "
        "but got a string with length 70 instead.",
    ),
    (
        assistant(metadata={"k": "v" * 600}),
        "metadata.k",
        "string_above_max_length",
        "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, "
        "but got a string with length 600 instead.",
    ),
    (
        assistant(metadata={"k": 1}),
        "metadata.k",
        "invalid_type",
        "Invalid type for 'metadata.k': expected a string, but got an integer instead.",
    ),
    (
        assistant(response_format={"type": "xml"}),
        "response_format.type",
        "invalid_value",
        "Invalid value: 'xml'. Supported values are: 'text', 'json_object', and 'json_schema'.",
    ),
    (
        (CreateThread, {"messages": "hi"}),
        "messages",
        "invalid_type",
        "Invalid type for 'messages': expected an array of objects, but got a string instead.",
    ),
    (
        message(role="system"),
        "messages[0].role",
        "invalid_value",
        "Invalid value: 'system'. Supported values are: 'user' and 'assistant'.",
    ),
    (
        message(content=5),
        "messages[0].content",
        "invalid_type",
        "Invalid type for 'messages[0].content': expected one of a string or array of objects, "
        "but got an integer instead.",
    ),
    (
        message(content=""),
        "messages[0].content",
        "empty_string",
        "Invalid 'messages[0].content': empty string. Expected a string with minimum length 1, "
        "but got an empty string instead.",
    ),
    (
        message(content=[]),
        "messages[0].content",
        "empty_array",
        "Invalid 'messages[0].content': empty array. Expected an array with minimum length 1, "
        "but got an empty array instead.",
    ),
    (
        (CreateMessage, {"role": "user", "content": "x" * 1620133}),
        "content",
        "string_above_max_length",
        "Invalid 'content': string too long. Expected a string with maximum length 256000, "
        "but got a string with length 1620133 instead.",
    ),
    ((CreateRun, {}), "assistant_id", "missing_required_parameter", "Missing required parameter: 'assistant_id'."),
    (
        run(max_prompt_tokens=255),
        "max_prompt_tokens",
        "integer_below_min_value",
        "Invalid 'max_prompt_tokens': integer below minimum value. Expected a value >= 256, but got 255 instead.",
    ),
    (
        run(max_completion_tokens=300.5),
        "max_completion_tokens",
        "invalid_type",
        "Invalid type for 'max_completion_tokens': expected an integer, but got a decimal instead.",
    ),
    (
        run(tool_choice="any"),
        "tool_choice",
        "invalid_value",
        "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'.",
    ),
]


@pytest.mark.parametrize(("case", "param", "code", "words"), FAULTS, ids=[fault[3][:60] for fault in FAULTS])
def test_a_fault_is_worded_as_in_the_contract(case, param, code, words):
    kind, body = case
    with pytest.raises(InvalidRequest) as caught:
        validate(kind, body)
    assert (caught.value.message, caught.value.param, caught.value.code) == (words, param, code)


def test_missing_comes_before_unknown_and_unknown_before_wrong():
    with pytest.raises(InvalidRequest, match="Missing required parameter: 'model'"):
        validate(CreateAssistant, {"x": 1, "temperature": 9})
    with pytest.raises(InvalidRequest, match="Unknown parameter: 'x'"):
        validate(CreateAssistant, {"temperature": 9, "x": 1, "model": "m"})


def test_fields_are_checked_in_the_order_of_the_schema():
    with pytest.raises(InvalidRequest, match="'name'"):
        validate(CreateAssistant, {"temperature": 9, "name": 5, "model": "m"})


@pytest.mark.parametrize("raw", [b"{", b"[1", b'{"model": NaN}', b"[" * 100_000])
def test_text_that_is_not_json_is_refused(raw):
    with pytest.raises(InvalidRequest, match="could not parse the JSON body"):
        parse_body(CreateAssistant, raw)


def test_a_body_that_is_no_object_is_refused():
    with pytest.raises(InvalidRequest, match="expected an object, but got an array instead"):
        parse_body(CreateThread, b"[]")


@pytest.mark.parametrize("raw", [b"", b"  ", b"{}"])
def test_an_empty_body_is_an_empty_object(raw):
    assert parse_body(CreateThread, raw) == CreateThread()


def test_explicit_nulls_are_accepted_and_remembered():
    body = validate(CreateAssistant, {"model": "m", "temperature": None, "metadata": None, "tools": None})
    assert body.temperature is None
    assert body.given("temperature")
    assert not body.given("top_p")


def test_the_spelling_of_april_2024_is_accepted():
    body = validate(*message(attachments=[{"file_id": "file-1", "add_to": ["file_search", "code_interpreter"]}]))
    assert [tool.type for tool in body.messages[0].attachments[0].tools] == ["file_search", "code_interpreter"]
    assert validate(*assistant(response_format="none")).response_format == "auto"
