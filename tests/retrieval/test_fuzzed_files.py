"""Damaged files of every type: each comes to an end, none takes the service along."""

import pytest

from tests.retrieval.engines import Lab
from tests.retrieval.fuzzing import damaged_files

CODES = {"invalid_file", "unsupported_file"}


def ingest(lab: Lab, number: int, seed: int) -> None:
    files = {lab.upload(name, content): name for name, content in damaged_files(number, seed=seed)}
    store = lab.client.vector_stores.create()
    batch = lab.client.vector_stores.file_batches.create_and_poll(store.id, file_ids=list(files))
    counts = batch.file_counts
    assert counts.completed + counts.failed == number
    for item in lab.client.vector_stores.files.list(store.id, filter="failed"):
        assert item.last_error is not None
        assert item.last_error.code in CODES, (files[item.id], item.last_error)
        assert item.last_error.message
    good = lab.client.vector_stores.files.create_and_poll(lab.upload(content=b"a heron"), vector_store_id=store.id)
    assert good.status == "completed"


def test_two_damaged_files_of_each_type(lab: Lab) -> None:
    ingest(lab, 22, seed=1)


@pytest.mark.crash
@pytest.mark.timeout(900)
def test_two_hundred_damaged_files(lab: Lab) -> None:
    ingest(lab, 200, seed=2)
