"""Calls whose arguments the grammar could not be held to in full: held back, checked, and asked for again.

Everything else is published while it is written. A call is held back only when some keyword of its function's schema
was not enforced, because what a client has seen cannot be taken back.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from localassist.errors import ContextLengthExceeded, InvalidRequest
from localassist.objects.base import new_id
from localassist.objects.schema_form import compilable, endless_references
from localassist.objects.schema_shape import well_formed
from localassist.protocols import (
    CallArguments,
    CallStarted,
    Cancellation,
    ChatMessage,
    ChatToolCall,
    FunctionSpec,
    GenerationRequest,
    GenerationUsage,
    LoadedModel,
    ParsedPiece,
    ToolChoice,
)
from localassist.runs.answering import Answering
from localassist.runs.argument_check import find_argument_fault
from localassist.runs.generation import Generation

logger = logging.getLogger(__name__)

MAX_RETRIES = 2

# Compiles a JSON schema, without a model, in milliseconds. Raises InvalidRequest with the compiler's reason.
SchemaCheck = Callable[[Mapping[str, Any]], None]


@dataclass(slots=True)
class HeldCall:
    """A call that is not published yet."""

    name: str
    arguments: str = ""


@dataclass(slots=True)
class CallGate:
    """The calls of one turn. `messages` are the prompt's, `request` what was asked of the model."""

    model: LoadedModel
    tools: Sequence[FunctionSpec]
    messages: Sequence[ChatMessage]
    request: GenerationRequest
    check_schema: SchemaCheck
    held: list[ParsedPiece] = field(default_factory=list)
    usages: list[GenerationUsage] = field(default_factory=list)  # of the generations that were needed again
    num_reasoning_tokens: int = 0
    _num_spent: int = 0  # completion tokens of this turn

    def take(self, piece: ParsedPiece) -> bool:
        """Hold a piece back if it belongs to such a call, or comes behind one; False when it may be published."""
        if not self.held and not (isinstance(piece, CallStarted) and self._has_to_be_checked(piece.name)):
            return False
        self.held.append(piece)
        return True

    def release(self, answering: Answering, cancellation: Cancellation) -> list[ParsedPiece]:
        """What was held back of a turn, with calls that fit as far as the model can be brought to write such."""
        was_cut = bool(self.held) and answering.finish_reason != "stop"
        self._num_spent = answering.usage.completion_tokens
        pieces: list[ParsedPiece] = []
        for index, call, others in _grouped(self.held):
            if call is not None:
                arguments = call.arguments if was_cut else self._checked(call, cancellation)
                pieces += [CallStarted(index, call.name), CallArguments(index, arguments)]
            pieces += others
        self.held = []
        return pieces

    def _has_to_be_checked(self, name: str) -> bool:
        tool = self._tool(name)
        if tool is None or tool.strict or tool.parameters is None:
            return False
        return not (self.model.dialect.enforces(tool) and self._compiles(tool.parameters))

    def _compiles(self, schema: Mapping[str, Any]) -> bool:
        try:
            self.check_schema(compilable(well_formed(schema)))
        except InvalidRequest:
            return False
        return not endless_references(schema)

    def _tool(self, name: str) -> FunctionSpec | None:
        return next((tool for tool in self.tools if tool.name == name), None)

    def _checked(self, call: HeldCall, cancellation: Cancellation) -> str:
        """Arguments that fit, or the last ones that were written."""
        tool = self._tool(call.name)
        if tool is None or tool.strict or tool.parameters is None:
            return call.arguments
        for _ in range(MAX_RETRIES):
            fault = find_argument_fault(tool.parameters, call.arguments)
            if fault is None:
                return call.arguments
            again = self._ask_again(call, fault, cancellation)
            if again is None:
                break
            call = HeldCall(call.name, again)
        fault = find_argument_fault(tool.parameters, call.arguments)
        if fault is not None:
            logger.warning(
                "The arguments of a call of '%s' do not fit the function's schema, and are handed over as they are: %s",
                call.name,
                fault,
                extra={"action": "call_invalid"},
            )
        return call.arguments

    def _ask_again(self, call: HeldCall, fault: str, cancellation: Cancellation) -> str | None:
        """The same call once more, with the fault before the model's eyes; None when it cannot be written."""
        left = None if self.request.max_tokens is None else self.request.max_tokens - self._num_spent
        if left is not None and left <= 0:
            return None
        generation = Generation(self.model, self.tools, replace(self._retry_request(call, fault), max_tokens=left))
        try:
            pieces = list(generation.pieces(cancellation))
        except ContextLengthExceeded:
            return None
        self.usages.append(generation.usage)
        self._num_spent += generation.usage.completion_tokens
        self.num_reasoning_tokens += generation.num_reasoning_tokens
        written = "".join(piece.fragment for piece in pieces if isinstance(piece, CallArguments) and piece.index == 0)
        return written if written and generation.finish_reason == "stop" else None

    def _retry_request(self, call: HeldCall, fault: str) -> GenerationRequest:
        call_id = new_id("call_")
        answer = f"Error: the call was not carried out. {fault} Call {call.name} again with arguments that fit."
        messages = [
            *self.messages,
            ChatMessage("assistant", "", tool_calls=(ChatToolCall(call_id, call.name, call.arguments),)),
            ChatMessage("tool", answer, tool_call_id=call_id, name=call.name),
        ]
        prompt = self.model.dialect.render(messages, self.tools)
        choice = ToolChoice("required", name=call.name, parallel=False)
        constraint = self.model.dialect.constraint(self.tools, choice, prompt=prompt)
        return replace(self.request, prompt=prompt, constraint=constraint)


def _grouped(held: Sequence[ParsedPiece]) -> list[tuple[int, HeldCall | None, list[ParsedPiece]]]:
    """Each call with its index, whole, and what comes behind it."""
    groups: list[tuple[int, HeldCall | None, list[ParsedPiece]]] = []
    for piece in held:
        match piece:
            case CallStarted(index, name):
                groups.append((index, HeldCall(name), []))
            case CallArguments(_, fragment):
                _, call, _ = groups[-1]
                assert call is not None
                call.arguments += fragment
            case _:
                groups[-1][2].append(piece)
    return groups
