"""Progress of one ingestion job: renewed by itself, at once when a stage begins, and what ends the work."""

import queue

import pytest

from localassist.errors import Conflict
from localassist.objects.vector_stores import Progress
from localassist.protocols import ChunkingStrategy, IngestionJob
from localassist.retrieval.ingestion_task import Closing, IngestionTask, Unwanted

JOB = IngestionJob("vs_1", "file-1", "a.pdf", 1, ChunkingStrategy(), "claim")
NEVER_S = 3600.0


class Renewals:
    """Jobs that keep what was renewed; nobody wants the job any more from the given renewal on."""

    def __init__(self, *, num_wanted: int = 1 << 30, fault: Exception | None = None) -> None:
        self.stored: queue.Queue[Progress] = queue.Queue()
        self._num_wanted = num_wanted
        self._fault = fault

    def renew(self, job: IngestionJob, progress: Progress) -> bool:
        assert job is JOB
        if self._fault is not None:
            raise self._fault
        self.stored.put(progress)
        self._num_wanted -= 1
        return self._num_wanted >= 0


def task(jobs: Renewals, *, is_closing: bool = False, renewal_s: float = NEVER_S) -> IngestionTask:
    return IngestionTask(JOB, jobs, lambda: is_closing, renewal_s=renewal_s)  # type: ignore[arg-type]


def test_work_that_tells_nothing_is_renewed_by_itself() -> None:
    jobs = Renewals()
    with task(jobs, renewal_s=0.001) as working:
        working.prepare()
        stages = [jobs.stored.get(timeout=30).stage for _ in range(5)]
    assert stages[-1] == "preparing"


def test_a_stage_that_begins_is_stored_at_once() -> None:
    jobs = Renewals()
    with task(jobs) as working:
        for done in range(3):
            working.pages(done, 3)
        working.prepare()
        for done in range(3):
            working.windows(done, 2)
    stored = [jobs.stored.get_nowait() for _ in range(jobs.stored.qsize())]
    assert stored == [
        Progress(stage="reading"),
        Progress(stage="reading", pages_total=3),
        Progress(stage="preparing", pages_done=3, pages_total=3),
        Progress(stage="embedding", pages_done=3, pages_total=3, windows_total=2),
    ]


def test_a_job_that_nobody_wants_is_stopped_at_the_next_check() -> None:
    with task(Renewals(num_wanted=1)) as working:
        working.check()
        working.prepare()
        with pytest.raises(Unwanted):
            working.check()


def test_a_closing_engine_stops_the_work() -> None:
    with task(Renewals(), is_closing=True) as working, pytest.raises(Closing):
        working.check()


def test_a_store_that_refuses_to_renew_is_heard_at_the_next_check() -> None:
    with task(Renewals(fault=Conflict("locked"))) as working, pytest.raises(Conflict):
        working.check()
