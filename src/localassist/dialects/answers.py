"""The grammar of an answer in a JSON mode."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from localassist.dialects.schemas import json_rule, loosened
from localassist.protocols import AnswerFormat

_STYLE = (", ", ": ")


def answer_rules(answer: AnswerFormat, others: Sequence[Mapping[str, Any]] = ()) -> Iterator[str]:
    """The rule `answer`. `others` are further forms that the JSON may have."""
    schema: Mapping[str, Any] = answer.schema if answer.strict else loosened(answer.schema)
    if others:
        schema = _any_of([schema, *others])
    yield f"answer: {json_rule(schema, strict=answer.strict, separators=_STYLE)}"


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
