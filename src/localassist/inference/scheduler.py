"""Continuous batching: `submit` sequences, then `step` until all are finished.

A step admits who may run, fills one batch (tokens being written first, then prompts being read, so that writing goes
on while long prompts arrive), computes it, and lets every sequence whose last token was in it choose the next.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import NamedTuple

from localassist.errors import BackendError, GenerationFailed
from localassist.inference.llama import Context, DecodeOutcome
from localassist.inference.options import LlamaOptions
from localassist.inference.pacing import Pace
from localassist.inference.residency import Residency
from localassist.inference.sequence import Sequence
from localassist.inference.threads import ThreadPolicy
from localassist.protocols import Token

logger = logging.getLogger(__name__)

_LOOK_AHEAD = 32  # waiting sequences considered in a step
_HEADROOM = 64  # cells kept for each running sequence to grow into


class Slice(NamedTuple):
    """The tokens of one sequence in a step; `row` is where its last one is in the batch."""

    sequence: Sequence
    num_tokens: int
    row: int


@dataclass(frozen=True, slots=True)
class Emission:
    """What a step has for one reader: tokens, or the error that ended the generation."""

    sequence: Sequence
    tokens: list[Token]
    error: BackendError | None = None


class Scheduler:
    """All generations of one model. One thread owns it; only `cancel` may be called from others."""

    def __init__(self, context: Context, options: LlamaOptions, threads: ThreadPolicy) -> None:
        self._context = context
        self._threads = threads
        self._residency = Residency(context)
        self._max_sequences = min(options.max_sequences, context.batch_size)
        self._pace = Pace(options.step_budget_s)
        self._waiting: deque[Sequence] = deque()
        self._running: list[Sequence] = []  # oldest first
        self._in_flight: list[Slice] = []
        self._failed: list[Emission] = []

    @property
    def has_work(self) -> bool:
        return bool(self._waiting or self._running or self._failed)

    def submit(self, sequence: Sequence) -> None:
        """Queue a sequence; they are admitted in order."""
        self._waiting.append(sequence)

    def cancel(self, sequence: Sequence) -> None:
        """From any thread: the sequence ends with the step under way, or at once when that is mostly its own."""
        sequence.is_cancelled = True
        self._abort_if_mostly_cancelled()

    def step(self) -> list[Emission]:
        """Compute one batch and return what it brought."""
        self._drop_cancelled()
        self._admit()
        slices = self._plan()
        if slices and self._compute(slices):
            self._advance(slices)
        return self._collect()

    def reset(self, error: BackendError) -> list[Emission]:
        """After a failure of the engine itself: every running generation ends with the error, the rest go on."""
        failed = [Emission(sequence, sequence.take_outbox(), error) for sequence in self._running]
        self._running.clear()
        self._in_flight = []
        self._residency.reset()
        for emission in failed:
            emission.sequence.sampler.close()
        return failed

    def abandon(self, error: BackendError) -> list[Emission]:
        """End everything, what waits included."""
        failed = [Emission(sequence, [], error) for sequence in self._waiting]
        self._waiting.clear()
        return self.reset(error) + failed

    def _drop_cancelled(self) -> None:
        for sequence in [sequence for sequence in self._running if sequence.is_cancelled]:
            self._end(sequence)
        if any(sequence.is_cancelled for sequence in self._waiting):
            self._waiting = deque(sequence for sequence in self._waiting if not sequence.is_cancelled)

    def _admit(self) -> None:
        """Let in who comes next and fits. Who would only compute what another is computing now, waits for that."""
        for sequence in list(islice(self._waiting, _LOOK_AHEAD)):
            if len(self._running) >= self._max_sequences or not self._has_room(sequence):
                return
            if self._residency.is_coming(sequence, self._running):
                continue
            self._waiting.remove(sequence)
            self._start(sequence)

    def _start(self, sequence: Sequence) -> None:
        self._running.append(sequence)
        self._residency.place(sequence, self._running)
        if sequence.num_cached is None:
            sequence.num_cached = min(sequence.num_computed, sequence.num_prompt)
            self._write(sequence, sequence.begin)
        sequence.prefill_until = len(sequence.token_ids)

    def _has_room(self, sequence: Sequence) -> bool:
        """Whether the sequence likely fits beside those that run; residents give way."""
        if not self._running:
            return True
        used = sum(len(other.token_ids) - other.num_shared + _HEADROOM for other in self._running)
        return used + len(sequence.token_ids) + _HEADROOM <= self._context.num_cells

    def _plan(self) -> list[Slice]:
        """Fill the batch."""
        batch = self._context.batch
        batch.clear()
        active = [sequence for sequence in self._running if not sequence.is_finished]
        writing = [sequence for sequence in active if not sequence.is_prefilling]
        reading = [sequence for sequence in active if sequence.is_prefilling]
        slices = []
        for sequence in writing:
            slices.append(self._take(sequence, min(sequence.num_pending, batch.capacity // len(writing))))
        budget = min(batch.room, self._chunk()) if writing else batch.room
        for sequence, num_tokens in _share_out(reading, budget):
            slices.append(self._take(sequence, num_tokens))
        return slices

    def _chunk(self) -> int:
        return max(1, int(self._pace.chunk() * self._threads.reading_share))

    def _take(self, sequence: Sequence, num_tokens: int) -> Slice:
        start = sequence.num_computed
        end = start + num_tokens
        for at in sequence.checkpoint_at:
            if start < at < end:
                end = at
        token_ids = sequence.token_ids[start:end]
        row = self._context.batch.add(
            sequence.seq_id, token_ids, position=start, last_logits=end == len(sequence.token_ids)
        )
        return Slice(sequence, len(token_ids), row)

    def _compute(self, slices: list[Slice]) -> bool:
        """Decode the batch; False when it has to be planned anew."""
        while True:
            self._context.set_abort(False)
            self._in_flight = slices
            self._abort_if_mostly_cancelled()
            started = time.perf_counter()
            outcome = self._decode(started)
            self._in_flight = []
            if outcome is DecodeOutcome.DONE:
                self._observe(slices, time.perf_counter() - started)
                return True
            undone = [self._residency.rewind(taken.sequence) for taken in slices]
            if outcome is DecodeOutcome.REFUSED:
                raise GenerationFailed("llama.cpp could not compute the next tokens.")
            if outcome is DecodeOutcome.ABORTED:
                return False
            if not self._residency.evict():
                self._preempt()
                return False
            if not all(undone):
                return False

    def _decode(self, started: float) -> DecodeOutcome:
        """Decode the batch. A trial of another thread count that takes far too long is stopped and counts as lost."""
        num_tokens = self._context.batch.num_tokens
        self._context.set_threads(self._threads.threads(num_tokens))
        limit_s = self._threads.limit_s(num_tokens)
        if limit_s is None or self._context.is_recurrent:  # what is undone there may have to be read from its start
            return self._context.decode()
        alarm = threading.Timer(limit_s, self._context.set_abort, [True])
        alarm.start()
        outcome = self._context.decode()
        alarm.cancel()
        seconds = time.perf_counter() - started
        if outcome is DecodeOutcome.ABORTED and seconds >= limit_s:
            self._threads.give_up(seconds, num_tokens=num_tokens)
        return outcome

    def _observe(self, slices: list[Slice], seconds: float) -> None:
        num_tokens = self._context.batch.num_tokens
        if not self._threads.is_trying(num_tokens):
            num_read = sum(taken.num_tokens for taken in slices if taken.sequence.is_prefilling)
            self._pace.observe(seconds, num_read=num_read, num_written=num_tokens - num_read)
        self._threads.observe(seconds, num_tokens=num_tokens)

    def _abort_if_mostly_cancelled(self) -> None:
        slices = self._in_flight
        cancelled = sum(taken.num_tokens for taken in slices if taken.sequence.is_cancelled)
        if slices and 2 * cancelled >= sum(taken.num_tokens for taken in slices):
            self._context.set_abort(True)

    def _preempt(self) -> None:
        """The context is full of running sequences: the youngest waits, first in the queue, and is read again."""
        youngest = next(sequence for sequence in reversed(self._running) if not sequence.is_finished)
        self._running.remove(youngest)
        if all(sequence.is_finished for sequence in self._running):
            self._fail(youngest, GenerationFailed("The context has no room for the next token."))
            return
        logger.debug("the context is full; a sequence of %d tokens waits", len(youngest.token_ids))
        self._residency.withdraw(youngest)
        self._waiting.appendleft(youngest)

    def _advance(self, slices: list[Slice]) -> None:
        for sequence, num_tokens, row in slices:
            sequence.num_computed += num_tokens
            if sequence.num_computed in sequence.checkpoint_at:
                self._residency.checkpoint(sequence)
            if sequence.num_pending or sequence.is_cancelled:
                continue
            self._write(sequence, partial(sequence.advance, self._context, row))

    def _write(self, sequence: Sequence, write: Callable[[], None]) -> None:
        """Let a sequence write; when it cannot, it fails alone."""
        try:
            write()
        except GenerationFailed as error:
            self._running.remove(sequence)
            self._fail(sequence, error)

    def _fail(self, sequence: Sequence, error: BackendError) -> None:
        self._failed.append(Emission(sequence, sequence.take_outbox(), error))
        self._residency.release(sequence)
        sequence.sampler.close()

    def _collect(self) -> list[Emission]:
        emissions, self._failed = self._failed, []
        for sequence in list(self._running):
            if sequence.outbox:
                emissions.append(Emission(sequence, sequence.take_outbox()))
            if sequence.is_finished:
                self._end(sequence)
        return emissions

    def _end(self, sequence: Sequence) -> None:
        self._running.remove(sequence)
        self._residency.release(sequence)
        sequence.sampler.close()


def _share_out(reading: list[Sequence], budget: int) -> Iterator[tuple[Sequence, int]]:
    """Half of the budget for the oldest prompt, so that none waits without bound; then the shortest first."""
    if not reading or budget <= 0:
        return
    oldest, *others = reading
    others.sort(key=lambda sequence: sequence.num_pending)
    reserved = min(oldest.num_pending, budget if not others else max(1, budget // 2))
    left = budget - reserved
    for sequence in others:
        share = min(sequence.num_pending, left)
        left -= share
        if share:
            yield sequence, share
    yield oldest, min(oldest.num_pending, reserved + left)
