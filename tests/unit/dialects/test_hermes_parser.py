"""Text and calls out of what a model wrote, however it arrives in pieces."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localassist.dialects.hermes_parser import HermesParser
from localassist.protocols import CallArguments, CallStarted, FunctionSpec, ParsedPiece, TextPiece

TOOLS = [FunctionSpec("get_weather"), FunctionSpec("add")]
WEATHER = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>'
ADD = '<tool_call>\n{"name": "add", "arguments": {"x": 1, "y": [2.5, null]}}\n</tool_call>'

Turn = list[str | tuple[str, object]]


def summary(pieces: list[ParsedPiece]) -> Turn:
    """Texts joined, and each call with its arguments read as JSON."""
    turn: list[str | list[str]] = []
    for piece in pieces:
        match piece:
            case TextPiece(text):
                if turn and isinstance(turn[-1], str):
                    turn[-1] += text
                else:
                    turn.append(text)
            case CallStarted(index, name):
                assert index == sum(isinstance(one, list) for one in turn)
                turn.append([name, ""])
            case CallArguments(index, fragment):
                call = [one for one in turn if isinstance(one, list)][index]
                call[1] += fragment
    return [one if isinstance(one, str) else (one[0], json.loads(one[1])) for one in turn]


def parse(text: str, sizes: list[int] | None = None, tools: list[FunctionSpec] = TOOLS) -> Turn:
    parser = HermesParser(tools)
    pieces: list[ParsedPiece] = []
    for size in sizes or [1] * len(text):
        pieces += parser.feed(text[:size])
        text = text[size:]
    pieces += parser.feed(text)
    return summary(pieces + parser.finish())


def test_plain_text_loses_only_the_white_space_around_it() -> None:
    assert parse("\n Hello,\n world. \n") == ["Hello,\n world."]


def test_a_call() -> None:
    assert parse(WEATHER) == [("get_weather", {"city": "Paris"})]


def test_text_before_calls_and_several_calls() -> None:
    assert parse(f"Let me see.\n{WEATHER}\n{ADD}\n") == [
        "Let me see.",
        ("get_weather", {"city": "Paris"}),
        ("add", {"x": 1, "y": [2.5, None]}),
    ]


def test_text_after_a_call() -> None:
    assert parse(f"{WEATHER}\nDone.") == [("get_weather", {"city": "Paris"}), "Done."]


@pytest.mark.parametrize(
    ("body", "arguments"),
    [
        ('{"arguments": {"x": 1}, "name": "add"}', {"x": 1}),
        ('{"name": "add", "parameters": {"x": 1}}', {"x": 1}),
        ('{"name": "add", "arguments": "{\\"x\\": 1}"}', {"x": 1}),
        ('{"name": "add", "arguments": null}', {}),
        ('{"name": "add"}', {}),
        ('{"id": 7, "name" : "add" ,\n"arguments":{ "x" : 1 } }', {"x": 1}),
        ('{"name": "add", "arguments": {"x": "</tool_call> \\" }"}}', {"x": '</tool_call> " }'}),
    ],
)
def test_forms_models_use_without_a_grammar(body: str, arguments: object) -> None:
    assert parse(f"<tool_call>{body}</tool_call>") == [("add", arguments)]


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>\n{"name": "unknown", "arguments": {}}\n</tool_call>',
        "<tool_call>\nnot json\n</tool_call>",
        '<tool_call>\n{"arguments": {}}\n</tool_call>',
        "<tool_call>",
        "<tool_ca",
        'say <tool_call>{"nam',
        "a < b and <tool",
    ],
)
def test_what_is_no_call_of_an_offered_function_is_text(text: str) -> None:
    assert parse(text) == [text]


def test_without_tools_everything_is_text() -> None:
    assert parse(WEATHER, tools=[]) == [WEATHER]


@pytest.mark.parametrize("length", range(len('<tool_call>\n{"name": "get_weather"'), len(WEATHER)))
def test_a_call_cut_short_is_closed(length: int) -> None:
    [(name, arguments)] = parse(WEATHER[:length])
    assert name == "get_weather"
    assert isinstance(arguments, dict)


def test_a_call_that_goes_wrong_after_it_was_announced_is_closed_and_the_rest_is_text() -> None:
    turn = parse('<tool_call>{"name": "add", "arguments": {"x": 1, oops}}</tool_call>')
    assert turn == [("add", {"x": 1}), "oops}}</tool_call>"]


def test_the_name_and_arguments_come_as_soon_as_they_are_known() -> None:
    parser = HermesParser(TOOLS)
    assert parser.feed('<tool_call>\n{"name": "add"') == [CallStarted(0, "add")]
    assert parser.feed(', "arguments": {"x') == [CallArguments(0, "{")]
    assert parser.feed('": 1') == [CallArguments(0, '"x": 1')]


WORDS = st.lists(
    st.sampled_from([WEATHER, ADD, "text ", "\n", "<tool_call>", "</tool_call>", "{", '"name"', "☀", "<tool"]),
    max_size=6,
)


@given(WORDS, st.lists(st.integers(1, 9), max_size=60))
def test_cuts_do_not_change_what_is_read(words: list[str], sizes: list[int]) -> None:
    text = "".join(words)
    assert parse(text, sizes) == parse(text, [len(text)])
