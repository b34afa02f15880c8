"""Which part of a conversation is left out when it does not fit: a block, so that the next turns need not cut again.

Kept are the thread's first message, the newest question, and what is newest otherwise. When even the question with
the calls that followed it is too long, the first message goes, and then the oldest of those calls.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import accumulate

from localassist.runs.transcript import Unit

REMEMBERED_CUTS = 1024
# A cut serves prompts with up to so much more room: what a run sets aside for its answer varies within this.
_SAME_ROOM = 4 / 3

Fits = Callable[[Sequence[Unit]], bool]


class CutMemory:
    """Where each thread's conversation was last cut: the key of the first unit after the gap, and for what room."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cuts: OrderedDict[str, tuple[str, int]] = OrderedDict()

    def find(self, thread_id: str, room: int) -> str | None:
        """None as well when the cut was made for much less room: more of the conversation may fit now."""
        with self._lock:
            key, made_for = self._cuts.get(thread_id, (None, 0))
        return key if room <= made_for * _SAME_ROOM else None

    def remember(self, thread_id: str, key: str, room: int) -> None:
        with self._lock:
            self._cuts[thread_id] = key, room
            self._cuts.move_to_end(thread_id)
            while len(self._cuts) > REMEMBERED_CUTS:
                self._cuts.popitem(last=False)


class Cutting:
    """One conversation, and what of it can be left out. `start` is the index of the first unit after the gap."""

    def __init__(self, units: Sequence[Unit], fits: Fits) -> None:
        self.units = units
        self._fits = fits
        self._question = _newest_question(units)
        self._keeps_first = True

    def kept(self, start: int) -> list[Unit]:
        """What is left with a gap before `start`; 0 is no gap."""
        if start == 0:
            return [*self.units]
        if start > self._question:
            return [self.units[self._question], *self.units[start:]]
        head = self.units[:1] if self._keeps_first else []
        return [*head, *self.units[start:]]

    def index_of(self, key: str | None) -> int:
        return next((i for i, unit in enumerate(self.units) if unit.key == key), 0)

    def give_up_first(self) -> None:
        """The thread's first message leaves no room for the newest question: it need not be kept."""
        self._keeps_first = False

    def is_first_in_the_way(self) -> bool:
        return not self._fits(self.kept(self._question))

    def cut(self, start: int, sizes: Sequence[int], target: int) -> int:
        """Where to cut anew, at or after `start`: the rest is about `target` long, and fits."""
        tails = [*accumulate(reversed(sizes))][::-1]
        head = sizes[0] if self._keeps_first else 0
        start = max(start, 1)
        while start < self._question and (head + tails[start] > target or not self._fits(self.kept(start))):
            start += 1
        if self._fits(self.kept(start)):
            return start
        start = max(start, self._question + 2)
        head = sizes[self._question]
        while start < len(sizes) - 1 and (head + tails[start] > target or not self._fits(self.kept(start))):
            start += 1
        return start


def _newest_question(units: Sequence[Unit]) -> int:
    """The index of the newest message of the user; the last unit when there is none."""
    asked = (i for i in reversed(range(len(units))) if units[i].messages[0].role == "user")
    return next(asked, len(units) - 1)
