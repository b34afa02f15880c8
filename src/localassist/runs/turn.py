"""One generation: tokens in, recorded pieces out; then the calls of hosted tools, carried out one by one."""

from functools import partial

from localassist.objects.runs import CompletionDetails, FunctionCall, LastError, PromptDetails, Run, Usage
from localassist.protocols import (
    CallArguments,
    CallStarted,
    Cancellation,
    GenerationRequest,
    LoadedModel,
    ParsedPiece,
    TextPiece,
    Token,
)
from localassist.runs.call_step import CallStep
from localassist.runs.hosted import HostedRequest, OfferedTools, ResultLimits
from localassist.runs.recorder import Recorder
from localassist.runs.signals import Cancelled, Expired, Failed


class Turn:
    """One generation: tokens in, recorded pieces out."""

    def __init__(
        self, recorder: Recorder, model: LoadedModel, offered: OfferedTools, request: GenerationRequest
    ) -> None:
        self._recorder = recorder
        self._backend = model.backend
        self._offered = offered
        self._parser = model.dialect.parser(offered.specs)
        self._request = request

    def generate(self, cancellation: Cancellation) -> Token:
        """Run the generation; returns its last token, which has the outcome."""
        last: Token | None = None
        stream = self._backend.generate(self._request)
        cancellation.subscribe(stream.close)
        for token in stream:
            raise_if_set(cancellation)
            self._record(self._parser.feed(token.text))
            last = token
        raise_if_set(cancellation)
        assert last is not None
        assert last.usage is not None
        self._record(self._parser.finish())
        return last

    def _record(self, pieces: list[ParsedPiece]) -> None:
        for piece in pieces:
            match piece:
                case TextPiece(text):
                    self._recorder.write_text(text)
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


def turn_usage(last: Token) -> Usage:
    counted = last.usage
    assert counted is not None
    return Usage(
        prompt_tokens=counted.prompt_tokens,
        completion_tokens=counted.completion_tokens,
        total_tokens=counted.prompt_tokens + counted.completion_tokens,
        prompt_token_details=PromptDetails(cached_tokens=counted.cached_tokens),
        completion_tokens_details=CompletionDetails(),
    )


def raise_if_set(cancellation: Cancellation) -> None:
    """Turn a cancellation into the signal of its reason."""
    if cancellation.reason == "expired":
        raise Expired
    if cancellation.reason == "stopped":
        raise Failed(LastError(code="server_error", message="The engine was stopped while this run was in progress."))
    if cancellation.is_set():
        raise Cancelled
