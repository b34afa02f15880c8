"""Calls written by a template through the dialect, read back by its parser, and held against its constraint."""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from localassist.dialects import build_dialect
from localassist.dialects.syntax import ID, WrittenCall
from localassist.dialects.template_dialect import TemplateDialect
from localassist.errors import ModelLoadFailed
from localassist.protocols import (
    GUARD_CLOSE,
    GUARD_OPEN,
    CallArguments,
    CallStarted,
    ChatMessage,
    ChatToolCall,
    FunctionSpec,
    ModelFacts,
    TextPiece,
    ToolChoice,
)
from tests.unit.dialects.admission import admits

PROPERTIES = {
    "text": {"type": "string"},
    "count": {"type": "integer"},
    "rows": {"type": "array", "items": {"type": "string"}},
    "flag": {"type": "boolean"},
    "deep": {"type": "object"},
}


def _tool(name: str, *properties: str, strict: bool) -> FunctionSpec:
    chosen = {key: PROPERTIES[key] for key in properties}
    schema = {"type": "object", "properties": chosen, "required": ["text"], "additionalProperties": False}
    return FunctionSpec(name, "A test.", schema, strict)


TOOLS = [_tool("alpha", "text", "count", "rows", strict=True), _tool("beta", "text", "flag", "deep", strict=False)]
CALLS: list[tuple[str, dict[str, object]]] = [
    ("alpha", {"text": 'one\n"two" 7', "count": 7, "rows": ["x", "y"]}),
    ("beta", {"text": "7", "flag": True, "deep": {"a": None}}),
]
RESULT = "result-of-the-call"


def check_round_trip(source: str, special: frozenset[str]) -> list[str]:
    """What is wrong with a template's dialect; nothing if all is well."""
    dialect = build_dialect(ModelFacts("m", 8192, source, "<s>", "</s>", special))
    faults = []
    for calls in [CALLS[:1], CALLS[1:], *([CALLS] if dialect.syntax.takes_several else [])]:
        text = dialect.syntax.write([WrittenCall(name, arguments, "callid001") for name, arguments in calls]).lstrip()
        try:
            if not _is_in_prompt(dialect, calls):
                faults.append(f"the template does not write {text!r}")
        except ModelLoadFailed as error:
            faults.append(str(error))
        for chunk in (1, 7, len(text)):
            if (found := parse(dialect, text, chunk)) != ("", calls):
                faults.append(f"{text!r} was read as {found}")
        faults += _check_constraint(dialect, text, special)
    return faults


def _is_in_prompt(dialect: TemplateDialect, calls: Sequence[tuple[str, dict[str, object]]]) -> bool:
    """Whether the prompt has the calls as the syntax says, and their results."""
    entries = tuple(ChatToolCall(f"call_{n}", name, json.dumps(a)) for n, (name, a) in enumerate(calls))
    results = [ChatMessage("tool", RESULT, tool_call_id=entry.id, name=entry.name) for entry in entries]
    turns = [ChatMessage("user", "Question?"), ChatMessage("assistant", "", entries), *results]
    prompt = dialect.render(turns, TOOLS).replace(GUARD_OPEN, "").replace(GUARD_CLOSE, "")
    prompt = prompt.replace("<![CDATA[", "").replace("]]>", "")  # one template writes some texts so
    syntax = dialect.syntax if len(calls) > 1 else replace(dialect.syntax, closing="")
    text = syntax.write([WrittenCall(name, arguments, ID) for name, arguments in calls])
    pattern = re.escape("".join(text.split())).replace(re.escape(ID), "[\\w-]+")
    return bool(re.search(pattern, "".join(prompt.split()))) and prompt.count(RESULT) == len(calls)


def parse(dialect: TemplateDialect, text: str, chunk: int) -> tuple[str, list[tuple[str, object]]]:
    """The text and the calls of a turn that comes in chunks."""
    parser, spoken, calls = dialect.parser(TOOLS), "", []
    pieces = [piece for at in range(0, len(text), chunk) for piece in parser.feed(text[at : at + chunk])]
    for piece in [*pieces, *parser.finish()]:
        match piece:
            case TextPiece(words):
                spoken += words
            case CallStarted(_, name):
                calls.append([name, ""])
            case CallArguments(index, fragment):
                calls[index][1] += fragment
    return spoken, [(name, json.loads(arguments)) for name, arguments in calls]


def _check_constraint(dialect: TemplateDialect, text: str, special: Collection[str]) -> list[str]:
    faults = []
    for choice in (ToolChoice(), ToolChoice("required")):
        constraint = dialect.constraint(TOOLS, choice)
        assert constraint is not None
        if not admits(constraint, text, special):
            faults.append(f"{choice.mode}: {text!r} is not admitted")
        wrong = text.replace("alpha", "gamma").replace("beta", "gamma")
        if admits(constraint, wrong, special):
            faults.append(f"{choice.mode}: {wrong!r} is admitted")
    return faults
