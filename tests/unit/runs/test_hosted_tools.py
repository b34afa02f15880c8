"""The words of the hosted tools, which the bundled model is trained on: a change here is a change of its data."""

from localassist.runs.hosted_tools import (
    Passage,
    citation_marker,
    file_search_tool,
    format_attachments,
    format_passages,
    format_python_result,
    image_placeholder,
    python_tool,
)


def test_python_takes_code() -> None:
    parameters = python_tool()["function"]["parameters"]
    assert parameters["properties"] == {"code": {"type": "string"}}
    assert parameters["required"] == ["code"]


def test_file_search_takes_one_to_four_queries() -> None:
    queries = file_search_tool()["function"]["parameters"]["properties"]["queries"]
    assert (queries["minItems"], queries["maxItems"]) == (1, 4)


def test_a_python_result_is_the_output_then_a_line_for_each_file() -> None:
    assert format_python_result("42\n", ["chart.png", "out.csv"]) == "42\n[file] chart.png\n[file] out.csv"


def test_a_python_result_without_output_is_only_files() -> None:
    assert format_python_result("\n", ["chart.png"]) == "[file] chart.png"


def test_passages_are_headed_by_their_marker_and_page() -> None:
    passages = [Passage(2, 0, "a.pdf", "First.", 7), Passage(2, 1, "b.txt", "Second.")]
    assert format_passages(passages) == "【2:0†a.pdf】 (page 7)\nFirst.\n【2:1†b.txt】\nSecond."


def test_no_passages_are_said_to_be_none() -> None:
    assert format_passages([]) == "No passages found."


def test_a_citation_marker_repeats_the_head_of_its_passage() -> None:
    assert citation_marker(0, 3, "notes.md") == "【0:3†notes.md】"


def test_attachments_are_named_line_by_line() -> None:
    attached = [("sales.csv", "file-1"), ("plan.pdf", "file-2")]
    assert format_attachments(attached) == "[attached: sales.csv, file-1]\n[attached: plan.pdf, file-2]"


def test_an_unseen_image_is_said_to_be_unseen() -> None:
    assert image_placeholder("cat.png") == "[image: cat.png, not visible to this model]"
