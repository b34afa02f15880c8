"""A dialect read off the model's own chat template, with tool calls the Hermes way."""

import json
import re
from collections.abc import Sequence
from typing import Any

from localassist.dialects import chatml, hermes
from localassist.dialects.hermes_parser import CLOSE, OPEN, HermesParser
from localassist.dialects.probing import probe
from localassist.dialects.template import ChatTemplate
from localassist.protocols import (
    GUARD_CLOSE,
    GUARD_OPEN,
    ChatMessage,
    ChatToolCall,
    Constraint,
    FunctionSpec,
    ModelFacts,
    ToolChoice,
)

_Message = dict[str, Any]


def build_dialect(facts: ModelFacts) -> "TemplateDialect":
    """The dialect of a model. Raises ModelLoadFailed when its template cannot be used."""
    return TemplateDialect(facts)


class TemplateDialect:
    """Renders with the model's template. Where it writes no tools, they are offered in the system message."""

    def __init__(self, facts: ModelFacts) -> None:
        self._template = ChatTemplate(
            facts.chat_template or chatml.TEMPLATE,
            model=facts.name,
            bos_token=facts.bos_token,
            eos_token=facts.eos_token,
        )
        self._abilities = probe(self._template)
        self._marker_is_token = OPEN in facts.special_tokens
        longest_first = sorted(facts.special_tokens, key=len, reverse=True)
        self._special = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")

    @property
    def has_own_tools(self) -> bool:
        """Whether the template itself offers tools and writes calls; otherwise the system message does."""
        return self._abilities.writes_hermes_tools

    def render(self, messages: Sequence[ChatMessage], tools: Sequence[FunctionSpec]) -> str:
        objects = [hermes.tool_object(tool) for tool in tools]
        if self._abilities.writes_hermes_tools:
            entries = [self._native(message) for message in messages]
        else:
            entries = self._without_tool_roles(messages)
            if objects:
                entries = _with_system(entries, hermes.tool_instructions(objects))
            objects = []
        if not self._abilities.takes_system:
            entries = _merge_system(entries)
        if not self._abilities.takes_repeated_roles:
            entries = _merge_repeated(entries)
        return self._template.render(entries, objects or self._abilities.no_tools)

    def constraint(self, tools: Sequence[FunctionSpec], choice: ToolChoice) -> Constraint | None:
        return hermes.build_constraint(tools, choice, marker_is_token=self._marker_is_token)

    def parser(self, tools: Sequence[FunctionSpec]) -> HermesParser:
        return HermesParser(tools)

    def _native(self, message: ChatMessage) -> _Message:
        """A message as a template takes it that writes tools itself."""
        entry: _Message = {"role": message.role, "content": self._guarded(message.content)}
        if message.role == "tool":
            entry |= {"tool_call_id": message.tool_call_id or "", "name": message.name or ""}
        if message.tool_calls:
            entry["tool_calls"] = [self._call(call) for call in message.tool_calls]
            entry["content"] = entry["content"] or self._abilities.empty_content
        return entry

    def _call(self, call: ChatToolCall) -> _Message:
        text = self._guarded(call.arguments)
        arguments = text if self._abilities.arguments_as_text else _loaded(text)
        return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}

    def _without_tool_roles(self, messages: Sequence[ChatMessage]) -> list[_Message]:
        """Calls as text of the assistant, and all results that follow each other as one message of the user."""
        entries: list[_Message] = []
        previous = ""
        for message in messages:
            content = self._guarded(message.content)
            if message.role == "tool":
                result = f"<tool_response>\n{content}\n</tool_response>"
                if previous == "tool":
                    entries[-1]["content"] += f"\n{result}"
                else:
                    entries.append({"role": "user", "content": result})
            else:
                calls = [f"{OPEN}\n{self._call_text(call)}\n{CLOSE}" for call in message.tool_calls]
                entries.append({"role": message.role, "content": "\n".join(filter(None, [content, *calls]))})
            previous = message.role
        return entries

    def _call_text(self, call: ChatToolCall) -> str:
        arguments = json.dumps(_loaded(self._guarded(call.arguments)), ensure_ascii=False)
        return f'{{"name": {json.dumps(call.name, ensure_ascii=False)}, "arguments": {arguments}}}'

    def _guarded(self, text: str) -> str:
        """The text, with what spells a special token marked to be read as plain characters."""
        text = text.replace(GUARD_OPEN, "").replace(GUARD_CLOSE, "")
        return self._special.sub(lambda found: f"{GUARD_OPEN}{found[0]}{GUARD_CLOSE}", text)


def _loaded(arguments: str) -> Any:
    """Arguments as an object; text that is no JSON stays what it is."""
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return arguments


def _with_system(entries: list[_Message], text: str) -> list[_Message]:
    """The entries, with text added to the instructions at their head."""
    if entries and entries[0]["role"] == "system":
        first = {**entries[0], "content": f"{entries[0]['content']}\n\n{text}".lstrip()}
        return [first, *entries[1:]]
    return [{"role": "system", "content": text}, *entries]


def _merge_system(entries: list[_Message]) -> list[_Message]:
    """Instructions put in front of the first message of the user, for templates that know no system role."""
    instructions = "\n\n".join(entry["content"] for entry in entries if entry["role"] == "system")
    rest = [dict(entry) for entry in entries if entry["role"] != "system"]
    if not instructions:
        return rest
    for entry in rest:
        if entry["role"] == "user":
            entry["content"] = f"{instructions}\n\n{entry['content']}"
            return rest
    return [{"role": "user", "content": instructions}, *rest]


def _merge_repeated(entries: list[_Message]) -> list[_Message]:
    """Neighbours of one role as one message, for templates that insist on turns."""
    merged: list[_Message] = []
    for entry in entries:
        if merged and merged[-1]["role"] == entry["role"] and entry["role"] in ("user", "assistant", "system"):
            parts = [merged[-1]["content"] or "", entry["content"] or ""]
            merged[-1] = {**merged[-1], **entry, "content": "\n\n".join(filter(None, parts))}
        else:
            merged.append(dict(entry))
    return merged
