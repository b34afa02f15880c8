"""What a run's response_format asks the text of an answer to be."""

from collections.abc import Sequence
from dataclasses import replace
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


def wanted_turn(
    model: LoadedModel,
    tools: Sequence[FunctionSpec],
    choice: ToolChoice,
    request: GenerationRequest,
    response_format: Any,
) -> Wanted:
    """What a turn is to be under a response_format. A call that is forced leaves nothing to refuse."""
    answer = answer_format(response_format)
    constrain = partial(_constraint, model, tools, choice, answer)
    request = replace(request, constraint=constrain(request.prompt))
    if answer is None or not answer.may_refuse or choice.mode == "required":
        return Wanted(request, constrain)
    freely = _constraint(model, tools, choice, None, request.prompt)
    return Wanted(request, constrain, may_refuse=True, freely=freely)


def _constraint(
    model: LoadedModel, tools: Sequence[FunctionSpec], choice: ToolChoice, answer: AnswerFormat | None, prompt: str
) -> Constraint | None:
    return model.dialect.constraint(tools, choice, answer=answer, prompt=prompt)
