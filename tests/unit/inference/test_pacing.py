"""Prompts are read in chunks that keep a step within its budget."""

from localassist.inference.pacing import Pace


def test_the_first_chunk_is_small() -> None:
    assert Pace(0.2).chunk() == 32


def test_a_slow_model_reads_small_chunks() -> None:
    pace = Pace(0.2)
    pace.observe(3.2, num_read=32, num_written=0)
    assert pace.chunk() == 8


def test_a_fast_model_reads_as_much_as_the_budget_allows() -> None:
    pace = Pace(0.2)
    for _ in range(30):
        pace.observe(0.05, num_read=0, num_written=4)
        pace.observe(0.05 + 0.1, num_read=100, num_written=4)
    assert 130 <= pace.chunk() <= 150  # (0.2 - 0.05) / 0.001, less what the averages lag behind
