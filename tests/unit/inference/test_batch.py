"""Nothing reaches llama.cpp that would abort the process."""

import pytest

from localassist.inference.batch import Batch

LIMITS = {"vocabulary_size": 100, "num_seq_ids": 4, "num_positions": 50}


def test_a_good_batch_passes() -> None:
    batch = Batch(8)
    assert batch.add(0, [1, 2, 3], position=10, last_logits=True) == 2
    assert batch.add(3, [99], position=49, last_logits=False) == 3
    batch.check(**LIMITS)
    assert batch.wants_logits[:4].tolist() == [0, 0, 1, 0]
    assert batch.positions[:4].tolist() == [10, 11, 12, 49]
    assert batch.room == 4


@pytest.mark.parametrize(
    ("token_ids", "seq_id", "position", "complaint"),
    [
        ([100], 0, 0, "token id 100"),
        ([-1], 0, 0, "token id -1"),
        ([1], 4, 0, "seq_id 4"),
        ([1], -1, 0, "seq_id -1"),
        ([1, 1], 0, 49, "position 50"),
    ],
)
def test_a_bad_batch_is_refused(token_ids: list[int], seq_id: int, position: int, complaint: str) -> None:
    batch = Batch(8)
    batch.add(seq_id, token_ids, position=position, last_logits=True)
    with pytest.raises(ValueError, match=complaint):
        batch.check(**LIMITS)


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(ValueError, match="0 tokens"):
        Batch(8).check(**LIMITS)
