"""A lab for each test, and one for all tests that only add to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.retrieval.engines import Lab, open_lab

WARNINGS = ("The Assistants API is deprecated", "deprecated$")


def pytest_itemcollected(item: pytest.Item) -> None:
    for message in WARNINGS:
        item.add_marker(pytest.mark.filterwarnings(f"ignore:{message}:DeprecationWarning"))


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with open_lab(tmp_path_factory.mktemp("lab")) as made:
        yield made


@pytest.fixture
def gated_lab(tmp_path: Path) -> Iterator[Lab]:
    """Nothing is embedded until its gate is set."""
    with open_lab(tmp_path, gated=True) as made:
        yield made
