"""What a chat template can do, found out by rendering made-up conversations with it."""

import json
from dataclasses import dataclass, replace
from typing import Any

from jinja2.exceptions import TemplateError

from localassist.dialects.hermes import tool_object
from localassist.dialects.hermes_parser import OPEN
from localassist.dialects.template import ChatTemplate
from localassist.protocols import FunctionSpec

_FUNCTION = FunctionSpec(
    "probe_function",
    "A probe.",
    {"type": "object", "properties": {"probe_argument": {"type": "string"}}, "required": ["probe_argument"]},
)
_ARGUMENTS = {"probe_argument": "probe_value"}
_USER = {"role": "user", "content": "probe question"}


@dataclass(frozen=True, slots=True)
class Abilities:
    """`writes_hermes_tools`: offers tools and writes calls and results by itself, the Hermes way."""

    takes_system: bool
    takes_repeated_roles: bool
    writes_hermes_tools: bool
    no_tools: list[dict[str, Any]] | None  # how it is told that there are none
    arguments_as_text: bool = False
    empty_content: str | None = ""


def probe(template: ChatTemplate) -> Abilities:
    """Find out what the template takes and writes."""
    system = {"role": "system", "content": "probe instructions"}
    no_tools: list[dict[str, Any]] | None = None if _try(template, [_USER], None) else []
    second = {**_USER, "content": "second question"}
    abilities = Abilities(
        takes_system="probe instructions" in _try(template, [system, _USER], no_tools),
        takes_repeated_roles="second question" in _try(template, [_USER, second], no_tools),
        writes_hermes_tools=False,
        no_tools=no_tools,
    )
    for as_text in (False, True):
        for empty in ("", None):
            if _writes_call(template, as_text=as_text, empty=empty):
                return replace(abilities, writes_hermes_tools=True, arguments_as_text=as_text, empty_content=empty)
    return abilities


def _writes_call(template: ChatTemplate, *, as_text: bool, empty: str | None) -> bool:
    """Whether a call comes out as Hermes writes it, offered before and answered after."""
    arguments = json.dumps(_ARGUMENTS) if as_text else _ARGUMENTS
    call = {"id": "call_000000", "type": "function", "function": {"name": _FUNCTION.name, "arguments": arguments}}
    messages: list[dict[str, Any]] = [
        _USER,
        {"role": "assistant", "content": empty, "tool_calls": [call, call]},
        {"role": "tool", "tool_call_id": "call_000000", "name": _FUNCTION.name, "content": "probe result"},
        {"role": "tool", "tool_call_id": "call_000000", "name": _FUNCTION.name, "content": "another result"},
    ]
    text = _try(template, messages, [tool_object(_FUNCTION)])
    offered, question, rest = text.partition("probe question")
    form = f'{OPEN}\n{{"name": "{_FUNCTION.name}", "arguments": {json.dumps(_ARGUMENTS)}}}\n</tool_call>'
    return (
        bool(question)
        and _FUNCTION.name in offered
        and rest.count(form) == 2
        and all(result in rest for result in ("probe result", "another result"))
        and "None" not in rest
    )


def _try(template: ChatTemplate, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None) -> str:
    """The rendering; "" where the template refuses."""
    try:
        return template.try_render(messages, tools)
    except TemplateError:
        return ""
