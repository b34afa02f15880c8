"""Takes a run turn by turn to its outcome: build the context, generate, parse, record; again after tool outputs.

Outcomes that are not answers travel as `RunSignal`s and are recorded in one place, `drive`.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from localassist.errors import BackendError, ContextLengthExceeded, NotFound, RequestError
from localassist.objects.runs import (
    CalledFunction,
    CompletionDetails,
    ErrorCode,
    IncompleteRun,
    LastError,
    PromptDetails,
    RequiredAction,
    RequiredCall,
    Run,
    SubmitToolOutputsAction,
    Usage,
)
from localassist.protocols import (
    CallArguments,
    CallStarted,
    Cancellation,
    Constraint,
    EventBus,
    FunctionSpec,
    GenerationRequest,
    LoadedModel,
    ModelLibrary,
    ParsedPiece,
    Store,
    TextPiece,
    Token,
    ToolChoice,
)
from localassist.runs.context import ContextBuilder, TurnPrompt, function_specs
from localassist.runs.lifecycle import TERMINAL
from localassist.runs.recorder import Recorder
from localassist.runs.response_format import answer_constraint
from localassist.runs.signals import Cancelled, Expired, Failed, Incomplete, RequiresAction, RunSignal
from localassist.runs.tool_choice import effective_choice

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoopLimits:
    """`max_turn_tokens` is where a turn without a budget stops; `seed` makes sampling repeatable."""

    max_turn_tokens: int
    seed: int | None = None


class RunLoop:
    """Drives claimed runs. One instance serves all workers."""

    def __init__(
        self, store: Store, bus: EventBus, models: ModelLibrary, limits: LoopLimits, *, clock: Callable[[], int]
    ) -> None:
        self._store = store
        self._bus = bus
        self._models = models
        self._limits = limits
        self._clock = clock
        self._context = ContextBuilder(store)

    def drive(self, run: Run, cancellation: Cancellation) -> None:
        """Take a claimed run to its next resting point: the end, or waiting for tool outputs."""
        recorder = Recorder(self._store, self._bus, run, clock=self._clock)
        try:
            recorder.announce()
            self._turn(recorder, cancellation)
        except RunSignal as signal:
            self._settle(recorder, signal)
        except NotFound:
            if self._store.find(Run, run.id) is not None:
                raise
            # The thread was deleted under the run: nothing is left to record.
            self._bus.end(run.id)

    def _settle(self, recorder: Recorder, signal: RunSignal) -> None:
        """Record how a run ended or paused, unless it already ended otherwise."""
        stored = self._store.find(Run, recorder.run.id)
        if stored is None or stored.status in TERMINAL:
            self._bus.end(recorder.run.id)
            return
        if stored.status == "cancelling" or isinstance(signal, Cancelled):
            recorder.end("cancelled")
        elif isinstance(signal, Expired):
            recorder.end("expired")
        elif isinstance(signal, Failed):
            recorder.end("failed", usage=signal.usage, last_error=signal.last_error)
        elif isinstance(signal, Incomplete):
            details = IncompleteRun(reason=signal.reason)
            recorder.end("incomplete", usage=signal.usage, incomplete_details=details)
        elif isinstance(signal, RequiresAction):
            self._wait_for_outputs(recorder, signal)

    def _wait_for_outputs(self, recorder: Recorder, signal: RequiresAction) -> None:
        try:
            recorder.require_action(signal.action, signal.usage)
        except Cancelled:
            recorder.end("cancelled")

    # --- one turn ----------------------------------------------------------------------------------------------------

    def _turn(self, recorder: Recorder, cancellation: Cancellation) -> None:
        run = recorder.run
        _refuse_missing_tools(run)
        spent = recorder.usage_so_far()
        try:
            with self._models.use(self._models.resolve(run.model)) as model:
                last = self._generate(recorder, model, spent, cancellation)
        except NotFound:
            raise
        except (BackendError, RequestError) as exc:
            raise_if_set(cancellation)
            raise Failed(_last_error(exc)) from exc
        _conclude(recorder, last, spent)

    def _generate(self, recorder: Recorder, model: LoadedModel, spent: Usage, cancellation: Cancellation) -> Token:
        run = recorder.run
        choice = effective_choice(self._store, run)
        tools = function_specs(run) if choice.mode != "none" else ()
        budget = _left(run.max_prompt_tokens, spent.prompt_tokens)
        prompt = self._context.build(run, model, tools=tools, prompt_budget=budget)
        recorder.note(prompt.report)
        raise_if_set(cancellation)
        request = self._request(run, model, prompt, choice, spent)
        return _Turn(recorder, model, tools, request).generate(cancellation)

    def _request(
        self,
        run: Run,
        model: LoadedModel,
        prompt: TurnPrompt,
        choice: ToolChoice,
        spent: Usage,
    ) -> GenerationRequest:
        return GenerationRequest(
            prompt=prompt.text,
            max_tokens=_turn_limit(run, self._limits.max_turn_tokens, spent),
            temperature=run.temperature,
            top_p=run.top_p,
            seed=self._limits.seed,
            constraint=_constraint(run, model, prompt, choice),
            cache_key=run.thread_id,
        )


def _constraint(run: Run, model: LoadedModel, prompt: TurnPrompt, choice: ToolChoice) -> Constraint | None:
    """Calls of offered functions, or an answer in the run's response_format."""
    answer = answer_constraint(run, offers_tools=bool(prompt.tools))
    return model.dialect.constraint(prompt.tools, choice) if prompt.tools else answer


class _Turn:
    """One generation: tokens in, recorded pieces out."""

    def __init__(
        self, recorder: Recorder, model: LoadedModel, tools: tuple[FunctionSpec, ...], request: GenerationRequest
    ) -> None:
        self._recorder = recorder
        self._backend = model.backend
        self._parser = model.dialect.parser(tools)
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
                    self._recorder.start_call(name)
                case CallArguments(_, fragment):
                    self._recorder.write_arguments(fragment)


def _conclude(recorder: Recorder, last: Token, spent: Usage) -> None:
    """What a finished generation means for the run."""
    usage = _usage(last)
    budget = _left(recorder.run.max_completion_tokens, spent.completion_tokens)
    was_cut = last.finish_reason == "length"
    if was_cut and budget is not None and usage.completion_tokens >= budget:
        raise Incomplete("max_completion_tokens", usage)
    if recorder.calls:
        if was_cut:
            raise Failed(_cut_call_error(usage), usage)
        raise RequiresAction(_required_action(recorder), usage)
    if not recorder.has_open_message:
        raise Failed(LastError(code="server_error", message="The model wrote nothing but white space."), usage)
    recorder.finish_message(usage)
    recorder.move("completed")


def _required_action(recorder: Recorder) -> RequiredAction:
    calls = [
        RequiredCall(id=call.id, function=CalledFunction(name=call.function.name, arguments=call.function.arguments))
        for call in recorder.calls
    ]
    return RequiredAction(submit_tool_outputs=SubmitToolOutputsAction(tool_calls=calls))


def _cut_call_error(usage: Usage) -> LastError:
    return LastError(
        code="server_error",
        message=f"The model's function call was not finished after {usage.completion_tokens} tokens, where the turn "
        "limit or the context window ends. Raise max_turn_tokens or the context window.",
    )


def _usage(last: Token) -> Usage:
    counted = last.usage
    assert counted is not None
    return Usage(
        prompt_tokens=counted.prompt_tokens,
        completion_tokens=counted.completion_tokens,
        total_tokens=counted.prompt_tokens + counted.completion_tokens,
        prompt_token_details=PromptDetails(cached_tokens=counted.cached_tokens),
        completion_tokens_details=CompletionDetails(),
    )


def _left(budget: int | None, spent_tokens: int) -> int | None:
    """What a budget of the run has left."""
    return None if budget is None else max(budget - spent_tokens, 0)


def _turn_limit(run: Run, max_turn_tokens: int, spent: Usage) -> int:
    budget = _left(run.max_completion_tokens, spent.completion_tokens)
    if budget == 0:
        raise Incomplete("max_completion_tokens")
    return max_turn_tokens if budget is None else min(budget, max_turn_tokens)


def raise_if_set(cancellation: Cancellation) -> None:
    """Turn a cancellation into the signal of its reason."""
    if cancellation.reason == "expired":
        raise Expired
    if cancellation.reason == "stopped":
        raise Failed(LastError(code="server_error", message="The engine was stopped while this run was in progress."))
    if cancellation.is_set():
        raise Cancelled


def _last_error(exc: BackendError | RequestError) -> LastError:
    code: ErrorCode = "invalid_prompt" if isinstance(exc, ContextLengthExceeded) else "server_error"
    return LastError(code=code, message=exc.message)


def _refuse_missing_tools(run: Run) -> None:
    """Hosted tools that this version cannot carry out fail the run instead of being left out in silence."""
    missing = [tool.type for tool in run.tools if tool.type != "function"]
    if missing and run.tool_choice != "none":
        raise Failed(
            LastError(
                code="server_error",
                message=f"This version of localassist cannot carry out the tool '{missing[0]}' yet. Remove it from "
                "the assistant's or the run's tools, or set tool_choice to 'none'.",
            )
        )
