"""Every event of every kind of stream, to the letter."""

import pytest

from tests.golden.scenarios import FOLDER, SCENARIOS, as_text


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_stream_is_as_recorded(name):
    expected = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert as_text(SCENARIOS[name]()) == expected
