"""The harmony format of gpt-oss: channels, calls in both orders of the header, and what is enforced."""

import json

import pytest

from localassist.dialects.harmony import HarmonyParser, build_constraint
from localassist.protocols import (
    AnswerFormat,
    CallArguments,
    CallStarted,
    FunctionSpec,
    ReasoningPiece,
    TextPiece,
    ToolChoice,
)
from tests.unit.dialects.admission import admits

SPECIAL = frozenset({"<|channel|>", "<|message|>", "<|start|>", "<|end|>", "<|constrain|>", "<|call|>", "<|return|>"})
TOOL = FunctionSpec(
    "get_weather",
    None,
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False},
    strict=True,
)
FORM = AnswerFormat({"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]}, strict=True)
THINK = "<|channel|>analysis<|message|>The user wants {x}.<|end|><|start|>assistant"
SAY = "<|channel|>commentary<|message|>Let me look.<|end|><|start|>assistant"
FINAL = "<|channel|>final<|message|>"
ARGUMENTS = '{"city": "Pa<ris"}'
CALLS = [
    f" to=functions.get_weather<|channel|>commentary json<|message|>{ARGUMENTS}",
    f" to=functions.get_weather<|channel|>commentary <|constrain|>json<|message|>{ARGUMENTS}",
    f"<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{ARGUMENTS}",
    f"<|channel|>commentary to=functions.get_weather<|message|>{ARGUMENTS}",
]


def read(text: str, chunk: int, prompt: str = "") -> tuple[str, str, list[str]]:
    parser = HarmonyParser([TOOL], prompt)
    reasoning, spoken, calls = "", "", []
    pieces = [piece for at in range(0, len(text), chunk) for piece in parser.feed(text[at : at + chunk])]
    for piece in [*pieces, *parser.finish()]:
        match piece:
            case ReasoningPiece(words):
                reasoning += words
            case TextPiece(words):
                spoken += words
            case CallStarted(_, name):
                calls.append(f"{name} ")
            case CallArguments(_, words):
                calls[-1] += words
    return reasoning, spoken, calls


@pytest.mark.parametrize("chunk", [1, 3, 1000])
def test_channels_are_told_apart(chunk: int) -> None:
    assert read(f"{THINK}{FINAL}It is fine.<|return|>", chunk) == ("The user wants {x}.", "It is fine.", [])
    assert read("It is fine.", chunk, prompt=f"<|start|>assistant{FINAL}") == ("", "It is fine.", [])
    assert read("Just words.", chunk) == ("", "Just words.", [])


@pytest.mark.parametrize("chunk", [1, 3, 1000])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("end", ["", "<|call|>"])
def test_calls_are_read_wherever_they_name_whom_they_are_for(call: str, end: str, chunk: int) -> None:
    expected = ("The user wants {x}.", "Let me look.", [f"get_weather {ARGUMENTS}"])
    assert read(THINK + SAY + call + end, chunk) == expected


def test_a_call_that_is_cut_is_closed() -> None:
    for length in range(len(CALLS[0])):
        _, _, calls = read(CALLS[0][:length], 4)
        assert all(isinstance(json.loads(call.partition(" ")[2]), dict) for call in calls)


def test_a_call_of_a_stranger_never_reaches_the_answer() -> None:
    text = f'{THINK}<|channel|>commentary to=browser.search<|message|>{{"q": 1}}<|end|><|start|>assistant{FINAL}Yes.'
    assert read(text, 2)[1:] == ("Yes.", [])


@pytest.mark.parametrize("special", [frozenset[str](), SPECIAL], ids=["text", "tokens"])
def test_only_what_was_offered_is_admitted(special: frozenset[str]) -> None:
    auto = [(f"{FINAL}Yes.", True), (SAY + CALLS[0], True), (f"{FINAL} ", False), (CALLS[0].replace("get_", ""), False)]
    form = [(f'{FINAL}{{"a": true}}', True), (f"{FINAL}Yes.", False), (CALLS[1], True)]
    forced = [(call, True) for call in CALLS] + [(f"{FINAL}Yes.", False), (CALLS[0].replace("city", "town"), False)]
    cases = [(ToolChoice(), None, auto), (ToolChoice(), FORM, form), (ToolChoice("required"), None, forced)]
    for choice, answer, texts in cases:
        constraint = build_constraint([TOOL], choice, answer=answer, prompt="", special_tokens=special)
        for text, is_good in texts:
            assert admits(constraint, text, special) is is_good, (choice, text)
            assert admits(constraint, THINK + THINK + text, special) is is_good, (choice, text)


def test_an_answer_that_the_prompt_has_opened_is_held_to_its_form() -> None:
    prompt = f"<|start|>assistant{FINAL}"
    constraint = build_constraint([TOOL], ToolChoice(), answer=FORM, prompt=prompt, special_tokens=SPECIAL)
    assert admits(constraint, '{"a": false}', SPECIAL)
    assert not admits(constraint, "Yes.", SPECIAL)
