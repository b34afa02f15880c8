"""One generation: tokens in, recorded pieces out; then the calls of hosted tools, carried out one by one."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from localassist.objects.runs import CompletionDetails, FunctionCall, LastError, PromptDetails, Run, Usage
from localassist.protocols import (
    CallArguments,
    CallStarted,
    Cancellation,
    FinishReason,
    GenerationUsage,
    ParsedPiece,
    TextPiece,
)
from localassist.runs.answering import Answering
from localassist.runs.call_gate import CallGate
from localassist.runs.call_step import CallStep
from localassist.runs.hosted import HostedRequest, OfferedTools, ResultLimits
from localassist.runs.recorder import Recorder
from localassist.runs.signals import Cancelled, Expired, Failed


class TurnResult(NamedTuple):
    """How a turn's generation ended, and what it cost. `is_reasoning`: it ended before the answer began."""

    finish_reason: FinishReason
    usage: Usage
    is_reasoning: bool


class Turn:
    """One generation: tokens in, recorded pieces out."""

    def __init__(self, recorder: Recorder, offered: OfferedTools, gate: CallGate, answering: Answering) -> None:
        self._recorder = recorder
        self._offered = offered
        self._gate = gate
        self._answering = answering

    def generate(self, cancellation: Cancellation) -> TurnResult:
        """Run the generation, and again for calls that do not fit."""
        answering = self._answering
        for piece in answering.pieces(cancellation):
            raise_if_set(cancellation)
            if not self._gate.take(piece):
                self._record(piece)
        raise_if_set(cancellation)
        for piece in self._gate.release(answering, cancellation):
            raise_if_set(cancellation)
            self._record(piece)
        raise_if_set(cancellation)
        assert answering.finish_reason is not None
        num_reasoning = answering.num_reasoning_tokens + self._gate.num_reasoning_tokens
        usage = _turn_usage([answering.usage, *self._gate.usages], num_reasoning)
        return TurnResult(answering.finish_reason, usage, answering.is_reasoning)

    def _record(self, piece: ParsedPiece) -> None:
        match piece:
            case TextPiece(text):
                write = self._recorder.write_refusal if self._answering.is_refusal else self._recorder.write_text
                write(text)
            case CallStarted(_, name):
                self._recorder.start_call(name, self._offered.hosted_by_name.get(name))
            case CallArguments(_, fragment):
                assert self._recorder.calls is not None
                self._recorder.calls.write_arguments(fragment)


def carry_out_hosted(run: Run, calls: CallStep, limits: ResultLimits, cancellation: Cancellation) -> None:
    """Do what the model asked of hosted tools; each result is stored as it comes."""
    for index, opened in calls.hosted:
        raise_if_set(cancellation)
        assert opened.tool is not None
        assert not isinstance(opened.call, FunctionCall)
        request = HostedRequest(
            run=run,
            call=opened.call,
            arguments=opened.arguments,
            show=partial(calls.show, index),
            limits=limits,
            cancellation=cancellation,
        )
        outcome = opened.tool.carry_out(request)
        calls.settle(index, outcome)
        if outcome.failure is not None:
            raise Failed(outcome.failure, calls.usage)
    raise_if_set(cancellation)


def _turn_usage(counts: Sequence[GenerationUsage], num_reasoning_tokens: int) -> Usage:
    """The sum of a turn's generations."""
    num_prompt = sum(counted.prompt_tokens for counted in counts)
    num_written = sum(counted.completion_tokens for counted in counts)
    return Usage(
        prompt_tokens=num_prompt,
        completion_tokens=num_written,
        total_tokens=num_prompt + num_written,
        prompt_token_details=PromptDetails(cached_tokens=sum(counted.cached_tokens for counted in counts)),
        completion_tokens_details=CompletionDetails(reasoning_tokens=num_reasoning_tokens),
    )


def raise_if_set(cancellation: Cancellation) -> None:
    """Turn a cancellation into the signal of its reason."""
    if cancellation.reason == "expired":
        raise Expired
    if cancellation.reason == "stopped":
        raise Failed(LastError(code="server_error", message="The engine was stopped while this run was in progress."))
    if cancellation.is_set():
        raise Cancelled
