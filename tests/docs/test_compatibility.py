"""docs/compatibility.md says what the table in the code says."""

import pytest

from tests.docs.scripts import load_script

SCRIPT = load_script("compatibility")
PAGE = SCRIPT.PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["parameters", "endpoints", "errors"])
def test_a_block_is_fresh(name: str) -> None:
    _, found, rest = PAGE.partition(f"<!-- begin generated: {name} -->")
    assert found
    block = rest.partition(f"<!-- end generated: {name} -->")[0]
    assert block.strip() == SCRIPT.blocks()[name], "run: python scripts/compatibility.py"


def test_blocks_that_others_write_stay() -> None:
    begin, end = "<!-- begin generated: sdks -->", "<!-- end generated: sdks -->"
    foreign = PAGE.partition(begin)[2].partition(end)[0]
    assert SCRIPT.filled(PAGE).partition(begin)[2].partition(end)[0] == foreign


def test_lost_markers_are_an_error() -> None:
    with pytest.raises(ValueError, match="lost the markers of the block 'parameters'"):
        SCRIPT.filled("# Compatibility\n")
