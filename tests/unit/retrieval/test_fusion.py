"""Reciprocal rank fusion: scores from 0 to 1, weights, and several queries."""

import pytest

from localassist.retrieval.fusion import RANK_CONSTANT, RankedList, best_of, fuse, ranked


def test_the_first_of_every_list_scores_one_and_the_order_is_that_of_ranks() -> None:
    scores = fuse([RankedList([1, 2, 3], 1.0), RankedList([1, 3, 4], 0.5)])

    assert scores[1] == pytest.approx(1.0)
    assert ranked(scores)[0] == 1
    assert set(scores) == {1, 2, 3, 4}
    assert all(0 < score <= 1 + 1e-9 for score in scores.values())


def test_weights_decide_between_lists_that_disagree() -> None:
    meaning, words = [1, 2], [2, 1]

    assert ranked(fuse([RankedList(meaning, 1.0), RankedList(words, 0.3)])) == [1, 2]
    assert ranked(fuse([RankedList(meaning, 0.3), RankedList(words, 1.0)])) == [2, 1]


def test_a_list_of_no_weight_neither_counts_nor_lowers_the_scores() -> None:
    scores = fuse([RankedList([1, 2], 1.0), RankedList([3], 0.0)])

    assert set(scores) == {1, 2}
    assert scores[1] == pytest.approx(1.0)
    assert scores[2] == pytest.approx((RANK_CONSTANT + 1) / (RANK_CONSTANT + 2))


def test_a_chunk_is_as_good_as_it_is_for_its_best_query() -> None:
    assert best_of([{1: 0.2, 2: 0.9}, {1: 0.8}]) == {1: 0.8, 2: 0.9}


def test_equal_scores_keep_the_order_of_the_files() -> None:
    assert ranked({7: 0.5, 3: 0.5, 5: 0.6}) == [5, 3, 7]
