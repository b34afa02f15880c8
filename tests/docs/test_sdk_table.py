"""The table of SDKs is what was recorded, of all versions and rows there are."""

from tests.conformance.lab import Row
from tests.conformance.matrix import EVERY, read_results
from tests.conformance.page import PAGE, written


def test_the_table_of_sdks_is_fresh() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page), "run: python -m tests.conformance.page"


def test_every_version_and_row_is_recorded_and_none_failed() -> None:
    recorded = read_results()
    assert tuple(recorded) == EVERY
    for sdk, cells in recorded.items():
        assert set(cells) == {row.name for row in Row}, sdk
        assert not [said for said in cells.values() if said.startswith("FAILED")], sdk
