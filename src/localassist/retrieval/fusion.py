"""Weighted reciprocal rank fusion of ranked lists, with scores from 0 to 1."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

RANK_CONSTANT = 10


class RankedList(NamedTuple):
    """Chunk ids, the best first, and how much the list counts."""

    chunk_ids: Sequence[int]
    weight: float


def fuse(lists: Iterable[RankedList]) -> dict[int, float]:
    """Score by chunk: 1 for the first of every list, 0 for what is in none. Lists of weight 0 do not count."""
    counted = [ranked for ranked in lists if ranked.weight > 0]
    highest = sum(ranked.weight for ranked in counted) / (RANK_CONSTANT + 1)
    scores: dict[int, float] = {}
    for chunk_ids, weight in counted:
        for rank, chunk_id in enumerate(chunk_ids, 1):
            scores[chunk_id] = scores.get(chunk_id, 0.0) + weight / (RANK_CONSTANT + rank) / highest
    return scores


def best_of(scores_by_query: Iterable[Mapping[int, float]]) -> dict[int, float]:
    """Several queries ask for different things: a chunk is as good as it is for the query it answers best."""
    best: dict[int, float] = {}
    for scores in scores_by_query:
        for chunk_id, score in scores.items():
            best[chunk_id] = max(score, best.get(chunk_id, 0.0))
    return best


def ranked(scores: Mapping[int, float]) -> list[int]:
    """Chunk ids, the best first; equal ones in the order of the files."""
    return sorted(scores, key=lambda chunk_id: (-scores[chunk_id], chunk_id))
