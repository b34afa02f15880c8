"""The grammar of a turn, from the syntax of calls: text until a call begins, then only what was offered."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from localassist.dialects.notation import Notation
from localassist.dialects.notation_grammar import NotedValues
from localassist.dialects.schemas import choices, json_rule, parameters_of, property_schema, refuse, types
from localassist.dialects.syntax import ID, CallSyntax, ParameterSyntax
from localassist.protocols import Constraint, FunctionSpec, ToolChoice, grammar_json

_MAX_CALLS = 16  # in one turn; a small model may not find an end by itself
_ID_PATTERN = "/[a-zA-Z0-9]{1,9}/"
_ANYTHING = "(.|\\n)"
_NOT_FOR_TEXT = ("pattern", "format")


def build_constraint(
    syntax: CallSyntax, tools: Sequence[FunctionSpec], choice: ToolChoice, special_tokens: frozenset[str]
) -> Constraint | None:
    """None where calls are impossible. Raises InvalidRequest for a strict schema this syntax cannot enforce."""
    if choice.mode == "none" or not tools:
        return None
    return Constraint("\n".join(_Grammar(syntax, special_tokens).lines(tools, choice)) + "\n")


class _Grammar:
    def __init__(self, syntax: CallSyntax, special_tokens: frozenset[str]) -> None:
        self._syntax = syntax
        self._special = special_tokens
        self._marker = syntax.marker(special_tokens)
        longest_first = sorted(special_tokens, key=len, reverse=True)
        self._tokens = re.compile("|".join(map(re.escape, [*longest_first, ID])))

    def lines(self, tools: Sequence[FunctionSpec], choice: ToolChoice) -> Iterator[str]:
        offered = [tool for tool in tools if choice.name in (None, tool.name)]
        is_forced = choice.mode == "required" or choice.name is not None
        several = choice.parallel and choice.name is None and self._syntax.takes_several
        yield "%llguidance {}"
        yield from self._start(is_forced=is_forced)
        yield from self._section(num_more=_MAX_CALLS - 1 if several else 0)
        yield f"body: {' | '.join(f'call_{index}' for index in range(len(offered)))}"
        for index, tool in enumerate(offered):
            yield from self._call(index, tool)

    def _start(self, *, is_forced: bool) -> Iterator[str]:
        """Where calls may be. Free text never contains the marker: writing it begins a call."""
        marker, escaped = self._literal(self._marker), _escaped(self._marker)
        if is_forced:
            yield f"start: {marker} calls"
        elif self._syntax.only_at_start:
            yield f"start: TEXT? | {marker} calls"
            yield f"TEXT: /{_ANYTHING}+/ & ~/[ \\n]*{escaped}{_ANYTHING}*/"
        elif self._marker in self._special:
            yield f"start: TEXT? | TEXT? {marker} calls"
            yield f"TEXT: /{_ANYTHING}+/ & ~/{_ANYTHING}*{escaped}{_ANYTHING}*/"
        else:
            yield "start: TEXT? | opening calls"
            yield f"opening[lazy]: /{_ANYTHING}*{escaped}/"
            yield f"TEXT: /{_ANYTHING}+/ & ~/{_ANYTHING}*{escaped}{_ANYTHING}*/"

    def _section(self, *, num_more: int) -> Iterator[str]:
        """`calls`: everything behind the first marker."""
        syntax = self._syntax
        first = self._literal(syntax.head[len(self._marker) :])
        more = f" ({self._literal(syntax.separator + syntax.before)} body){{0,{num_more}}}" if num_more else ""
        yield f"calls: {first} body{more} {self._literal(syntax.closing)}"

    def _call(self, index: int, tool: FunctionSpec) -> Iterator[str]:
        syntax, schema = self._syntax, parameters_of(tool)
        head, after = self._literal(tool.name + syntax.between), self._literal(syntax.after)
        yield f"call_{index}: {head} arguments_{index} {after}"
        if syntax.parameters is None:
            yield f"arguments_{index}: {json_rule(schema, strict=tool.strict, separators=syntax.json_separators)}"
        else:
            yield from self._arguments(index, tool, syntax.parameters)

    def _arguments(self, index: int, tool: FunctionSpec, form: ParameterSyntax) -> Iterator[str]:
        """Arguments one by one, in the schema's order, those not required at will."""
        schema = parameters_of(tool)
        if form.notation is not None:
            yield from self._noted(index, schema, form, form.notation, is_strict=tool.strict)
            return
        names = form.ordered(schema.get("properties", {}))
        required = schema.get("required", [])
        parts, rules = [], []
        for number, name in enumerate(names):
            rule = f"value_{index}_{number}"
            words, is_text = self._value(rule, name, schema, form, is_strict=tool.strict)
            key_end = form.key_end if is_text else form.key_end_json
            part = f"{self._literal(form.before + name + key_end)} {rule}"
            parts.append(part if name in required else f"({part})?")
            rules.append(words)
        if not names and schema.get("additionalProperties", True) is not False:
            parts.append(f"({self._literal(form.before)} /[a-zA-Z0-9_]+/ {self._literal(form.key_end)} value_{index})*")
            rules.append(self._raw(f"value_{index}", form.value_end, {}))
        yield f"arguments_{index}: {' '.join(parts) or chr(34) * 2}"
        yield from rules

    def _noted(
        self, index: int, schema: Mapping[str, Any], form: ParameterSyntax, notation: Notation, *, is_strict: bool
    ) -> Iterator[str]:
        """Arguments in a notation of their own."""
        values = NotedValues(f"value_{index}", self._literal, self._raw, schema, is_strict=is_strict)
        properties, required = schema.get("properties", {}), schema.get("required", [])
        parts = []
        for name in form.ordered(properties):
            value = values.rule(properties[name], notation, ("properties", name))
            parts.append((f"{self._literal(form.before + name + form.key_end)} {value}", name in required))
        if not parts and schema.get("additionalProperties", True) is not False:
            member = f"/[a-zA-Z0-9_]+/ {self._literal(form.key_end)} {values.rule({}, notation, ())}"
            yield f"arguments_{index}: ({member} ({self._literal(form.separator)} {member})*)?"
        else:
            yield f"arguments_{index}: {values.members(parts, form.separator)}"
        yield from values.rules.values()

    def _value(
        self, rule: str, name: str, parameters: Mapping[str, Any], form: ParameterSyntax, *, is_strict: bool
    ) -> tuple[str, bool]:
        """The rule of one value with its end, and whether it is written as text."""
        schema = property_schema(parameters, name)
        listed = choices(schema)
        end = self._literal(form.value_end)
        if listed is not None and (form.takes_json_text or types(schema) == {"string"}):
            texts = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in listed]
            return f"{rule}: ({' | '.join(self._literal(text) or chr(34) * 2 for text in texts)}) {end}", True
        is_text = "string" in types(schema) if form.takes_json_text else types(schema) == {"string"}
        if not is_text:
            words = (
                json_rule(schema, strict=is_strict, separators=(", ", ": "))
                if isinstance(schema, Mapping)
                else "%json {}"
            )
            return f"{rule}: json_{rule} {self._literal(form.value_end_json)}\njson_{rule}: {words}", False
        if is_strict:
            for keyword in _NOT_FOR_TEXT:
                if keyword in schema:
                    refuse(keyword, ("properties", name))
        return self._raw(rule, form.value_end, schema), True

    def _raw(self, rule: str, end: str, schema: Mapping[str, Any]) -> str:
        """The rule of any text up to its end, as long as the schema says.

        White space before the end belongs to the text here: the reader knows better.
        """
        core = end.strip()
        low, high = schema.get("minLength", 0), schema.get("maxLength")
        if core in self._special and high is None and not low:
            return f"{rule}: /{_ANYTHING}+/? {self._literal(core)}"
        if high is None and not low:
            return f"{rule}[lazy]: /{_ANYTHING}*{_escaped(core)}/"
        return self._bounded(rule, end, low, high)

    def _bounded(self, rule: str, end: str, low: int, high: int | None) -> str:
        """Text of limited length: its margin is not counted."""
        text = f"{_ANYTHING}{{{low},{'' if high is None else high}}}"
        core = end.strip()
        margin = _escaped(end[: len(end) - len(end.lstrip())])
        if core in self._special:
            return f"{rule}: /{text}{margin}/ {self._literal(core)}"
        terminal = rule.upper()
        whole, again = f"{text}{margin}{_escaped(core)}", f"{_ANYTHING}*{_escaped(core)}{_ANYTHING}+"
        return f"{rule}: {terminal}\n{terminal}: /{whole}/ & ~/{again}/"

    def _literal(self, text: str) -> str:
        """Text as grammar words, special tokens and ids in it apart."""
        words, position = [], 0
        for found in self._tokens.finditer(text):
            words += [_quoted(text[position : found.start()]), _ID_PATTERN if found[0] == ID else f"@@{found[0]}@@"]
            position = found.end()
        return " ".join(filter(None, [*words, _quoted(text[position:])]))


def _quoted(text: str) -> str:
    return grammar_json(text) if text else ""


def _escaped(text: str) -> str:
    """The text as a pattern between slashes."""
    return (
        "".join("\\n" if char == "\n" else re.escape(char) for char in text).replace("/", "\\/").replace("@@", "@[@]")
    )
