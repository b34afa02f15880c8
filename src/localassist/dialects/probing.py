"""What a chat template can do, found out by rendering made-up conversations with it."""

from dataclasses import dataclass
from typing import Any

from jinja2.exceptions import TemplateError

from localassist.dialects.template import ChatTemplate

_USER = {"role": "user", "content": "probe question"}


@dataclass(frozen=True, slots=True)
class Abilities:
    """Roles it takes, and how it is told that there are no tools."""

    takes_system: bool
    takes_repeated_roles: bool
    no_tools: list[dict[str, Any]] | None


def probe(template: ChatTemplate) -> Abilities:
    """Find out what the template takes and writes."""
    system = {"role": "system", "content": "probe instructions"}
    no_tools: list[dict[str, Any]] | None = None if _try(template, [_USER], None) else []
    second = {**_USER, "content": "second question"}
    return Abilities(
        takes_system="probe instructions" in _try(template, [system, _USER], no_tools),
        takes_repeated_roles="second question" in _try(template, [_USER, second], no_tools),
        no_tools=no_tools,
    )


def _try(template: ChatTemplate, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None) -> str:
    """The rendering; "" where the template refuses."""
    try:
        return template.try_render(messages, tools)
    except TemplateError:
        return ""
