"""What every `VectorIndex` does: the real Chroma, and the double."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from localassist.protocols import WindowBlock
from localassist.retrieval.chroma_index import ChromaIndex
from localassist.retrieval.indexer import OpenedIndex
from localassist.retrieval.vectors import Vectors, normalised, to_bytes
from tests.unit.retrieval.doubles import MemoryIndex

INDEXES: dict[str, Callable[[Path], OpenedIndex]] = {"chroma": ChromaIndex, "memory": MemoryIndex}
VECTORS = normalised(np.random.default_rng(1).normal(size=(50, 16)))


@pytest.fixture(params=INDEXES)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenedIndex]:
    opened = INDEXES[request.param](tmp_path / "index")
    yield opened
    opened.close()


def block(vectors: Vectors, first: int = 0) -> WindowBlock:
    starts = range(0, len(vectors) * 10, 10)
    return WindowBlock(first, list(starts), [start + 10 for start in starts], to_bytes(vectors))


def test_the_nearest_windows_come_first_with_their_cosines(index: OpenedIndex) -> None:
    index.add("vs_one", 7, block(VECTORS[:30]))
    index.add("vs_one", 8, block(VECTORS[30:]))

    hits = index.search("vs_one", to_bytes(VECTORS[31:32]), 50)

    assert hits[0][:2] == (8, 1)
    assert hits[0].score == pytest.approx(1.0, abs=1e-5)
    expected = sorted((float(score) for score in VECTORS @ VECTORS[31]), reverse=True)
    assert [hit.score for hit in hits] == pytest.approx(expected, abs=1e-4)


def test_blocks_of_a_file_are_numbered_on(index: OpenedIndex) -> None:
    index.add("vs_one", 7, block(VECTORS[:4]))
    index.add("vs_one", 7, block(VECTORS[4:6], first=4))

    assert index.search("vs_one", to_bytes(VECTORS[5:6]), 1)[0][:2] == (7, 5)


def test_adding_twice_changes_nothing(index: OpenedIndex) -> None:
    index.add("vs_one", 7, block(VECTORS[:4]))
    index.add("vs_one", 7, block(VECTORS[:4]))

    assert index.count("vs_one") == 4


def test_removing_takes_one_file_and_may_be_repeated(index: OpenedIndex) -> None:
    index.add("vs_one", 7, block(VECTORS[:4]))
    index.add("vs_one", 8, block(VECTORS[4:6]))

    index.remove("vs_one", 7, 4)
    index.remove("vs_one", 7, 4)
    index.remove("vs_other", 7, 4)

    assert index.count("vs_one") == 2
    assert {hit.file_number for hit in index.search("vs_one", to_bytes(VECTORS[:1]), 10)} == {8}


def test_stores_are_apart_and_dropped_apart(index: OpenedIndex) -> None:
    index.add("vs_one", 7, block(VECTORS[:4]))
    index.add("vs_two", 8, block(VECTORS[4:6]))

    index.drop("vs_one")
    index.drop("vs_one")

    assert index.search("vs_one", to_bytes(VECTORS[:1]), 10) == []
    assert index.count("vs_one") == 0
    assert index.store_ids() == ["vs_two"]
    assert index.count("vs_two") == 2
