"""The grammar of an answer in a JSON mode."""

import logging
from typing import Any

from localassist.objects.runs import Run
from localassist.objects.schema_form import compilable
from localassist.protocols import Constraint, grammar_json

logger = logging.getLogger(__name__)

# One fixed way to write white space makes most characters certain, so that they need not be sampled.
_STYLE: dict[str, Any] = {"item_separator": ", ", "key_separator": ": ", "whitespace_flexible": False}


def answer_constraint(run: Run, *, offers_tools: bool) -> Constraint | None:
    """What the run's response_format allows its text to be; None where any text will do.

    Beside functions the form of the text is not enforced, which is logged.
    """
    schema = _schema(run.response_format)
    if schema is None:
        return None
    if offers_tools:
        logger.warning("Run %s: response_format is not enforced in turns that offer functions.", run.id)
        return None
    return Constraint(f"%llguidance {{}}\nstart: %json {grammar_json(schema)}\n")


def _schema(response_format: Any) -> dict[str, Any] | None:
    kind = response_format.get("type") if isinstance(response_format, dict) else None
    if kind == "json_object":
        return {"type": "object", "x-guidance": _STYLE}
    if kind != "json_schema":
        return None
    asked = response_format["json_schema"]
    schema = asked.get("schema") or {"type": "object"}
    if asked.get("strict"):
        return {**schema, "x-guidance": _STYLE}
    return {**compilable(schema), "x-guidance": {**_STYLE, "lenient": True}}
