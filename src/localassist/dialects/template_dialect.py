"""A dialect read off the model's own chat template."""

import copy
import hashlib
import json
import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from localassist.dialects import chatml, harmony, hermes
from localassist.dialects.discovery import Found, discover
from localassist.dialects.efforts import Efforts
from localassist.dialects.grammar import build_constraint, is_enforced_one_by_one
from localassist.dialects.hermes_parser import CLOSE, OPEN, HermesParser
from localassist.dialects.probing import probe
from localassist.dialects.section_parser import SectionParser
from localassist.dialects.section_probing import find_sections
from localassist.dialects.sections import Sections
from localassist.dialects.syntax_parser import SyntaxParser
from localassist.dialects.template import ChatTemplate
from localassist.dialects.turn_parser import TurnParser
from localassist.errors import ModelLoadFailed
from localassist.protocols import (
    GUARD_CLOSE,
    GUARD_OPEN,
    AnswerFormat,
    ChatMessage,
    ChatToolCall,
    Constraint,
    DialectParser,
    FunctionSpec,
    ModelFacts,
    ToolChoice,
)

_Message = dict[str, Any]
_ANY_OBJECT: dict[str, Any] = {"type": "object"}

_logger = logging.getLogger(__name__)


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
        self._found = discover(self._template)
        self.syntax = self._found.syntax if self._found else hermes.SYNTAX
        self.sections = find_sections(self._template)
        self.efforts = Efforts(self._template)
        self._variables: dict[str, Any] = {}
        self._special_tokens = facts.special_tokens
        if self._found is None and "tool_calls" in (facts.chat_template or ""):
            _logger.warning(
                "The way %s writes tool calls cannot be read off its chat template: it is told to write them as JSON.",
                facts.name,
                extra={"action": "dialect_prompted"},
            )
        longest_first = sorted(facts.special_tokens, key=len, reverse=True)
        self._special = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")

    @property
    def has_call_syntax(self) -> bool:
        """Whether the template writes calls in a way that was found; otherwise they are written as JSON in text."""
        return self._found is not None

    @property
    def has_own_tools(self) -> bool:
        """Whether the template itself offers tools and writes calls; otherwise the system message does."""
        return self._found is not None and self._found.offers_tools

    def at_effort(self, effort: str | None) -> "TemplateDialect":
        variables = self.efforts.variables(effort)
        if variables == self._variables:
            return self
        changed = copy.copy(self)
        changed._variables = variables
        return changed

    def render(self, messages: Sequence[ChatMessage], tools: Sequence[FunctionSpec]) -> str:
        objects = [hermes.tool_object(tool) for tool in tools]
        if not objects or not self.has_own_tools:
            return self._render(messages, [], objects)
        try:
            return self._render(messages, objects, [])
        except ModelLoadFailed:  # some templates know only part of what a schema may say
            return self._render(messages, [], objects)

    def _render(self, messages: Sequence[ChatMessage], offered: list[_Message], described: list[_Message]) -> str:
        """The prompt, with functions that the template offers and functions the instructions describe."""
        if self._found is not None:
            listed = messages if self.syntax.takes_several else _one_call_each(messages)
            entries = [self._native(message, self._found) for message in listed]
        else:
            entries = self._without_tool_roles(messages)
        if self._found is not None and self._found.needs_descriptions:
            offered = list(map(hermes.with_descriptions, offered))
        if described:
            entries = _with_system(entries, hermes.tool_instructions(described, self.syntax))
        if not self._abilities.takes_system:
            entries = _merge_system(entries)
        if not self._abilities.takes_repeated_roles:
            entries = _merge_repeated(entries)
        return self._template.render(entries, offered or self._abilities.no_tools, variables=self._variables)

    def constraint(
        self,
        tools: Sequence[FunctionSpec],
        choice: ToolChoice,
        *,
        answer: AnswerFormat | None = None,
        markers: Sequence[str] | None = None,
        prompt: str = "",
    ) -> Constraint | None:
        compose = partial(self._constraint, choice=choice, answer=answer, markers=markers, prompt=prompt)
        constraint = compose(tools)
        loose = [
            replace(tool, parameters=_ANY_OBJECT) if tool.parameters and not tool.strict else tool for tool in tools
        ]
        if constraint is None or loose == list(tools):
            return constraint
        looser = compose(loose)
        return replace(constraint, looser=looser.grammar if looser is not None else None)

    def _constraint(
        self,
        tools: Sequence[FunctionSpec],
        *,
        choice: ToolChoice,
        answer: AnswerFormat | None,
        markers: Sequence[str] | None,
        prompt: str,
    ) -> Constraint | None:
        if harmony.is_harmony(self.sections):
            return harmony.build_constraint(
                tools, choice, answer=answer, prompt=prompt, special_tokens=self._special_tokens, markers=markers
            )
        return build_constraint(
            self.syntax,
            self.sections,
            tools,
            choice,
            answer=answer,
            stage=self.sections.stage(prompt),
            special_tokens=self._special_tokens,
            markers=markers,
        )

    def enforces(self, tool: FunctionSpec) -> bool:
        return self.syntax.parameters is None or is_enforced_one_by_one(tool, self.syntax.parameters)

    def parser(self, tools: Sequence[FunctionSpec], *, prompt: str = "") -> DialectParser:
        if harmony.is_harmony(self.sections):
            return harmony.HarmonyParser(tools, prompt)
        parser = self._calls_parser(tools)
        if self.sections == Sections():
            return parser
        return SectionParser(self.sections, self.sections.stage(prompt), parser)

    def _calls_parser(self, tools: Sequence[FunctionSpec]) -> TurnParser:
        if (self.syntax.head, self.syntax.after.split()) == (hermes.SYNTAX.head, hermes.SYNTAX.after.split()):
            return HermesParser(tools)  # takes every form that models have for it
        return SyntaxParser(self.syntax, tools, self.syntax.marker(self._special_tokens))

    def _native(self, message: ChatMessage, found: Found) -> _Message:
        """A message as a template takes it that writes calls itself."""
        entry: _Message = {"role": message.role, "content": self._guarded(message.content)}
        if message.role == "tool":
            call_id = _call_id(message.tool_call_id or "", found)
            entry |= {"tool_call_id": call_id, "name": message.name or ""}
        if message.tool_calls:
            entry["tool_calls"] = [self._call(call, found) for call in message.tool_calls]
            entry["content"] = entry["content"] or found.probing.empty_content
        return entry

    def _call(self, call: ChatToolCall, found: Found) -> _Message:
        text = self._guarded(call.arguments)
        arguments = text if found.probing.arguments_as_text else _loaded(text)
        if found.syntax.parameters is not None and not isinstance(arguments, str):
            values = arguments if isinstance(arguments, dict) else {}
            arguments = found.syntax.parameters.given(values)
        function = {"name": call.name, "arguments": arguments}
        return {"id": _call_id(call.id, found), "type": "function", "function": function}

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


def _call_id(call_id: str, found: Found) -> str:
    """The id in the form the template takes; some insist on nine letters and digits."""
    return call_id if found.takes_long_ids else hashlib.sha256(call_id.encode()).hexdigest()[:9]


def _one_call_each(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Calls one after the other, each with its result, for templates that take one call in a message."""
    results = {message.tool_call_id: message for message in messages if message.role == "tool"}
    taken: set[str] = set()
    listed: list[ChatMessage] = []
    for message in messages:
        if len(message.tool_calls) < 2:
            if message.role != "tool" or message.tool_call_id not in taken:
                listed.append(message)
            continue
        for number, call in enumerate(message.tool_calls):
            listed.append(replace(message, content="" if number else message.content, tool_calls=(call,)))
            if call.id in results and call.id not in taken:
                listed.append(results[call.id])
                taken.add(call.id)
    return listed


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
