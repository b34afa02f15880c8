"""Ingestion in the background: progress, order, cancellation, retries, and what a new engine takes up."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from localassist.errors import RetrievalFailed
from localassist.objects.faults import validate
from localassist.objects.files import File
from localassist.objects.vector_stores import CreateVectorStore, Progress, VectorStoreFile
from localassist.service.ingestion_jobs import StoredJobs
from localassist.service.store_ledger import StoreLedger
from localassist.service.vector_stores import VectorStoreService
from localassist.store.sql import SqliteStore
from localassist.testing import ManualClock
from tests.retrieval import samples
from tests.retrieval.engines import Lab, open_lab

LONG = "".join(f"Heron number {number} waits at the river for fish.\n\n" for number in range(3000)).encode()


class NoQueue:
    """Nobody works."""

    def notify(self) -> None:
        pass

    def forget(self, file_id: str) -> None:
        pass

    def close(self) -> None:
        pass


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def add(lab: Lab, content: bytes, name: str = "birds.txt") -> tuple[str, str]:
    """The ids of a new store and of a file that is being added to it."""
    file_id = lab.upload(name, content)
    return lab.client.vector_stores.create(file_ids=[file_id]).id, file_id


def window_blocks(folder: Path) -> list[object]:
    """What is stored of vectors, whether or not a file uses it."""
    with closing(sqlite3.connect(folder / "localassist.db")) as connection:
        return connection.execute("SELECT text_sha256 FROM window_blocks").fetchall()


def poll(lab: Lab, store_id: str, file_id: str) -> object:
    return lab.client.vector_stores.files.poll(file_id, vector_store_id=store_id)


def test_every_type_is_ingested_and_found(lab: Lab) -> None:
    ids = {lab.upload(name, content): name for name, content in samples.every_type().items()}
    store = lab.client.vector_stores.create()
    batch = lab.client.vector_stores.file_batches.create_and_poll(store.id, file_ids=list(ids))
    assert batch.file_counts.completed == len(ids)
    found = lab.search(store.id, "heron shallow water dawn", max_num_results=50)
    assert {one.file_id for one in found} == set(ids)


def test_bad_files_fail_alone_and_say_why(lab: Lab) -> None:
    bad = samples.bad_files()
    ids = {lab.upload(name, content): name for name, (content, _, _) in bad.items()}
    good = lab.upload(content=b"the heron waits")
    store = lab.client.vector_stores.create()
    batch = lab.client.vector_stores.file_batches.create_and_poll(store.id, file_ids=[*ids, good])
    assert (batch.file_counts.failed, batch.file_counts.completed) == (len(bad), 1)
    for item in lab.client.vector_stores.files.list(store.id, filter="failed"):
        _, code, word = bad[ids[item.id]]
        assert item.last_error is not None
        assert item.last_error.code == code
        assert word in item.last_error.message


def test_too_many_tokens_are_refused(lab: Lab) -> None:
    store_id, file_id = add(lab, b"1 " * 5_000_001)
    item = poll(lab, store_id, file_id)
    assert item.status == "failed"
    assert item.last_error.code == "invalid_file"
    assert "at most 5000000" in item.last_error.message


def test_progress_shows_in_the_file_and_in_the_log(gated_lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "localassist")
    store_id, file_id = add(gated_lab, LONG)
    files = gated_lab.client.vector_stores.files

    def progress() -> dict[str, Any]:
        return files.retrieve(file_id, vector_store_id=store_id).localassist

    until(lambda: progress()["windows_total"])
    assert (progress()["stage"], progress()["windows_done"]) == ("embedding", 0)
    until(lambda: progress()["elapsed_s"])
    assert gated_lab.client.vector_stores.retrieve(store_id).file_counts.in_progress == 1
    gated_lab.gate.set()
    assert poll(gated_lab, store_id, file_id).status == "completed"
    assert not hasattr(files.retrieve(file_id, vector_store_id=store_id), "localassist")
    until(lambda: f"{file_id} is searchable" in caplog.text)
    assert f"{file_id} is being read." in caplog.text


def test_a_file_that_waits_behind_another_says_so(gated_lab: Lab) -> None:
    files = gated_lab.client.vector_stores.files
    ahead, waiting = add(gated_lab, LONG), add(gated_lab, b"The crane flies.")
    until(lambda: files.retrieve(ahead[1], vector_store_id=ahead[0]).localassist["stage"] == "embedding")
    assert files.retrieve(waiting[1], vector_store_id=waiting[0]).localassist["stage"] == "waiting"


def test_nothing_of_a_file_is_found_before_all_of_it_is(gated_lab: Lab) -> None:
    store_id, file_id = add(gated_lab, LONG)
    assert gated_lab.search(store_id, "heron") == []
    gated_lab.gate.set()
    poll(gated_lab, store_id, file_id)
    assert len(gated_lab.search(store_id, "heron", max_num_results=50)) == 50


def test_a_file_deleted_while_it_is_read_leaves_nothing(gated_lab: Lab, tmp_path: Path) -> None:
    store_id, file_id = add(gated_lab, LONG)
    other = gated_lab.upload(content=b"the crane flies")
    gated_lab.client.files.delete(file_id)
    gated_lab.gate.set()
    gated_lab.client.vector_stores.files.create_and_poll(other, vector_store_id=store_id)
    assert gated_lab.search(store_id, "heron") == []
    assert gated_lab.client.vector_stores.retrieve(store_id).file_counts.total == 1
    until(lambda: len(window_blocks(tmp_path)) == 1)


def test_files_that_a_run_may_wait_for_go_first(gated_lab: Lab) -> None:
    others = [gated_lab.upload(content=f"heron {number}".encode()) for number in range(4)]
    store = gated_lab.client.vector_stores.create(file_ids=others)
    wanted = gated_lab.upload(content=b"the crane flies")
    thread = gated_lab.client.beta.threads.create(
        messages=[
            {
                "role": "user",
                "content": "look",
                "attachments": [{"file_id": wanted, "tools": [{"type": "file_search"}]}],
            }
        ]
    )
    (thread_store,) = thread.tool_resources.file_search.vector_store_ids
    gated_lab.gate.set()
    poll(gated_lab, thread_store, wanted)
    for file_id in others:
        poll(gated_lab, store.id, file_id)
    made = gated_lab.store.chunk_store().files(thread_store) + gated_lab.store.chunk_store().files(store.id)
    places = {file.file_id: file.number for file in made}
    assert places[wanted] <= sorted(places.values())[1]  # one of the others may have been at work already


def test_the_same_content_is_read_and_embedded_once(lab: Lab) -> None:
    content = b"A text that no other test has: the bittern booms."
    first = add(lab, content)
    poll(lab, *first)
    before = lab.embedder.num_embedded
    for _ in range(2):
        again = add(lab, content)
        poll(lab, *again)
        assert lab.search(again[0], "bittern")[0].file_id == again[1]
    assert lab.embedder.num_embedded == before


def test_deleting_the_last_file_of_a_content_deletes_its_text(tmp_path: Path) -> None:
    with open_lab(tmp_path) as lab:
        (one, a), (other, b) = (add(lab, b"the heron waits") for _ in range(2))
        poll(lab, one, a)
        poll(lab, other, b)
        lab.client.files.delete(a)
        assert len(list((tmp_path / "extracted").glob("*.json"))) == 1
        lab.client.files.delete(b)
        assert list((tmp_path / "extracted").iterdir()) == []


def test_a_failing_model_is_tried_again_and_reported_at_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    with open_lab(tmp_path, clock=clock) as lab:
        tries = []

        def fail(texts: object) -> bytes:
            tries.append(clock.now)
            raise RetrievalFailed("The embedding model is missing.")

        monkeypatch.setattr(lab.embedder, "embed_passages", fail)
        store_id, file_id = add(lab, b"the heron waits")
        key = VectorStoreFile.key(store_id, file_id)
        for num_tries in (1, 2, 3):
            until(lambda: len(tries) == num_tries)  # noqa: B023
            until(lambda: lab.store.get(VectorStoreFile, key).work in ("delayed", None))
            clock.advance(30)
            add(lab, b"")  # any news makes the worker look again
        item = lab.client.vector_stores.files.retrieve(file_id, vector_store_id=store_id)
        assert (item.status, item.last_error.code) == ("failed", "server_error")
        assert item.last_error.message == "The embedding model is missing."
        assert len(tries) == 3


def test_a_new_engine_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    with open_lab(tmp_path, gated=True) as lab:
        store_id, file_id = add(lab, LONG)
        until(
            lambda: lab.client.vector_stores.files.retrieve(file_id, vector_store_id=store_id).localassist[
                "windows_total"
            ]
        )
    with open_lab(tmp_path) as lab:
        assert poll(lab, store_id, file_id).status == "completed"
        assert lab.search(store_id, "heron")


def test_closing_gives_up_loading_the_model_and_the_next_engine_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading, interrupted = threading.Event(), threading.Event()

    def load(text: str) -> bool:
        loading.set()
        assert interrupted.wait(30)
        raise RetrievalFailed("localassist is closing")

    with open_lab(tmp_path) as lab:
        monkeypatch.setattr(lab.embedder, "can_read", load)
        monkeypatch.setattr(lab.embedder, "interrupt", interrupted.set)
        store_id, file_id = add(lab, b"the heron waits")
        assert loading.wait(30)
    with open_lab(tmp_path) as lab:
        assert poll(lab, store_id, file_id).status == "completed"


def test_a_file_that_ends_the_process_again_and_again_is_left_alone(tmp_path: Path) -> None:
    store = SqliteStore(None)
    ledger = StoreLedger(store, store.chunk_store())
    ledger.attend(NoQueue())
    stores = VectorStoreService(store, ledger, clock=lambda: 1)
    store.insert(File(id="file-a", purpose="assistants", filename="a.txt", bytes=1, created_at=1))
    store_id = stores.create(validate(CreateVectorStore, {"file_ids": ["file-a"]})).id
    for _ in range(5):
        jobs = StoredJobs(store, ledger, clock=lambda: 1)
        assert jobs.recover()
        assert jobs.claim() is not None
        assert jobs.claim() is None  # it is leased
    jobs = StoredJobs(store, ledger, clock=lambda: 1)
    jobs.recover()
    assert jobs.claim() is None
    file = store.get(VectorStoreFile, VectorStoreFile.key(store_id, "file-a"))
    assert file.last_error is not None
    assert (file.status, file.last_error.code) == ("failed", "server_error")
    assert "stopped the service 5 times" in file.last_error.message


def test_a_lease_that_ran_out_is_taken_over_and_the_late_worker_told() -> None:
    clock = ManualClock()
    store = SqliteStore(None)
    ledger = StoreLedger(store, store.chunk_store())
    ledger.attend(NoQueue())
    stores = VectorStoreService(store, ledger, clock=clock)
    store.insert(File(id="file-a", purpose="assistants", filename="a.txt", bytes=1, created_at=1))
    stores.create(validate(CreateVectorStore, {"file_ids": ["file-a"]}))
    jobs = StoredJobs(store, ledger, clock=clock)
    late = jobs.claim()
    assert late is not None
    clock.advance(100)
    assert jobs.renew(late, Progress(stage="embedding", windows_done=1, windows_total=2))
    clock.advance(119)
    assert jobs.claim() is None
    clock.advance(2)
    taken = jobs.claim()
    assert taken is not None
    assert not jobs.renew(late, Progress())
    assert not jobs.complete(late, lambda _: 1)
    assert jobs.complete(taken, lambda _: 1)
