"""The Hermes way of calling tools, as most open-weight chat models learned it: its syntax and its instructions."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from localassist.dialects.hermes_parser import CLOSE, OPEN
from localassist.dialects.syntax import CallSyntax, WrittenCall
from localassist.protocols import FunctionSpec

SYNTAX = CallSyntax(
    opening="",
    before=f'{OPEN}\n{{"name": "',
    between='", "arguments": ',
    after=f"}}\n{CLOSE}",
    separator="\n",
    closing="",
)

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


_OTHER_INSTRUCTIONS = """# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>
{tools}
</tools>

To call a function, write its name and arguments in exactly this form:
{example}"""


def tool_object(tool: FunctionSpec) -> dict[str, Any]:
    """A function as chat templates expect it."""
    function: dict[str, Any] = {"name": tool.name, "description": tool.description or ""}
    function["parameters"] = dict(tool.parameters) if tool.parameters else {"type": "object", "properties": {}}
    return {"type": "function", "function": function}


def with_descriptions(tool: Mapping[str, Any]) -> dict[str, Any]:
    """The function with a description, if an empty one, of every argument."""
    function = tool["function"]
    properties = {
        name: {"description": "", **schema} if isinstance(schema, dict) else schema
        for name, schema in function["parameters"].get("properties", {}).items()
    }
    return {**tool, "function": {**function, "parameters": {**function["parameters"], "properties": properties}}}


def tool_instructions(tools: Sequence[Mapping[str, Any]], syntax: CallSyntax = SYNTAX) -> str:
    """The part of the system message that offers tools, for templates that do not."""
    listed = "\n".join(json.dumps(tool, ensure_ascii=False) for tool in tools)
    if syntax == SYNTAX:
        return INSTRUCTIONS.format(tools=listed)
    example = syntax.write([WrittenCall("function_name", {"argument_name": "value"}, "1")]).strip()
    return _OTHER_INSTRUCTIONS.format(tools=listed, example=example)
