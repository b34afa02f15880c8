"""Rounds of a measurement that other programs did not disturb: a loaded machine shows their work, not ours."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, TypeVar

import psutil

T = TypeVar("T")

ALLOWED: Final = 0.05  # of all cores, for everything that is neither this program nor a child of it
_TRIES_PER_ROUND: Final = 2


@dataclass(frozen=True, slots=True)
class Rounds(Generic[T]):
    """What the rounds that count have brought, and what share of the cores other programs had in each."""

    values: list[T]
    others: list[float]


def calm_rounds(measure: Callable[[int], T], count: int) -> Rounds[T]:
    """Measure until `count` rounds were calm; where twice as many are not enough, the calmest count."""
    done: list[tuple[float, int, T]] = []
    for number in range(count * _TRIES_PER_ROUND):
        before = _spent()
        value = measure(number)
        done.append((_spent().others_share(before), number, value))
        print(f"round {number}: other programs had {done[-1][0]:.0%} of the cores; {value}", file=sys.stderr)
        if sum(share <= ALLOWED for share, *_ in done) >= count:
            break
    best = sorted(done, key=lambda one: one[:2])[:count]
    return Rounds([value for *_, value in best], [share for share, *_ in best])


def calmness(*measured: Rounds[Any]) -> dict[str, Any]:
    """For the report: the largest share that other programs had in a round that counts; says so when it is large."""
    worst = max(share for rounds in measured for share in rounds.others)
    if worst > ALLOWED:
        print(f"not calm: other programs had up to {worst:.0%} of the cores")
    return {"others_share": round(worst, 3), "calm": worst <= ALLOWED}


class _Spent(NamedTuple):
    """Processor time since the start, in seconds: there was, was used, was used by this program and its children."""

    total_s: float
    used_s: float
    ours_s: float

    def others_share(self, before: "_Spent") -> float:
        used_s = self.used_s - before.used_s - (self.ours_s - before.ours_s)
        return max(0.0, used_s) / max(self.total_s - before.total_s, 1e-9)


def _spent() -> _Spent:
    machine = psutil.cpu_times()
    total_s = sum(machine[:8])  # what guests used is in user's already
    this = psutil.Process()
    ours = [process.cpu_times() for process in (this, *this.children(recursive=True))]
    return _Spent(
        total_s,
        total_s - machine.idle - getattr(machine, "iowait", 0.0),
        sum(times.user + times.system + times.children_user + times.children_system for times in ours),
    )
