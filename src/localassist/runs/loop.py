"""Takes a run turn by turn to its outcome: build the context, generate, parse, record, carry out hosted tools; again.

Outcomes that are not answers travel as `RunSignal`s and are recorded in one place, `drive`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from localassist.errors import BackendError, ContextLengthExceeded, NotFound, RequestError
from localassist.objects.runs import (
    CalledFunction,
    ErrorCode,
    FunctionCall,
    IncompleteRun,
    LastError,
    RequiredAction,
    RequiredCall,
    Run,
    RunStep,
    SubmitToolOutputsAction,
    Usage,
)
from localassist.protocols import (
    Cancellation,
    EventBus,
    GenerationRequest,
    LoadedModel,
    ModelLibrary,
    Store,
)
from localassist.runs.answering import Answering
from localassist.runs.call_gate import CallGate, SchemaCheck
from localassist.runs.context import ContextBuilder, TurnPrompt
from localassist.runs.hosted import HostedTool, OfferedTools, ResultLimits, offered_tools
from localassist.runs.lifecycle import TERMINAL
from localassist.runs.long_outputs import result_limit
from localassist.runs.recorder import Recorder, usage_of
from localassist.runs.response_format import Asked, answer_format, wanted_turn
from localassist.runs.signals import Cancelled, Expired, Failed, Incomplete, RequiresAction, RunSignal
from localassist.runs.tool_choice import effective_choice, within
from localassist.runs.turn import Turn, TurnResult, carry_out_hosted, raise_if_set

# More turns than this in one run are a model that goes in circles.
MAX_TURNS = 64


@dataclass(frozen=True, slots=True)
class LoopLimits:
    """`max_turn_tokens` is where a turn without a budget stops; `seed` makes sampling repeatable."""

    max_turn_tokens: int
    seed: int | None = None


class RunLoop:
    """Drives claimed runs. One instance serves all workers."""

    def __init__(
        self,
        store: Store,
        bus: EventBus,
        models: ModelLibrary,
        limits: LoopLimits,
        *,
        hosted: Mapping[str, HostedTool],
        check_schema: SchemaCheck,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._bus = bus
        self._models = models
        self._limits = limits
        self._hosted = hosted
        self._check_schema = check_schema
        self._clock = clock
        self._context = ContextBuilder(store)

    def drive(self, run: Run, cancellation: Cancellation) -> None:
        """Take a claimed run to its next resting point: the end, or waiting for tool outputs."""
        recorder = Recorder(self._store, self._bus, run, clock=self._clock)
        try:
            recorder.announce()
            self._take_turns(recorder, cancellation)
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
            recorder.require_action(signal.action)
        except Cancelled:
            recorder.end("cancelled")

    # --- turns -----------------------------------------------------------------------------------------------------

    def _take_turns(self, recorder: Recorder, cancellation: Cancellation) -> None:
        """Turn after turn, until one raises how the run rests or completes it."""
        offered = OfferedTools() if recorder.run.tool_choice == "none" else offered_tools(recorder.run, self._hosted)
        try:
            for tool in offered.hosted_by_name.values():
                tool.prepare(recorder.run, cancellation)
            for _ in range(MAX_TURNS):
                if self._turn(recorder, offered, cancellation):
                    return
        except NotFound:
            raise
        except (BackendError, RequestError) as exc:
            raise_if_set(cancellation)
            raise Failed(_last_error(exc)) from exc
        raise Failed(LastError(code="server_error", message=f"The model called tools {MAX_TURNS} times in one run."))

    def _turn(self, recorder: Recorder, offered: OfferedTools, cancellation: Cancellation) -> bool:
        """One generation and what follows from it. True when the run is completed."""
        steps = self._store.all(RunStep, thread_id=recorder.run.thread_id)
        spent = usage_of(_own(recorder.run, steps))
        with self._models.use(self._models.resolve(recorder.run.model), cancellation=cancellation) as model:
            result = self._generate(recorder, model, offered, steps, cancellation)
        _check_cut(recorder, result, spent)
        if recorder.calls is None:
            _finish_answer(recorder, result)
            return True
        recorder.calls.usage = result.usage
        carry_out_hosted(recorder.run, recorder.calls, self._result_limits(recorder), cancellation)
        if recorder.calls.functions:
            raise RequiresAction(_required_action(recorder.calls.functions))
        recorder.finish_calls()
        return False

    def _generate(
        self,
        recorder: Recorder,
        model: LoadedModel,
        offered: OfferedTools,
        steps: Sequence[RunStep],
        cancellation: Cancellation,
    ) -> TurnResult:
        run, own = recorder.run, _own(recorder.run, steps)
        spent = usage_of(own)
        model = replace(model, dialect=model.dialect.at_effort(run.reasoning_effort))
        choice = effective_choice(run, own, offered)
        tools = offered.specs if choice.mode != "none" else ()
        budget = _left(run.max_prompt_tokens, spent.prompt_tokens)
        prompt = self._context.build(run, model, steps=steps, tools=tools, prompt_budget=budget)
        recorder.note(prompt.report)
        recorder.may_annotate(prompt.passages, prompt.files)
        raise_if_set(cancellation)
        request = self._request(run, prompt, spent)
        asked = Asked(tools, within(choice, tools, prompt.messages), _markers(prompt, offered), run.response_format)
        answering = Answering(model, tools, wanted_turn(model, asked, request))
        gate = CallGate(model, tools, prompt.messages, request, self._check_schema)
        return Turn(recorder, offered, gate, answering).generate(cancellation)

    def _result_limits(self, recorder: Recorder) -> ResultLimits:
        """How long one result of a hosted tool may be. The model may be unloaded while a tool is at work."""
        name = self._models.resolve(recorder.run.model)

        def count_tokens(text: str) -> int:
            with self._models.use(name) as model:
                return model.backend.count_tokens(text)

        return ResultLimits(result_limit(recorder.window_tokens), count_tokens)

    def _request(
        self,
        run: Run,
        prompt: TurnPrompt,
        spent: Usage,
    ) -> GenerationRequest:
        return GenerationRequest(
            prompt=prompt.text,
            max_tokens=_turn_limit(run, self._limits.max_turn_tokens, spent),
            temperature=run.temperature,
            top_p=run.top_p,
            seed=self._limits.seed,
            cache_key=run.thread_id,
        )


def _own(run: Run, steps: Sequence[RunStep]) -> list[RunStep]:
    """Of a thread's steps, those of the run."""
    return [step for step in steps if step.run_id == run.id]


def _markers(prompt: TurnPrompt, offered: OfferedTools) -> tuple[str, ...] | None:
    """The citations that text may have. Without file search in sight, brackets mean nothing."""
    if not prompt.passages and offered.name_of("file_search") is None:
        return None
    return tuple(passage.marker for passage in prompt.passages)


def _check_cut(recorder: Recorder, result: TurnResult, spent: Usage) -> None:
    """Raise what follows when a turn ended at a limit; text that is cut at the turn's own limit counts as an answer."""
    if result.finish_reason != "length":
        return
    budget = _left(recorder.run.max_completion_tokens, spent.completion_tokens)
    if budget is not None and result.usage.completion_tokens >= budget:
        raise Incomplete("max_completion_tokens", result.usage)
    if recorder.calls is not None:
        raise Failed(_cut_error("function call was not finished", result.usage), result.usage)
    if result.is_reasoning:
        raise Failed(_cut_error("reasoning was not finished", result.usage), result.usage)
    if answer_format(recorder.run.response_format) is not None:  # half of a JSON text answers nothing
        raise Incomplete("max_completion_tokens", result.usage)


def _finish_answer(recorder: Recorder, result: TurnResult) -> None:
    if not recorder.has_open_message:
        wrote = "ended while it was reasoning" if result.is_reasoning else "wrote nothing but white space"
        raise Failed(LastError(code="server_error", message=f"The model {wrote}."), result.usage)
    recorder.finish_message(result.usage)
    recorder.move("completed")


def _required_action(functions: Sequence[FunctionCall]) -> RequiredAction:
    calls = [
        RequiredCall(id=call.id, function=CalledFunction(name=call.function.name, arguments=call.function.arguments))
        for call in functions
    ]
    return RequiredAction(submit_tool_outputs=SubmitToolOutputsAction(tool_calls=calls))


def _cut_error(what: str, usage: Usage) -> LastError:
    return LastError(
        code="server_error",
        message=f"The model's {what} after {usage.completion_tokens} tokens, where the turn limit or the context "
        "window ends. Raise max_turn_tokens or the context window.",
    )


def _left(budget: int | None, spent_tokens: int) -> int | None:
    """What a budget of the run has left."""
    return None if budget is None else max(budget - spent_tokens, 0)


def _turn_limit(run: Run, max_turn_tokens: int, spent: Usage) -> int:
    budget = _left(run.max_completion_tokens, spent.completion_tokens)
    if budget == 0:
        raise Incomplete("max_completion_tokens")
    return max_turn_tokens if budget is None else min(budget, max_turn_tokens)


def _last_error(exc: BackendError | RequestError) -> LastError:
    code: ErrorCode = "invalid_prompt" if isinstance(exc, ContextLengthExceeded) else "server_error"
    return LastError(code=code, message=exc.message)
