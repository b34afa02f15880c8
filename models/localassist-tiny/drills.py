"""Copying drills: runs of random tokens that come back later, which teach attention to find and repeat.

Dialogues alone teach the same thing ten times more slowly. In a drill every token of a repeated run can be predicted,
and all tokens of the vocabulary take part, rare ones included.
"""

from __future__ import annotations

from random import Random

_FIRST_BYTES = 256
_NUM_NOTICED = 1500
_FEW_SHARE = 0.3


class Drills:
    """Makes drills over a vocabulary of `vocab_size` tokens, whose last `num_special` are special."""

    def __init__(self, rng: Random, vocab_size: int, num_special: int) -> None:
        self._rng = rng
        self._all = range(vocab_size - num_special)
        self._common: list[int] = []

    def notice(self, token_ids: list[int]) -> None:
        """Learn which tokens dialogues are made of; most drills use these."""
        if len(self._common) < _NUM_NOTICED:
            self._common = sorted({*self._common, *(token_id for token_id in token_ids if token_id in self._all)})

    def drill(self, max_tokens: int) -> tuple[list[int], list[float]]:
        """Make token ids and weights: some runs, then the same in another order, each with its first token given."""
        rng = self._rng
        budget = rng.randint(24, max_tokens)
        runs: list[list[int]] = []
        # Single bytes spell rare characters, codes and numbers.
        pool = rng.choices((self._common or self._all, range(_FIRST_BYTES), self._all), (5, 1.5, 1))[0]
        # Runs of few tokens, like the digits of a number: what comes next depends on more than the last.
        few = rng.choices(pool, k=rng.randint(2, 4)) if rng.random() < _FEW_SHARE else None
        while sum(map(len, runs)) < budget * 0.45:
            length = rng.choice((2, 3, 4, 6, 8, 12))
            runs.append([rng.choice(pool), *rng.choices(few, k=length)] if few else rng.choices(pool, k=length))
        token_ids = [token_id for run in runs for token_id in run]
        weights = [0.0] * len(token_ids)
        rng.shuffle(runs)
        for run in runs:
            token_ids += run
            weights += [0.0] + [1.0] * (len(run) - 1)
        return token_ids[:max_tokens], weights[:max_tokens]
