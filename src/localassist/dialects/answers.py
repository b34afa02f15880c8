"""The grammar of an answer in a JSON mode: the JSON, or a refusal in the model's own words where one is allowed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from localassist.dialects.schemas import json_rule, loosened
from localassist.protocols import AnswerFormat

_STYLE = (", ", ": ")

# How models begin to decline. A grammar that admits only JSON makes a model that would decline invent something; one
# that admits any text makes the schema worth nothing. So a refusal has to say in its first words that it is one.
_REFUSAL_OPENINGS = (
    "I'm sorry",
    "I’m sorry",
    "I am sorry",
    "Sorry",
    "I apologize",
    "I can't",
    "I can’t",
    "I cannot",
    "I'm unable",
    "I’m unable",
    "I am unable",
    "I won't",
    "I won’t",
    "I must decline",
    "Es tut mir leid",
    "Ich kann nicht",
    "Je suis désolé",
    "Désolé",
    "Lo siento",
    "Mi dispiace",
    "Desculpe",
    "抱歉",
    "对不起",
    "申し訳",
    "죄송",
)
_MAX_REFUSAL_CHARS = 2000


def answer_rules(answer: AnswerFormat, others: Sequence[Mapping[str, Any]] = ()) -> Iterator[str]:
    """The rule `answer`, and those it needs. `others` are further forms that the JSON may have."""
    schema: Mapping[str, Any] = answer.schema if answer.strict else loosened(answer.schema)
    if others:
        schema = _any_of([schema, *others])
    yield "answer: formatted" + (" | refusal" if answer.may_refuse else "")
    yield f"formatted: {json_rule(schema, strict=answer.strict, separators=_STYLE)}"
    if answer.may_refuse:
        yield f"refusal: /({'|'.join(_REFUSAL_OPENINGS)})[^{{]{{0,{_MAX_REFUSAL_CHARS}}}/"


def _any_of(schemas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One schema for any of them, with their definitions where references look for them."""
    merged: dict[str, Any] = {}
    alternatives = []
    for schema in schemas:
        rest = dict(schema)
        for keyword in ("$defs", "definitions"):
            merged[keyword] = {**merged.get(keyword, {}), **rest.pop(keyword, {})}
        alternatives.append(rest)
    return {"anyOf": alternatives, **{keyword: found for keyword, found in merged.items() if found}}
