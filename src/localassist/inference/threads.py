"""How many CPU threads to compute with: as many as there are cores, until something else wants the cores.

llama.cpp's threads wait for each other, spinning, several hundred times per token. Where another program holds one of
the cores, two threads can be ten times slower than one. So other counts are tried for a few steps now and then, and
the fastest is kept.
"""

import os
from pathlib import Path

_SIBLINGS = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
_SMALL_BATCH = 16  # tokens; up to here a step is writing, above it is mostly reading

_FIRST_TRIAL_S = 0.2  # of computing, before another count is tried
_LONGEST_PAUSE_S = 8.0
_TRIAL_STEPS = 4
_TRIAL_S = 0.02  # a trial of tiny steps goes on this long
_BETTER = 0.92
_HOPELESS = 2.0
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

    def __init__(self, most: int) -> None:
        self._counts = sorted({most, most - 1, most // 2, 1} - {0}, reverse=True)
        self._current = most
        self._pause_s = dict.fromkeys(self._counts, _FIRST_TRIAL_S)
        self._waited_s = dict.fromkeys(self._counts, 0.0)
        self._width = 0
        self._cost: float | None = None  # moving average at the current count
        self._calm_cost: float | None = None  # what it is when nothing disturbs
        self._tried: int | None = None
        self._trial: list[float] = []  # costs
        self._trial_s = 0.0
        self._num_tried = 0

    @property
    def threads(self) -> int:
        """The count to use for the next step."""
        return self._current if self._tried is None else self._tried

    def observe(self, seconds: float, *, width: int, num_units: int = 1) -> None:
        """Learn from a step that was computed with `threads`; its cost is the time per unit."""
        if width != self._width:
            self._width, self._cost, self._calm_cost, self._tried = width, None, None, None
        if self._tried is None:
            self._learn(seconds, seconds / num_units)
        else:
            self._try(seconds, seconds / num_units)

    def _learn(self, seconds: float, cost: float) -> None:
        if self._cost is None or self._calm_cost is None:
            self._cost = self._calm_cost = cost
        self._cost += _WEIGHT * (cost - self._cost)
        self._calm_cost = min(self._calm_cost * 1.001, self._cost)
        if self._cost > self._calm_cost * 1.5:  # something came up: find out soon what is best now
            self._pause_s = dict.fromkeys(self._counts, _FIRST_TRIAL_S)
            self._calm_cost = self._cost
        for count in self._counts:
            self._waited_s[count] += seconds
        due = [c for c in self._counts if c != self._current and self._waited_s[c] >= self._pause_s[c]]
        if due:
            self._tried = max(due, key=lambda count: self._waited_s[count] / self._pause_s[count])
            self._trial, self._trial_s, self._num_tried = [], 0.0, 0

    def _try(self, seconds: float, cost: float) -> None:
        """One step of a trial. The first pays for the change and does not count, unless it is long."""
        assert self._cost is not None
        assert self._tried is not None
        self._num_tried += 1
        if self._num_tried > 1 or seconds > _TRIAL_S:
            self._trial.append(cost)
            self._trial_s += seconds
        is_hopeless = bool(self._trial) and cost > _HOPELESS * self._cost
        if not is_hopeless and (len(self._trial) < _TRIAL_STEPS or self._trial_s < _TRIAL_S):
            return
        tried, self._tried = self._tried, None
        self._waited_s[tried] = 0.0
        mean = sum(self._trial) / len(self._trial)
        if mean < _BETTER * self._cost:
            self._current, self._cost, self._calm_cost = tried, mean, mean
            self._pause_s = dict.fromkeys(self._counts, _FIRST_TRIAL_S)
        else:
            self._pause_s[tried] = min(2 * self._pause_s[tried], _LONGEST_PAUSE_S)


class ThreadPolicy:
    """The counts for small batches, compared by their number of tokens, and for large ones, by the cost of a token."""

    def __init__(self, most: int) -> None:
        self._small = ThreadGovernor(most)
        self._large = ThreadGovernor(most)

    def threads(self, num_tokens: int) -> int:
        return self._small.threads if num_tokens <= _SMALL_BATCH else self._large.threads

    def observe(self, seconds: float, *, num_tokens: int) -> None:
        if num_tokens <= _SMALL_BATCH:
            self._small.observe(seconds, width=num_tokens)
        else:
            self._large.observe(seconds, width=0, num_units=num_tokens)
