"""Text under a constraint that lets only existing citations be written."""

import pytest

from localassist.dialects import build_dialect
from localassist.protocols import FunctionSpec, ModelFacts, ToolChoice
from tests.unit.dialects.admission import admits

MARKERS = ("【0:0†guide.pdf】", "【12:3†보고서 (1).pdf】")
SEARCH = FunctionSpec("file_search", None, {"type": "object", "properties": {"q": {"type": "string"}}})
SPECIAL = ("<|im_start|>", "<|im_end|>")


def constraint(tools=(), special=SPECIAL, markers=MARKERS):
    facts = ModelFacts("m", 1000, None, "", "<|im_end|>", frozenset(special))
    return build_dialect(facts).constraint(tools, ToolChoice(), markers=markers)


@pytest.mark.parametrize("tools", [(), (SEARCH,)], ids=["alone", "beside a function"])
@pytest.mark.parametrize("special", [SPECIAL, (*SPECIAL, "<tool_call>", "</tool_call>")], ids=["plain", "special"])
@pytest.mark.parametrize(
    "text",
    [
        "It is blue 【0:0†guide.pdf】.",
        "【12:3†보고서 (1).pdf】【0:0†guide.pdf】",
        "今年【注意】和【2024年】有【3】个【第1章:开始】。",
        "【【0:0†guide.pdf】】",
        "【: 참고】 끝【",
        "ends 【12",
        "no brackets, 0:1† at all",
    ],
)
def test_existing_markers_and_other_brackets_are_free(tools, special, text):
    assert admits(constraint(tools, special), text, special)


@pytest.mark.parametrize("tools", [(), (SEARCH,)], ids=["alone", "beside a function"])
@pytest.mark.parametrize(
    "text",
    [
        "It is blue 【0:1†guide.pdf】.",
        "【0:0†guide.pdf",
        "【0:0†Guide.pdf】",
        "【【7:0†x】",
        "【1【2:0†x】",
        "【0:",
        "【12:3†보고서 (2).pdf】",
    ],
)
def test_markers_that_do_not_exist_cannot_be_written(tools, text):
    assert not admits(constraint(tools), text, SPECIAL)


def test_without_passages_no_marker_can_be_written():
    assert not admits(constraint(markers=()), "see 【0:0†guide.pdf】", SPECIAL)
    assert admits(constraint(markers=()), "see 【guide】", SPECIAL)


def test_a_call_still_follows_cited_text():
    text = 'See 【0:0†guide.pdf】.\n<tool_call>\n{"name": "file_search", "arguments": {"q": "【9:9†"}}\n</tool_call>'
    assert admits(constraint((SEARCH,)), text, SPECIAL)
    assert not admits(constraint((SEARCH,)), text.replace("0:0", "0:1"), SPECIAL)
