"""Tool calls under a grammar: the dialect writes it, llguidance enforces it, real llama.cpp samples under it."""

import json

import numpy as np
import pytest

from localassist.dialects import build_dialect
from localassist.errors import GenerationFailed, InvalidRequest
from localassist.inference.backend import LlamaBackend
from localassist.inference.constraint import MaskBuffer
from localassist.protocols import (
    CallArguments,
    CallStarted,
    ChatMessage,
    ChatToolCall,
    Constraint,
    FunctionSpec,
    GenerationRequest,
    TextPiece,
    ToolChoice,
)
from tests.inference.conftest import OpenBackend
from tests.inference.helpers import greedy, outcome, turn

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
ZONE = {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"]}
TOOLS = [
    FunctionSpec("get_weather", "Looks outside.", CITY),
    FunctionSpec("get_time", "Looks at a clock.", ZONE),
    FunctionSpec("refresh"),
]
QUESTION = [ChatMessage("user", "How is the weather in Paris?")]
ADDRESS = {
    "type": "object",
    "properties": {
        "name": {"$ref": "#/$defs/name"},
        "kind": {"enum": ["home", "work"]},
        "lines": {"type": "array", "items": {"type": "string", "maxLength": 8}, "maxItems": 2},
    },
    "required": ["name", "kind", "lines"],
    "additionalProperties": False,
    "$defs": {"name": {"type": "string", "maxLength": 8}},
}


def take_turn(
    backend: LlamaBackend, choice: ToolChoice, tools: list[FunctionSpec] = TOOLS, **options: object
) -> tuple[str, list[tuple[str, object]]]:
    """One turn: the text, and the calls with their arguments."""
    dialect = build_dialect(backend.facts)
    request = GenerationRequest(
        dialect.render(QUESTION, tools),
        constraint=dialect.constraint(tools, choice),
        **{"temperature": 0.0, "max_tokens": 200, **options},  # type: ignore[arg-type]
    )
    parser, pieces = dialect.parser(tools), []
    for token in backend.generate(request):
        pieces += parser.feed(token.text)
    pieces += parser.finish()
    text = "".join(piece.text for piece in pieces if isinstance(piece, TextPiece))
    calls = []
    for started in (piece for piece in pieces if isinstance(piece, CallStarted)):
        fragments = [p.fragment for p in pieces if isinstance(p, CallArguments) and p.index == started.index]
        calls.append((started.name, json.loads("".join(fragments))))
    return text, calls


@pytest.mark.parametrize("model", ["weather", "special"])
@pytest.mark.parametrize(
    "choice",
    [ToolChoice(), ToolChoice("required"), ToolChoice("required", parallel=False), ToolChoice(name="get_weather")],
)
def test_the_script_calls_under_every_choice(open_backend: OpenBackend, model: str, choice: ToolChoice) -> None:
    assert take_turn(open_backend(model), choice) == ("", [("get_weather", {"city": "Paris"})])


def test_two_calls_in_one_turn(open_backend: OpenBackend) -> None:
    backend = open_backend("two_calls")
    weather, time = ("get_weather", {"city": "Paris"}), ("get_time", {"zone": "Asia/Seoul"})
    assert take_turn(backend, ToolChoice()) == ("", [weather, time])
    assert take_turn(backend, ToolChoice(parallel=False)) == ("", [weather])


def test_after_a_result_the_script_answers(open_backend: OpenBackend) -> None:
    backend = open_backend("weather")
    dialect = build_dialect(backend.facts)
    call = ChatToolCall("call_1", "get_weather", '{"city": "Paris"}')
    messages = [
        *QUESTION,
        ChatMessage("assistant", "", (call,)),
        ChatMessage("tool", "sunny", tool_call_id="call_1", name="get_weather"),
    ]
    prompt, constraint = dialect.render(messages, TOOLS), dialect.constraint(TOOLS, ToolChoice())
    text, reason, _ = outcome(backend, greedy(prompt, constraint=constraint))
    assert (text, reason) == ("The weather in Paris is ☀ sunny.", "stop")


def test_the_turn_after_a_call_goes_on_from_its_tokens(open_backend: OpenBackend) -> None:
    backend = open_backend("weather")
    dialect = build_dialect(backend.facts)
    constraint = dialect.constraint(TOOLS, ToolChoice())
    first = outcome(backend, greedy(dialect.render(QUESTION, TOOLS), constraint=constraint, cache_key="a"))[2]
    call = ChatToolCall("call_1", "get_weather", '{"city": "Paris"}')
    messages = [*QUESTION, ChatMessage("assistant", "", (call,)), ChatMessage("tool", "sunny", name="get_weather")]
    second = outcome(backend, greedy(dialect.render(messages, TOOLS), constraint=constraint, cache_key="a"))[2]
    assert second.cached_tokens == first.prompt_tokens + first.completion_tokens


@pytest.mark.parametrize("seed", range(4))
def test_even_random_weights_write_valid_calls(open_backend: OpenBackend, seed: int) -> None:
    tools = [FunctionSpec("save_address", "Saves.", ADDRESS, strict=True)]
    _, calls = take_turn(
        open_backend("random"),
        ToolChoice("required", parallel=False),
        tools,
        temperature=2.0,
        seed=seed,
        max_tokens=400,
    )
    [(name, arguments)] = calls
    assert name == "save_address"
    assert isinstance(arguments, dict)
    assert set(arguments) == {"name", "kind", "lines"}
    assert arguments["kind"] in ("home", "work")


def test_free_text_is_free_but_a_call_in_it_is_not(open_backend: OpenBackend) -> None:
    backend = open_backend("short")
    assert take_turn(backend, ToolChoice()) == ("Hello there.", [])


def test_a_function_without_parameters_takes_an_empty_object(open_backend: OpenBackend) -> None:
    assert take_turn(open_backend("random"), ToolChoice(name="refresh")) == ("", [("refresh", {})])


def test_a_schema_no_grammar_can_express_is_refused_when_strict_and_loosened_when_not(
    open_backend: OpenBackend,
) -> None:
    backend = open_backend("short")
    dialect = build_dialect(backend.facts)
    hard = {
        "type": "object",
        "properties": {"a": {"type": "string", "pattern": "^(?=x).*$"}, "b": {"type": "array", "uniqueItems": True}},
        "required": ["a"],
    }
    loose = dialect.constraint([FunctionSpec("f", None, hard)], ToolChoice())
    assert loose is not None
    backend.check(loose)
    strict = dialect.constraint([FunctionSpec("f", None, hard, strict=True)], ToolChoice())
    assert strict is not None
    with pytest.raises(InvalidRequest, match="Invalid schema or grammar"):
        backend.check(strict)


def test_a_function_that_no_finite_call_fits_can_be_called_when_it_is_not_strict(open_backend: OpenBackend) -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}, "required": ["next"]}
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/node"}},
        "required": ["a"],
        "$defs": {"node": node},
    }
    tools = [FunctionSpec("f", None, {**schema, "additionalProperties": False})]
    _, calls = take_turn(open_backend("random"), ToolChoice(name="f"), tools, temperature=2.0, seed=1, max_tokens=300)
    assert calls[0][0] == "f"


def test_a_schema_that_does_not_compile_even_loosely_does_not_end_the_run(
    open_backend: OpenBackend, caplog: pytest.LogCaptureFixture
) -> None:
    nothing_fits = {"properties": {"a": {"type": "string", "enum": [1]}}, "required": ["a"]}
    tools = [FunctionSpec("f", None, {"type": "object", **nothing_fits})]
    _, calls = take_turn(open_backend("random"), ToolChoice(name="f"), tools, seed=1, max_tokens=60)
    assert calls[0][0] == "f"
    assert "are held to no schema" in caplog.text


def test_one_of_that_overlaps_is_enforced_all_the_same(open_backend: OpenBackend) -> None:
    either = {"type": "object", "properties": {"a": {"enum": [1]}, "b": {"enum": [2]}}, "additionalProperties": False}
    one_of = {**either, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}
    schema = {"type": "object", "properties": {"x": one_of}, "required": ["x"], "additionalProperties": False}
    found = set()
    for seed in range(8):
        tools = [FunctionSpec("f", None, schema)]
        _, calls = take_turn(open_backend("random"), ToolChoice(name="f"), tools, temperature=2.0, seed=seed)
        found.add(json.dumps(calls[0][1]))
    assert found == {'{"x": {"a": 1}}', '{"x": {"b": 2}}'}


def test_masks_forbid_exactly_what_their_bits_say() -> None:
    buffer = MaskBuffer(100)
    chance = np.random.default_rng(0)
    allowed = chance.random(128) < 0.5
    buffer.bits[:] = np.packbits(allowed, bitorder="little").view(np.int32)
    scores = chance.standard_normal(100).astype(np.float32)
    masked = scores.copy()
    buffer.apply(masked)
    assert np.array_equal(masked, np.where(allowed[:100], scores, -np.inf))


def test_a_schema_cannot_smuggle_a_marker_into_the_grammar(open_backend: OpenBackend) -> None:
    schema = {"type": "object", "properties": {"a": {"const": "@@<|im_end|>@@"}}, "required": ["a"]}
    schema["additionalProperties"] = False
    [(_, arguments)] = take_turn(open_backend("random"), ToolChoice(name="f"), [FunctionSpec("f", None, schema)])[1]
    assert arguments == {"a": "@@<|im_end|>@@"}


def test_a_grammar_that_is_none_is_refused_with_the_reason(open_backend: OpenBackend) -> None:
    backend = open_backend("short")
    with pytest.raises(InvalidRequest, match="nowhere"):
        backend.check(Constraint("start: nowhere"))
    with pytest.raises(InvalidRequest, match="nowhere"):
        backend.generate(greedy(turn("Hi"), constraint=Constraint("start: nowhere")))


def test_a_fully_forced_answer_needs_no_sampling(open_backend: OpenBackend) -> None:
    text, reason, _ = outcome(open_backend("random"), greedy(turn("Hi"), constraint=Constraint('start: "yes, sir"')))
    assert (text, reason) == ("yes, sir", "stop")


def test_one_failing_generation_leaves_the_others_alone(
    open_backend: OpenBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = open_backend("endless")
    other = backend.generate(greedy(turn("Hi"), max_tokens=30))

    def fail(*_: object) -> None:
        raise GenerationFailed("the grammar broke")

    monkeypatch.setattr("localassist.inference.constraint.Matcher.mask", fail)
    with pytest.raises(GenerationFailed, match="the grammar broke"):
        list(backend.generate(greedy(turn("Yo"), constraint=Constraint("start: /(.|\\n)*/"))))
    assert list(other)[-1].finish_reason == "length"
