"""How models reason: found off their templates, read apart from the answer, and admitted before what is enforced."""

from pathlib import Path

import pytest

from localassist.dialects import build_dialect
from localassist.dialects.sections import Sections, Stage
from localassist.dialects.template_dialect import TemplateDialect
from localassist.protocols import (
    AnswerFormat,
    CallArguments,
    CallStarted,
    ChatMessage,
    FunctionSpec,
    ModelFacts,
    ReasoningPiece,
    TextPiece,
    ToolChoice,
)
from tests.unit.dialects.admission import admits
from tests.unit.dialects.test_discovery import SHARED, each

TURNS = (
    "{% for tool in tools or [] %}[tool {{ tool | tojson }}]{% endfor %}"
    "{% for m in messages %}<|{{ m.role }}|>"
    "{% if m.reasoning_content %}OPEN{{ m.reasoning_content }}CLOSE{% endif %}{{ m.content or '' }}"
    "{% if m.tool_calls %}"
    + each('<call>{"name": "{{ f }}", "arguments": {{ a | tojson }}}</call>')
    + "{% endif %}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>PROMPT{% endif %}"
)
OPENED = "{% if enable_thinking is false %}<think></think>{% else %}<think>{% endif %}"
TOOL = FunctionSpec("f", None, {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]})
CALL = '<call>{"name": "f", "arguments": {"x": 7}}</call>'
FORM = AnswerFormat({"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]}, strict=True)
MARKERS = frozenset({"<think>", "</think>", "<call>", "</call>"})


def source(prompt: str = "", opening: str = "<think>\n", close: str = "\n</think>\n\n") -> str:
    return TURNS.replace("OPEN", opening).replace("CLOSE", close).replace("PROMPT", prompt)


def dialect(text: str, special: frozenset[str] = frozenset()) -> TemplateDialect:
    return build_dialect(ModelFacts("m", 8192, text, "<s>", "</s>", special))


def read(found: TemplateDialect, prompt: str, text: str, chunk: int) -> tuple[str, str, str]:
    """The reasoning, the text and the arguments of a turn that comes in chunks."""
    parser = found.parser([TOOL], prompt=prompt)
    reasoning, spoken, arguments = "", "", ""
    pieces = [piece for at in range(0, len(text), chunk) for piece in parser.feed(text[at : at + chunk])]
    for piece in [*pieces, *parser.finish()]:
        match piece:
            case ReasoningPiece(words):
                reasoning += words
            case TextPiece(words):
                spoken += words
            case CallArguments(_, words):
                arguments += words
            case CallStarted():
                pass
    return reasoning.strip(), spoken, arguments


@pytest.mark.parametrize("chunk", [1, 2, 5, 1000])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<think>\nhm <b> 1 < 2\n</think>\n\nYes.", ("hm <b> 1 < 2", "Yes.", "")),
        ("\n<think>hm</think>" + CALL, ("hm", "", '{"x": 7}')),
        ("<think></think>Well.\n" + CALL, ("", "Well.", '{"x": 7}')),
        ("Yes, <think> is a tag.", ("", "Yes, <think> is a tag.", "")),
        ("<thing>", ("", "<thing>", "")),
        ("<think>never ends", ("never ends", "", "")),
        ("<think>a <call> here</think>b", ("a <call> here", "b", "")),
        ("<thi", ("", "<thi", "")),
    ],
)
def test_reasoning_that_the_model_opens_is_read_apart(chunk: int, text: str, expected: tuple[str, str, str]) -> None:
    found = dialect(source())
    assert found.sections == Sections("<think>", "</think>")
    prompt = found.render([ChatMessage("user", "Hi")], [])
    assert read(found, prompt, text, chunk) == expected


@pytest.mark.parametrize("chunk", [1, 3, 1000])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hm</think>Yes.", ("hm", "Yes.", "")),
        ("<think>hm</think>Yes.", ("hm", "Yes.", "")),  # written again, as some do
        ("</think>" + CALL, ("", "", '{"x": 7}')),
        ("hm, cut </thi", ("hm, cut </thi", "", "")),
    ],
)
def test_reasoning_that_the_prompt_opens_is_read_apart(chunk: int, text: str, expected: tuple[str, str, str]) -> None:
    found = dialect(source(OPENED))
    prompt = found.render([ChatMessage("user", "Hi")], [])
    assert found.sections.stage(prompt) is Stage.REASONING
    assert read(found, prompt, text, chunk) == expected


def test_little_effort_asks_for_none_and_more_for_some() -> None:
    found = dialect(source(OPENED))
    question = [ChatMessage("user", "Hi")]
    stages = {effort: found.sections.stage(found.at_effort(effort).render(question, [])) for effort in ("none", "high")}
    assert stages == {"none": Stage.CLOSED, "high": Stage.REASONING}
    assert found.at_effort("none").at_effort(None).render(question, []) == found.render(question, [])


@pytest.mark.parametrize("special", [frozenset[str](), MARKERS], ids=["text", "tokens"])
@pytest.mark.parametrize("prompt", ["", OPENED], ids=["model opens", "prompt opens"])
def test_reasoning_is_admitted_before_what_is_enforced(special: frozenset[str], prompt: str) -> None:
    found = dialect(source(prompt), special)
    opening = "" if prompt else "<think>"
    rendered = found.render([ChatMessage("user", "Hi")], [TOOL])
    cases = [
        (ToolChoice(), None, [("Yes.", True), (CALL, True), (f"Well.{CALL}", True), ("", False), (" \n", False)]),
        (ToolChoice("required"), None, [(CALL, True), (f"\n\n{CALL}", True), ("Yes.", False), ("", False)]),
        (ToolChoice(), FORM, [('{"a": true}', True), (f"\n\n{CALL}", True), ("Yes.", False), ('{"a": 1}', False)]),
        (ToolChoice("none"), FORM, [('{"a": true}', True), (CALL, False)]),
        (ToolChoice("none"), None, [("Yes.", True), ("", False)]),
    ]
    for choice, answer, texts in cases:
        tools = [] if choice.mode == "none" else [TOOL]
        constraint = found.constraint(tools, choice, answer=answer, prompt=rendered)
        assert constraint is not None
        for text, is_good in texts:
            whole = f"{opening}\nlet me see, {{ <call\n</think>{text}"
            assert admits(constraint, whole, special) is is_good, (choice, answer, text)
        assert not admits(constraint, f"{opening}still thinking", special)
        if not prompt and tools:
            assert admits(constraint, CALL, special)


def test_bare_json_calls_and_a_json_answer_are_one_choice_of_forms() -> None:
    bare = TURNS.replace('<call>{"name"', '{"name"').replace("}</call>", "}").replace("OPEN", "").replace("CLOSE", "")
    single = "{% if m.tool_calls | length > 1 %}{{ raise_exception('one') }}{% endif %}{% if m.tool_calls %}"
    found = dialect(bare.replace("PROMPT", "").replace("{% if m.tool_calls %}", single, 1))
    assert found.syntax.only_at_start
    constraint = found.constraint([TOOL], ToolChoice(), answer=FORM)
    assert constraint is not None
    for text, is_good in [('{"a": true}', True), (CALL[6:-7], True), ('{"name": "g", "arguments": {}}', False)]:
        assert admits(constraint, text) is is_good, text


def test_the_frame_of_an_answer_is_no_part_of_it() -> None:
    framed = (
        "{% for m in messages %}<|{{ m.role }}|>"
        "{% if m.reasoning_content %}<|think|>{{ m.reasoning_content }}<|/think|>{% endif %}"
        "{% if m.role == 'assistant' %}<|say|>{{ m.content }}<|/say|>{% else %}{{ m.content }}{% endif %}"
        "<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
    )
    found = dialect(framed)
    assert found.sections == Sections("<|think|>", "<|/think|>", "<|say|>", "<|/say|>")
    for chunk in (1, 4, 100):
        assert read(found, "<|assistant|>", "<|think|>hm<|/think|><|say|>Yes.<|/say|>", chunk) == ("hm", "Yes.", "")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared chat templates are not here")
@pytest.mark.parametrize(
    ("name", "sections", "by_default", "at_none"),
    [
        ("Qwen-Qwen3-0.6B", ("<think>", "</think>"), Stage.START, Stage.CLOSED),
        ("Qwen3.5-4B", ("<think>", "</think>"), Stage.REASONING, Stage.CLOSED),
        ("ByteDance-Seed-OSS", ("<seed:think>", "</seed:think>"), Stage.START, Stage.CLOSED),
        ("mistralai-Ministral-3-14B-Reasoning-2512", ("[THINK]", "[/THINK]"), Stage.START, Stage.START),
        ("deepseek-ai-DeepSeek-V3.1", ("<think>", "</think>"), Stage.CLOSED, Stage.CLOSED),
        ("tencent-Hy3", ("<think:opensource>", "</think:opensource>"), Stage.CLOSED, Stage.CLOSED),
        ("google-gemma-4-31B-it", ("<|channel>thought", "<channel|>"), Stage.CLOSED, Stage.CLOSED),
        (
            "Kimi-K3",
            (
                "<|open|>think<|sep|>",
                "<|close|>think<|sep|>",
                "<|open|>response<|sep|>",
                "<|close|>response<|sep|>",
            ),
            Stage.REASONING,
            Stage.ANSWER,
        ),
        (
            "Cohere2MoE",
            ("<|START_THINKING|>", "<|END_THINKING|>", "<|START_TEXT|>", "<|END_TEXT|>"),
            Stage.REASONING,
            Stage.CLOSED,
        ),
        ("ibm-granite-granite-3.3-2B-Instruct", ("<think>", "</think>", "<response>", "</response>"), None, None),
        (
            "Apriel-1.6-15b-Thinker-fixed",
            ("Here are my reasoning steps:", "[BEGIN FINAL RESPONSE]"),
            Stage.REASONING,
            Stage.REASONING,
        ),
        ("Qwen-Qwen2.5-7B-Instruct", (), None, None),
        ("meta-llama-Llama-3.1-8B-Instruct", (), None, None),
        ("google-gemma-2-2b-it", (), None, None),
    ],
)
def test_real_templates(name: str, sections: tuple[str, ...], by_default: Stage | None, at_none: Stage | None) -> None:
    found = dialect((SHARED / f"{name}.jinja").read_text(encoding="utf-8"))
    assert found.sections == Sections(*sections)
    question = [ChatMessage("user", "Hi")]
    if by_default is not None:
        assert found.sections.stage(found.render(question, [])) is by_default
        assert found.sections.stage(found.at_effort("none").render(question, [])) is at_none


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared chat templates are not here")
def test_every_real_template_with_a_word_for_thinking_has_reasoning() -> None:
    without = {
        path.stem
        for path in sorted(Path(SHARED).glob("*.jinja"))
        if "think>" in (text := path.read_text(encoding="utf-8")).lower() and not dialect(text).sections.has_reasoning
    }
    assert without == set()
