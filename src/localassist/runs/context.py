"""Builds the prompt of a turn: instructions, tools, history, this run's calls; cut to fit, in blocks.

The transcript only grows from turn to turn, which is what makes reuse of the KV cache work. When it no longer fits, a
large block after the thread's first message goes at once and the place is remembered, so that the next turns extend
the same tokens again instead of re-reading the window every time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from localassist.errors import ContextLengthExceeded
from localassist.objects.runs import ContextReport, Run, RunStep, ShownPassage
from localassist.protocols import ChatMessage, FunctionSpec, LoadedModel, Store
from localassist.runs.cuts import CutMemory, Cutting
from localassist.runs.long_outputs import cut_outputs, result_limit
from localassist.runs.signals import Incomplete
from localassist.runs.transcript import Unit, made_files, read_transcript

# After a cut, the conversation takes up this share of the room it has: space for many turns before the next cut.
FILLED_AFTER_CUT = 0.5
# The share of the window that is kept free for the answer when no budget says otherwise.
ANSWER_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class TurnPrompt:
    """A prompt ready to generate from, `num_tokens` long, made of `messages`.

    It shows `passages`; the thread's code made `files`.
    """

    text: str
    messages: tuple[ChatMessage, ...]
    num_tokens: int
    tools: tuple[FunctionSpec, ...]
    report: ContextReport
    passages: tuple[ShownPassage, ...]
    files: Mapping[str, str]


class ContextBuilder:
    """Builds prompts for the runs of one engine."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cuts = CutMemory()

    def build(
        self,
        run: Run,
        model: LoadedModel,
        *,
        steps: Sequence[RunStep],
        tools: Sequence[FunctionSpec],
        prompt_budget: int | None,
    ) -> TurnPrompt:
        """The prompt of the run's next turn. `steps` are the thread's, `prompt_budget` what max_prompt_tokens has left.

        Raises ContextLengthExceeded when even the newest message does not fit the window, and Incomplete when it does
        not fit the budget.
        """
        window = model.backend.facts.context_window
        transcript = read_transcript(self._store, run, steps)
        units = transcript = cut_outputs(transcript, result_limit(window), model.backend.count_tokens)
        if run.truncation_strategy.type == "last_messages":
            units = _last_messages(units, run.truncation_strategy.last_messages or 1)
        fitting = _Fitting(run, model, tuple(tools), _room(run, model, prompt_budget))
        kept = self._cut(run.thread_id, units, fitting)
        prompt, num_tokens = fitting.measure(kept)
        if num_tokens > fitting.room:
            raise _does_not_fit(num_tokens, fitting.room, prompt_budget)
        dropped = sum(u.num_thread_messages for u in transcript) - sum(u.num_thread_messages for u in kept)
        passages = tuple(passage for unit in kept for passage in unit.passages)
        files = made_files(steps)
        report = fitting.report(num_tokens, dropped)
        return TurnPrompt(prompt, fitting.messages(kept), num_tokens, tuple(tools), report, passages, files)

    def _cut(self, thread_id: str, units: list[Unit], fitting: "_Fitting") -> list[Unit]:
        """The units to keep: all, or those that a remembered or a new cut leaves."""
        cutting = Cutting(units, fitting.fits)
        start = cutting.index_of(self._cuts.find(thread_id, fitting.room))
        if fitting.fits(cutting.kept(start)) or len(units) < 2:
            return cutting.kept(start)
        if cutting.is_first_in_the_way():
            cutting.give_up_first()
            if fitting.fits(cutting.kept(start)):
                return cutting.kept(start)
        sizes = [fitting.size(unit) for unit in units]
        start = cutting.cut(start, sizes, int(fitting.room_for_units() * FILLED_AFTER_CUT))
        if start < len(units):
            self._cuts.remember(thread_id, units[start].key, fitting.room)
        return cutting.kept(start)


class _Fitting:
    """Measures one run's conversation with the model's own template and tokenizer."""

    def __init__(self, run: Run, model: LoadedModel, tools: tuple[FunctionSpec, ...], room: int) -> None:
        self._model = model
        self._tools = tools
        self._instructions = run.instructions
        self._system = (ChatMessage("system", run.instructions),) if run.instructions else ()
        self._measured: dict[tuple[str, ...], tuple[str, int]] = {}
        self._overhead: int | None = None
        self.room = room

    def measure(self, units: Sequence[Unit]) -> tuple[str, int]:
        """The prompt with these units, and its length in tokens; computed once."""
        keys = tuple(unit.key for unit in units)
        if keys not in self._measured:
            prompt = self._model.dialect.render(self.messages(units), self._tools)
            self._measured[keys] = prompt, self.count(prompt)
        return self._measured[keys]

    def messages(self, units: Sequence[Unit]) -> tuple[ChatMessage, ...]:
        """What is rendered for these units."""
        return (*self._system, *(message for unit in units for message in unit.messages))

    def count(self, text: str) -> int:
        return self._model.backend.count_tokens(text)

    def fits(self, units: Sequence[Unit]) -> bool:
        return self.measure(units)[1] <= self.room

    def size(self, unit: Unit) -> int:
        return sum(self.count(m.content + "".join(c.arguments for c in m.tool_calls)) + 8 for m in unit.messages)

    def room_for_units(self) -> int:
        return max(self.room - self.overhead(), 0)

    def overhead(self) -> int:
        """Tokens around the history. An empty message stands for it: templates may look at the first one."""
        if self._overhead is None:
            empty = [*self._system, ChatMessage("user", "")]
            self._overhead = self.count(self._model.dialect.render(empty, self._tools))
        return self._overhead

    def report(self, num_tokens: int, dropped: int) -> ContextReport:
        empty = self.overhead()
        instructions = self.count(self._instructions) if self._instructions else 0
        return ContextReport(
            prompt_tokens=num_tokens,
            window_tokens=self._model.backend.facts.context_window,
            instructions_tokens=instructions,
            tools_tokens=max(empty - instructions, 0) if self._tools else 0,
            messages_tokens=max(num_tokens - empty, 0),
            messages_dropped=dropped,
        )


def _room(run: Run, model: LoadedModel, prompt_budget: int | None) -> int:
    """How long the prompt may be, in tokens."""
    window = model.backend.facts.context_window
    answer = int(window * ANSWER_SHARE)
    if run.max_completion_tokens is not None:
        answer = min(answer, run.max_completion_tokens)
    room = window - answer
    return room if prompt_budget is None else min(room, prompt_budget)


def _does_not_fit(num_tokens: int, room: int, prompt_budget: int | None) -> Exception:
    if prompt_budget is not None and room == prompt_budget:
        return Incomplete("max_prompt_tokens")
    return ContextLengthExceeded(
        f"The newest message with the instructions and tools is {num_tokens} tokens long, and the model's context "
        f"window has room for {room}. Shorten them, or give the model a larger context window."
    )


def _last_messages(units: list[Unit], count: int) -> list[Unit]:
    """The newest units that hold `count` messages; calls at the end belong to the run at work and stay."""
    kept: list[Unit] = []
    for unit in reversed(units):
        count -= unit.num_thread_messages
        if count < 0:
            break
        kept.append(unit)
    return kept[::-1]
