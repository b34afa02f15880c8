"""How a model writes: its dialect read off the file, without loading any weights, and a prompt rendered in it."""

from pathlib import Path
from typing import NamedTuple

from localassist.catalog.description import facts_of
from localassist.dialects import build_dialect
from localassist.protocols import GUARD_CLOSE, GUARD_OPEN, ChatMessage, ChatToolCall, FunctionSpec

_TOOL = FunctionSpec(
    "get_weather",
    "The weather of a city.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
_MESSAGES = (
    ChatMessage(role="system", content="You are a helpful assistant."),
    ChatMessage(role="user", content="What is the weather in Paris?"),
    ChatMessage(role="assistant", content="", tool_calls=(ChatToolCall("call_1", "get_weather", '{"city": "Paris"}'),)),
    ChatMessage(role="tool", content="sunny, 21 °C", tool_call_id="call_1", name="get_weather"),
)


class DialectExample(NamedTuple):
    """`has_own_tools`: the template offers tools and writes calls by itself; otherwise the system message does.

    `reasoning` is how the model writes what it thinks, None when it does not; `effort_variables` are what the template
    reads about how much of that there should be.
    """

    has_own_tools: bool
    reasoning: str | None
    effort_variables: tuple[str, ...]
    example: str


def example_prompt(path: Path) -> DialectExample:
    """Raises ModelLoadFailed when the template cannot be used."""
    dialect = build_dialect(facts_of(path))
    text = dialect.render(_MESSAGES, [_TOOL])
    sections = dialect.sections
    reasoning = f"{sections.reasoning_open} … {sections.reasoning_close}" if sections.has_reasoning else None
    example = text.replace(GUARD_OPEN, "").replace(GUARD_CLOSE, "")
    return DialectExample(dialect.has_own_tools, reasoning, dialect.efforts.names, example)
