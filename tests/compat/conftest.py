"""One world for all tests that only add to it, and a shelf with three objects in every list."""

from collections.abc import Iterator

import pytest

from tests.compat.shelf import Shelf, fill
from tests.compat.world import World, open_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with open_world(tmp_path_factory.mktemp("shelf")) as made:
        yield fill(made)
