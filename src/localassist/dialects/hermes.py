"""The Hermes way of calling tools, as most open-weight chat models learned it: its grammar and its instructions."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from localassist.dialects.hermes_parser import CLOSE, OPEN
from localassist.protocols import Constraint, FunctionSpec, ToolChoice

# How models write JSON. A fixed form makes most of a call's characters certain, so they need not be sampled.
_JSON_STYLE = {"item_separator": ", ", "key_separator": ": ", "whitespace_flexible": False}
_MAX_CALLS = 16  # in one turn; a small model may not find an end by itself
_LOOK_AROUND = re.compile(r"\(\?[=!<]")

INSTRUCTIONS = """# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>
{tools}
</tools>

For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:
<tool_call>
{{"name": <function-name>, "arguments": <args-json-object>}}
</tool_call>"""


def tool_object(tool: FunctionSpec) -> dict[str, Any]:
    """A function as chat templates expect it."""
    function: dict[str, Any] = {"name": tool.name, "description": tool.description or ""}
    function["parameters"] = dict(tool.parameters) if tool.parameters else {"type": "object", "properties": {}}
    return {"type": "function", "function": function}


def tool_instructions(tools: Sequence[Mapping[str, Any]]) -> str:
    """The part of the system message that offers tools, for templates that have none."""
    return INSTRUCTIONS.format(tools="\n".join(json.dumps(tool, ensure_ascii=False) for tool in tools))


def build_constraint(tools: Sequence[FunctionSpec], choice: ToolChoice, *, marker_is_token: bool) -> Constraint | None:
    """A grammar in which every call names an offered function and has arguments that fit its schema."""
    if choice.mode == "none" or not tools:
        return None
    offered = [tool for tool in tools if choice.name in (None, tool.name)]
    is_forced = choice.mode == "required" or choice.name is not None
    max_calls = _MAX_CALLS if choice.parallel and choice.name is None else 1
    lines = [
        "%llguidance {}",
        *_start_rules(is_forced=is_forced, max_calls=max_calls, marker_is_token=marker_is_token),
        f"body: {' | '.join(f'call_{index}' for index in range(len(offered)))}",
    ]
    for index, tool in enumerate(offered):
        head = _json(f'{{"name": {_json(tool.name)}, "arguments": ')
        lines.append(f'call_{index}: {head} arguments_{index} "}}"')
        lines.append(f"arguments_{index}: %json {_json(_schema(tool))}")
    return Constraint("\n".join(lines) + "\n")


def _json(value: Any) -> str:
    """JSON in a grammar; nothing in it may look like a marker."""
    return json.dumps(value, ensure_ascii=False).replace("@@", "@\\u0040")


def _start_rules(*, is_forced: bool, max_calls: int, marker_is_token: bool) -> list[str]:
    """Where calls may be. Free text never contains the marker: writing it begins a call."""
    opening, rest = f"@@{OPEN}@@", f'"\\n" body "\\n" @@{CLOSE}@@'
    more = f' ("\\n" {opening} {rest}){{0,{max_calls - 1}}}' if max_calls > 1 else ""
    if is_forced:
        return ["start: calls", f"calls: {opening} {rest}{more}"]
    pattern = re.escape(OPEN)
    text = f"TEXT: /(.|\\n)+/ & ~/(.|\\n)*{pattern}(.|\\n)*/"
    if marker_is_token:
        return ["start: TEXT? | TEXT? calls", f"calls: {opening} {rest}{more}", text]
    lazy = f"opening[lazy]: /(.|\\n)*{pattern}/"
    return ["start: TEXT? | calls", f"calls: opening {rest}{more}", lazy, text]


def _schema(tool: FunctionSpec) -> dict[str, Any]:
    """The schema to enforce. What cannot be enforced is refused for a strict function, else left out."""
    if not tool.parameters:
        return {"type": "object", "properties": {}, "additionalProperties": False, "x-guidance": _JSON_STYLE}
    if tool.strict:
        return {**tool.parameters, "x-guidance": _JSON_STYLE}
    return {**_without_impossible(dict(tool.parameters)), "x-guidance": {**_JSON_STYLE, "lenient": True}}


def _without_impossible(schema: Any) -> Any:
    """A schema without what no grammar compiler takes even leniently: look-around and references to elsewhere."""
    if isinstance(schema, list):
        return [_without_impossible(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_impossible(value)
        for key, value in schema.items()
        if not (key == "pattern" and isinstance(value, str) and _LOOK_AROUND.search(value))
        and not (key == "$ref" and isinstance(value, str) and not value.startswith("#"))
    }
