"""The grammar of a turn: reasoning, then text until a call begins, and from there only what was offered."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from localassist.dialects.answers import answer_rules
from localassist.dialects.cited_text import cited_text
from localassist.dialects.grammar_words import ANYTHING, Words, escaped
from localassist.dialects.notation import Notation
from localassist.dialects.notation_grammar import NotedValues
from localassist.dialects.raw_text import alternatives, can_limit, is_limited, limited_text
from localassist.dialects.schemas import choices, json_rule, parameters_of, property_schema, types
from localassist.dialects.sections import Sections, Stage
from localassist.dialects.syntax import CallSyntax, ParameterSyntax, WrittenCall
from localassist.protocols import AnswerFormat, Constraint, FunctionSpec, ToolChoice

_MAX_CALLS = 16  # in one turn; a small model may not find an end by itself
_MAX_REASONING_MESSAGES = 8
_KNOWN_KEYWORDS = {"type", "properties", "required", "additionalProperties", "title", "description", "default"} | {
    "$schema",
    "$defs",
    "definitions",
    "examples",
}
_VISIBLE = f"[ \\n\\t]*[^ \\n\\t]{ANYTHING}*"


def build_constraint(
    syntax: CallSyntax,
    sections: Sections,
    tools: Sequence[FunctionSpec],
    choice: ToolChoice,
    *,
    answer: AnswerFormat | None,
    stage: Stage,
    special_tokens: frozenset[str],
    markers: Sequence[str] | None = None,
) -> Constraint | None:
    """None where any text will do. `markers` are the citations that text may have; None: any.

    Where calls are forbidden a turn is kept from beginning one: a thread's earlier calls tempt models to another.
    Raises InvalidRequest for a strict schema this syntax cannot enforce.
    """
    offered = [tool for tool in tools if choice.mode != "none" and choice.name in (None, tool.name)]
    if not (offered or answer or sections.has_reasoning or markers is not None or choice.mode == "none"):
        return None
    grammar = _Grammar(syntax, sections, stage, Words(special_tokens), markers)
    return Constraint("\n".join(["%llguidance {}", *grammar.lines(offered, choice, answer)]) + "\n")


def is_enforced_one_by_one(tool: FunctionSpec, form: ParameterSyntax) -> bool:
    """Whether arguments written one by one are held to all that the function's schema says, if its parts compile."""
    if form.notation is not None:
        return False
    schema = parameters_of(tool)
    is_open = not schema.get("properties") and schema.get("additionalProperties", True) is not False
    if is_open or set(schema) - _KNOWN_KEYWORDS:
        return False
    return all(_is_held(property_schema(schema, name), form) for name in schema["properties"])


def _is_held(schema: Any, form: ParameterSyntax) -> bool:
    """Whether a value is, as text or as JSON."""
    if types(schema) == {"string"}:
        return choices(schema) is not None or can_limit(schema)
    return not form.takes_json_text or not any(map(is_limited, alternatives(schema)))


class _Grammar:
    def __init__(
        self, syntax: CallSyntax, sections: Sections, stage: Stage, words: Words, markers: Sequence[str] | None
    ) -> None:
        self._syntax = syntax
        self._sections = sections
        self._stage = stage
        self._words = words
        self._special = words.special
        self._literal = words.literal
        self._marker = syntax.marker(words.special)
        self._cited = "" if markers is None else f" & /{cited_text(markers)}/"

    def lines(self, offered: Sequence[FunctionSpec], choice: ToolChoice, answer: AnswerFormat | None) -> Iterator[str]:
        is_forced = bool(offered) and (choice.mode == "required" or choice.name is not None)
        yield from self._start(is_fixed=is_forced or answer is not None)
        if is_forced:
            yield f"turn: {self._literal(self._marker)} calls"
        elif answer is not None:
            yield from self._formatted(answer, offered)
        else:
            yield from self._free() if offered else self._text_only(is_limited=choice.mode == "none")
        if not offered or (answer is not None and not is_forced and self._syntax.only_at_start):
            return
        several = choice.parallel and choice.name is None and self._syntax.takes_several
        yield from self._section(num_more=_MAX_CALLS - 1 if several else 0)
        yield f"body: {' | '.join(f'call_{index}' for index in range(len(offered)))}"
        for index, tool in enumerate(offered):
            yield from self._call(index, tool)

    # --- reasoning ---------------------------------------------------------------------------------------------------

    def _start(self, *, is_fixed: bool) -> Iterator[str]:
        """Reasoning as the stage has it, then the turn; white space between them where the turn begins with none."""
        sections = self._sections
        margin = " MARGIN?" if is_fixed else ""
        if not sections.has_reasoning or self._stage in (Stage.CLOSED, Stage.ANSWER):
            yield "start: turn"
            return
        if self._stage is Stage.REASONING:
            yield f"start: thoughts{margin} turn"
        else:
            most = _MAX_REASONING_MESSAGES if sections.is_own_message else 1
            yield f"start: ({self._opened_thoughts()}{margin}){{0,{most}}} turn"
        yield self._words.until("thoughts", sections.reasoning_close)
        if margin:
            yield "MARGIN: /[ \\n]{1,4}/"

    def _opened_thoughts(self) -> str:
        opening = self._sections.reasoning_open
        if self._words.begins_special(opening.lstrip()):
            return f"{self._literal(opening)} thoughts"
        return f"/[ \\n]*{escaped(opening.lstrip())}/ thoughts"

    @property
    def _limits(self) -> str:
        """What keeps text from spelling the opening of reasoning at its start, and from inventing citations."""
        opening = self._sections.reasoning_open.lstrip()
        may_come = self._stage is Stage.START and opening and not self._words.begins_special(opening)
        return (f" & ~/[ \\n]*{escaped(opening)}{ANYTHING}*/" if may_come else "") + self._cited

    # --- text and answers --------------------------------------------------------------------------------------------

    def _text_only(self, *, is_limited: bool) -> Iterator[str]:
        """Any text and no calls; with `is_limited` none that would be read as one."""
        yield f"turn: {self._framed_text()}"
        yield f"TEXT: /{_VISIBLE}/{self._no_marker() if is_limited else ''}{self._limits}"

    def _free(self) -> Iterator[str]:
        """Any text, and calls. Free text never contains the marker: writing it begins a call."""
        marker, escaped_marker = self._literal(self._marker), escaped(self._marker)
        opened, closed = self._frame()
        text = self._framed_text()
        if self._syntax.only_at_start:
            yield f"turn: {text} | {marker} calls"
            yield f"TEXT: /{_VISIBLE}/{self._no_marker()}{self._limits}"
        elif self._words.begins_special(self._marker):
            yield f"turn: {text} | ({opened} BEFORE {closed})? {marker} calls"
            yield f"TEXT: /{_VISIBLE}/{self._limits}"
            yield f"BEFORE: /{ANYTHING}+/{self._limits}"
        else:
            yield f"turn: {text} | opening calls"
            yield "opening[lazy]: OPENING"
            yield f"OPENING: /{ANYTHING}*{escaped_marker}/{self._limits}"
            yield f"TEXT: /{_VISIBLE}/{self._no_marker()}{self._limits}"

    def _no_marker(self) -> str:
        """What keeps text from beginning a call; nothing where the marker is a token that no text can spell."""
        if self._words.begins_special(self._marker) and not self._syntax.only_at_start:
            return ""
        before = "[ \\n]*" if self._syntax.only_at_start else f"{ANYTHING}*"
        return f" & ~/{before}{escaped(self._marker)}{ANYTHING}*/"

    def _framed_text(self) -> str:
        opened, closed = self._frame()
        return f"{opened} TEXT" if self._sections.is_own_message else f"{opened} TEXT {closed}"

    def _frame(self) -> tuple[str, str]:
        """What may open and close an answer, where text cannot spell it."""
        sections = self._sections
        opened = sections.answer_open if self._stage is not Stage.ANSWER else ""
        return tuple(  # type: ignore[return-value]
            f"({self._literal(text)})?" if text and self._words.begins_special(text.lstrip()) else ""
            for text in (opened, sections.answer_close)
        )

    def _formatted(self, answer: AnswerFormat, offered: Sequence[FunctionSpec]) -> Iterator[str]:
        """An answer in its format, or calls. Calls that are bare JSON are one more form that the JSON may have."""
        opened, closed = self._frame()
        closed = "" if self._sections.is_own_message else closed
        calls = f" | {self._literal(self._marker)} calls" if offered else ""
        alternatives: list[dict[str, Any]] = []
        if offered and self._syntax.only_at_start:
            calls, alternatives = "", [self._bare_call(tool) for tool in offered]
        yield f"turn: {opened} answer {closed}{calls}"
        yield from answer_rules(answer, alternatives)

    def _bare_call(self, tool: FunctionSpec) -> dict[str, Any]:
        """A call that is a JSON object, as a schema."""
        written = json.loads(self._syntax.write([WrittenCall(tool.name, {})]))
        members = {
            key: {"const": value} if value == tool.name else parameters_of(tool) for key, value in written.items()
        }
        return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}

    # --- calls -------------------------------------------------------------------------------------------------------

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
            words, is_text = self._value(rule, property_schema(schema, name), form, is_strict=tool.strict)
            key_end = form.key_end if is_text else form.key_end_json
            part = f"{self._literal(form.before + name + key_end)} {rule}"
            parts.append(part if name in required else f"({part})?")
            rules.append(words)
        if not names and schema.get("additionalProperties", True) is not False:
            parts.append(f"({self._literal(form.before)} /[a-zA-Z0-9_]+/ {self._literal(form.key_end)} value_{index})*")
            rules.append(self._raw(f"value_{index}", form.value_end))
        yield f"arguments_{index}: {' '.join(parts) or chr(34) * 2}"
        yield from rules

    def _noted(
        self, index: int, schema: Mapping[str, Any], form: ParameterSyntax, notation: Notation, *, is_strict: bool
    ) -> Iterator[str]:
        """Arguments in a notation of their own."""
        values = NotedValues(f"value_{index}", self._words, schema, is_strict=is_strict)
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

    def _value(self, rule: str, schema: Any, form: ParameterSyntax, *, is_strict: bool) -> tuple[str, bool]:
        """The rule of one value with its end, and whether it is written as text."""
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
        branches = alternatives(schema)
        if len(branches) > 1 and any(map(is_limited, branches)):
            return self._branches(rule, branches, form, is_strict=is_strict), True
        if is_limited(schema):
            return limited_text(rule, schema, form.value_end, self._words, is_strict=is_strict), True
        return self._raw(rule, form.value_end), True

    def _branches(self, rule: str, branches: Sequence[Any], form: ParameterSyntax, *, is_strict: bool) -> str:
        """A value that may be limited text or something else, which is written as JSON the same way."""
        names, rules = [], []
        for number, branch in enumerate(branches):
            names.append(f"{rule}_{number}")
            rules.append(self._value(names[-1], branch, form, is_strict=is_strict)[0])
        return "\n".join([f"{rule}: {' | '.join(names)}", *rules])

    def _raw(self, rule: str, end: str) -> str:
        """Any text up to its end. White space before the end belongs to the text here: the reader knows better."""
        return self._words.until(rule, end.strip())
