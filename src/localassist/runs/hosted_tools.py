"""The words of the hosted tools as the model sees them: definitions, results, passages, attachments.

The bundled model is trained on exactly these strings (its dialogue generator imports this module), so a change here
is a change of its training data. Nothing in this module runs a tool.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

PYTHON_TOOL_NAME: Final = "python"
FILE_SEARCH_TOOL_NAME: Final = "file_search"
MAX_SEARCH_QUERIES: Final = 4
NO_PASSAGES_FOUND: Final = "No passages found."


@dataclass(frozen=True, slots=True)
class Passage:
    """One retrieved passage; `turn` counts the searches over the thread, `index` the passages of one search."""

    turn: int
    index: int
    file_name: str
    text: str
    page: int | None = None


def python_tool() -> dict[str, Any]:
    """Build the definition offered to the model for `code_interpreter`."""
    return _function_tool(
        PYTHON_TOOL_NAME,
        "Run Python code. State is kept between calls. Files are in /mnt/data.",
        {"code": {"type": "string"}},
    )


def file_search_tool() -> dict[str, Any]:
    """Build the definition offered to the model for `file_search`."""
    return _function_tool(
        FILE_SEARCH_TOOL_NAME,
        "Search the attached files. Cite passages by their markers.",
        {
            "queries": {
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
                "maxItems": MAX_SEARCH_QUERIES,
            }
        },
    )


def format_python_result(output: str, files: Sequence[str]) -> str:
    """Format what a cell printed (already cleaned and shortened) and the names of the files it made."""
    lines = [output.rstrip()] if output.strip() else []
    lines += [f"[file] {name}" for name in files]
    return "\n".join(lines)


def format_passages(passages: Iterable[Passage]) -> str:
    """Format passages in the order given, which is best first."""
    blocks = [f"{_passage_header(passage)}\n{passage.text}" for passage in passages]
    return "\n".join(blocks) if blocks else NO_PASSAGES_FOUND


def citation_marker(turn: int, index: int, file_name: str) -> str:
    """Format the marker that heads a passage and that the model repeats to cite it."""
    return f"【{turn}:{index}†{file_name}】"


def format_attachments(attachments: Iterable[tuple[str, str]]) -> str:
    """Format the lines, one per `(file name, file id)`, that close a user message with attachments."""
    return "\n".join(f"[attached: {name}, {file_id}]" for name, file_id in attachments)


def image_placeholder(name: str) -> str:
    """Format what stands in for an image when the model reads text only."""
    return f"[image: {name}, not visible to this model]"


def _passage_header(passage: Passage) -> str:
    marker = citation_marker(passage.turn, passage.index, passage.file_name)
    return marker if passage.page is None else f"{marker} (page {passage.page})"


def _function_tool(name: str, description: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": description,
            "parameters": {"type": "object", "properties": properties, "required": list(properties)},
        },
    }
