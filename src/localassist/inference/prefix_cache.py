"""Finished sequences whose tokens stay computed, so that the next prompt that begins alike need not be read again."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TokenIds = NDArray[np.int32]


@dataclass(eq=False, slots=True)
class Resident:
    """A finished sequence still in the context. `checkpoints` (recurrent models) maps a length to a saved state."""

    seq_id: int
    token_ids: TokenIds
    cache_key: str | None
    checkpoints: dict[int, bytes] = field(default_factory=dict)

    @property
    def length(self) -> int:
        return len(self.token_ids)


class Match(NamedTuple):
    """A resident and how many of the first tokens it has in common with a prompt."""

    resident: Resident
    length: int


class PrefixCache:
    """Residents, least recently used first."""

    def __init__(self) -> None:
        self._residents: list[Resident] = []

    def __len__(self) -> int:
        return len(self._residents)

    def add(self, resident: Resident) -> list[Resident]:
        """Keep a resident; returns (and forgets) those it makes superfluous because it begins with all of theirs."""
        covered = [
            other
            for other in self._residents
            if other.length <= resident.length
            and common_length(other.token_ids, resident.token_ids) == other.length
            and not other.checkpoints
        ]
        for other in covered:
            self._residents.remove(other)
        self._residents.append(resident)
        return covered

    def find(self, token_ids: TokenIds, cache_key: str | None) -> Match | None:
        """The resident with the longest common beginning; of equals the one with the same key, then the newest."""
        best: Match | None = None
        best_rank = (0, False)
        for resident in self._residents:
            length = common_length(resident.token_ids, token_ids)
            rank = (length, cache_key is not None and resident.cache_key == cache_key)
            if length > 0 and rank >= best_rank:
                best, best_rank = Match(resident, length), rank
        return best

    def touch(self, resident: Resident) -> None:
        """Mark as just used."""
        self._residents.remove(resident)
        self._residents.append(resident)

    def remove(self, resident: Resident) -> None:
        self._residents.remove(resident)

    def evict(self, *, keep: Collection[Resident] = ()) -> Resident | None:
        """Forget and return the least recently used one; None when there is none but those to keep."""
        for resident in self._residents:
            if resident not in keep:
                self._residents.remove(resident)
                return resident
        return None

    def clear(self) -> None:
        self._residents.clear()


def common_length(one: TokenIds, other: TokenIds) -> int:
    """How many of their first tokens are the same."""
    shorter = min(len(one), len(other))
    different = one[:shorter] != other[:shorter]
    return int(different.argmax()) if different.any() else shorter
