"""What a run's response_format asks the text of an answer to be."""

from typing import Any

from localassist.protocols import AnswerFormat


def answer_format(response_format: Any) -> AnswerFormat | None:
    """The form of the text; None where any text will do.

    A model may refuse where a schema is asked for: the refusal is told from the answer by how it begins, so only where
    every answer is an object.
    """
    kind = response_format.get("type") if isinstance(response_format, dict) else None
    if kind == "json_object":
        return AnswerFormat({"type": "object"})
    if kind != "json_schema":
        return None
    asked = response_format["json_schema"]
    schema = asked.get("schema") or {"type": "object"}
    return AnswerFormat(schema, strict=bool(asked.get("strict")), may_refuse=schema.get("type") == "object")
