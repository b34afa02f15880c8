"""What a run's response_format asks the text of an answer to be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from localassist.protocols import AnswerFormat, Constraint, FunctionSpec, GenerationRequest, LoadedModel, ToolChoice
from localassist.runs.answering import Wanted


def answer_format(response_format: Any) -> AnswerFormat | None:
    """The form of the text; None where any text will do.

    A model may refuse where a schema is asked for whose answers are objects, and a refusal is told from one at once.
    """
    kind = response_format.get("type") if isinstance(response_format, dict) else None
    if kind == "json_object":
        return AnswerFormat({"type": "object"})
    if kind != "json_schema":
        return None
    asked = response_format["json_schema"]
    schema = asked.get("schema") or {"type": "object"}
    return AnswerFormat(schema, strict=bool(asked.get("strict")), may_refuse=schema.get("type") == "object")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a turn is asked to be. `markers` are the citations its text may have; None: any."""

    tools: Sequence[FunctionSpec]
    choice: ToolChoice
    markers: Sequence[str] | None
    response_format: Any


def wanted_turn(model: LoadedModel, asked: Asked, request: GenerationRequest) -> Wanted:
    """What a turn is to be under a response_format. A call that is forced leaves nothing to refuse."""
    answer = answer_format(asked.response_format)
    constrain = partial(_constraint, model, asked, answer)
    request = replace(request, constraint=constrain(request.prompt))
    if answer is None or not answer.may_refuse or asked.choice.mode == "required":
        return Wanted(request, constrain)
    return Wanted(request, constrain, may_refuse=True, freely=_constraint(model, asked, None, request.prompt))


def _constraint(model: LoadedModel, asked: Asked, answer: AnswerFormat | None, prompt: str) -> Constraint | None:
    return model.dialect.constraint(asked.tools, asked.choice, answer=answer, markers=asked.markers, prompt=prompt)
