"""How many CPU threads to compute with: as many as there are cores, until something else wants the cores.

llama.cpp's threads wait for each other, spinning, several hundred times per token. Where another program holds one of
the cores, two threads can be ten times slower than one. So other counts are tried for a few steps now and then, and
the fastest is kept.
"""

import os
from pathlib import Path

_SIBLINGS = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
_SMALL_BATCH = 16  # tokens; up to here a step is writing, above it is mostly reading

_SOON_S = 0.2  # of computing, before another count is tried
_LATER_S = 20.0
_LONGEST_PAUSE_S = 8.0
_TRIAL_STEPS = 4
_TRIAL_S = 0.02  # a trial of tiny steps goes on this long,
_LONG_TRIAL_S = 0.25  # and one of long steps no longer than this
_PAUSE_PER_TRIAL = 20  # trials that lose may cost a twentieth of the time
_BETTER = 0.92
_HOPELESS = 1.5
_STOPPED = 2.0  # a step of a trial that takes so much longer than usual is stopped
_SHORTEST_LIMIT_S = 0.05  # steps shorter than this are not worth stopping
_DISTURBED = 1.5
_WEIGHT = 0.2


def default_threads() -> int:
    """One per physical core this process may use."""
    if not hasattr(os, "sched_getaffinity"):
        return max(1, (os.cpu_count() or 2) // 2)
    return max(1, len({_siblings(cpu) for cpu in os.sched_getaffinity(0)}))


def _siblings(cpu: int) -> str:
    """What names the physical core of a logical one."""
    try:
        return Path(_SIBLINGS.format(cpu)).read_text().strip()
    except OSError:
        return str(cpu)


class ThreadGovernor:
    """Chooses the count for steps of one kind. Tell it what each step cost; only costs of equal `width` compare."""

    def __init__(self, most: int, *, first_trial_s: float = _SOON_S) -> None:
        self._counts = sorted({most, most - 1, most // 2, 1} - {0}, reverse=True)
        self._current = most
        self._pause_s = dict.fromkeys(self._counts, first_trial_s)
        self._waited_s = dict.fromkeys(self._counts, 0.0)
        self._costs: dict[int, float] = {}  # by width: moving average at the current count
        self._calm_costs: dict[int, float] = {}  # what they are when nothing disturbs
        self._tried: int | None = None
        self._trial: list[float] = []  # costs relative to those of the current count
        self._trial_s = 0.0
        self._num_tried = 0

    @property
    def threads(self) -> int:
        """The count to use for the next step."""
        return self._current if self._tried is None else self._tried

    @property
    def current(self) -> int:
        """The count that is best as far as is known."""
        return self._current

    @property
    def is_trying(self) -> bool:
        return self._tried is not None

    def limit_s(self, *, width: int, num_units: int = 1) -> float | None:
        """How long the next step may take before the trial it belongs to is lost; None: as long as it wants."""
        if self._tried is None or width not in self._costs:
            return None
        limit_s = _STOPPED * self._costs[width] * num_units
        return limit_s if limit_s >= _SHORTEST_LIMIT_S else None

    def hurry(self) -> None:
        """Something has changed: find out soon what is best now."""
        self._pause_s = dict.fromkeys(self._counts, _SOON_S)

    def observe(self, seconds: float, *, width: int, num_units: int = 1) -> None:
        """Learn from a step that was computed with `threads`; its cost is the time per unit."""
        if self._tried is None:
            self._learn(seconds, seconds / num_units, width)
        else:
            self._try(seconds, seconds / num_units, width)

    def _learn(self, seconds: float, cost: float, width: int) -> None:
        average = self._costs.get(width, cost)
        average += _WEIGHT * (cost - average)
        calm = min(self._calm_costs.get(width, average) * 1.001, average)
        if average > calm * _DISTURBED:
            self.hurry()
            calm = average
        self._costs[width], self._calm_costs[width] = average, calm
        for count in self._counts:
            self._waited_s[count] += seconds
        due = [c for c in self._counts if c != self._current and self._waited_s[c] >= self._pause_s[c]]
        if due:
            self._tried = max(due, key=lambda count: self._waited_s[count] / self._pause_s[count])
            self._trial, self._trial_s, self._num_tried = [], 0.0, 0

    def _try(self, seconds: float, cost: float, width: int) -> None:
        """One step of a trial. The first pays for the change and does not count, unless it is long."""
        assert self._tried is not None
        self._num_tried += 1
        self._trial_s += seconds
        if width in self._costs and (self._num_tried > 1 or seconds > _TRIAL_S):
            self._trial.append(cost / self._costs[width])
        is_hopeless = bool(self._trial) and self._trial[-1] > _HOPELESS
        is_enough = len(self._trial) >= _TRIAL_STEPS and self._trial_s >= _TRIAL_S
        if is_hopeless or is_enough or self._trial_s >= _LONG_TRIAL_S:
            self._decide()

    def give_up(self, seconds: float) -> None:
        """The step of a trial was stopped because it took too long."""
        if self._tried is not None:
            self._trial.append(_STOPPED)
            self._trial_s += seconds
            self._decide()

    def _decide(self) -> None:
        """End the trial: the count that was tried is used from now on, or not again for a while."""
        assert self._tried is not None
        tried, self._tried = self._tried, None
        self._waited_s[tried] = 0.0
        if self._trial and sum(self._trial) / len(self._trial) < _BETTER:
            self._current = tried
            self._costs.clear()
            self._calm_costs.clear()
            self.hurry()
        else:
            pause_s = min(2 * self._pause_s[tried], _LONGEST_PAUSE_S)
            self._pause_s[tried] = max(pause_s, _PAUSE_PER_TRIAL * self._trial_s)


class ThreadPolicy:
    """The counts for small batches, compared by their number of tokens, and for large ones, by the cost of a token."""

    def __init__(self, most: int) -> None:
        self._small = ThreadGovernor(most)
        self._large = ThreadGovernor(most, first_trial_s=_LATER_S)

    def threads(self, num_tokens: int) -> int:
        return self._of(num_tokens).threads

    def is_trying(self, num_tokens: int) -> bool:
        """Whether the next step is part of a trial, so that what it costs says nothing about others."""
        return self._of(num_tokens).is_trying

    @property
    def reading_share(self) -> float:
        """How much of the usual to read in the next step: with fewer threads, it takes longer."""
        return min(1.0, self._large.threads / self._large.current)

    def limit_s(self, num_tokens: int) -> float | None:
        """How long the next step may take before it is stopped, to be computed as usual."""
        if num_tokens > _SMALL_BATCH:
            return self._large.limit_s(width=0, num_units=num_tokens)
        return self._small.limit_s(width=num_tokens)

    def give_up(self, seconds: float, *, num_tokens: int) -> None:
        """The step was stopped at its limit."""
        self._of(num_tokens).give_up(seconds)

    def _of(self, num_tokens: int) -> ThreadGovernor:
        return self._small if num_tokens <= _SMALL_BATCH else self._large

    def observe(self, seconds: float, *, num_tokens: int) -> None:
        if num_tokens > _SMALL_BATCH:
            self._large.observe(seconds, width=0, num_units=num_tokens)
            return
        before = self._small.current
        self._small.observe(seconds, width=num_tokens)
        if self._small.current < before:  # what disturbs the one disturbs the other
            self._large.hurry()
