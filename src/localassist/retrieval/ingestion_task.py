"""One ingestion job while it is worked on: its progress, stored every second and logged every ten; whether to go on."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Self

from localassist.errors import LocalAssistError
from localassist.objects.vector_stores import IngestionStage, Progress
from localassist.protocols import IngestionJob, IngestionJobs

logger = logging.getLogger(__name__)

_REPORT_S = 10.0  # how often progress is logged


class Unwanted(Exception):
    """Nobody wants the job done any more."""


class Closing(Exception):
    """The engine is closing: the job goes on when the next one opens."""


class IngestionTask:
    """A context manager, in which a thread renews the claim: what takes long, such as loading a model, is not silent.

    All else is for the thread that does the work.
    """

    def __init__(
        self, job: IngestionJob, jobs: IngestionJobs, is_closing: Callable[[], bool], *, renewal_s: float = 1.0
    ) -> None:
        """`renewal_s` is how often progress is stored, and a cancellation seen."""
        self._job = job
        self._jobs = jobs
        self._is_closing = is_closing
        self._renewal_s = renewal_s
        self._progress = Progress(stage="reading")
        self._begun_at = time.monotonic()
        self._is_wanted = True
        self._fault: LocalAssistError | None = None
        self._renewing = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="ingestion-progress", daemon=True)
        self.extra: dict[str, Any] = {
            "action": "ingestion",
            "file_id": job.file_id,
            "vector_store_id": job.vector_store_id,
        }

    def __enter__(self) -> Self:
        self._renew()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def pages(self, done: int, total: int) -> None:
        """Pages read, of all."""
        self._set("reading", pages_done=done, pages_total=total)

    def prepare(self) -> None:
        """The text is there, whole; the embedding model is loaded next."""
        self._set("preparing", pages_done=self._progress.pages_total)

    def windows(self, done: int, total: int) -> None:
        """Windows embedded, of all."""
        self._set("embedding", windows_done=done, windows_total=total)

    def check(self) -> None:
        """Raises when the work should stop."""
        if self._is_closing():
            raise Closing
        if self._fault is not None:
            raise self._fault
        if not self._is_wanted:
            raise Unwanted

    def log(self, what: str) -> None:
        logger.info("%s %s.", self._job.file_id, what, extra=self.extra)

    def _set(self, stage: IngestionStage, **counts: int) -> None:
        """What begins is stored at once, what goes on with the next renewal."""
        before, after = self._progress, self._progress.model_copy(update={"stage": stage, **counts})
        self._progress = after
        if (before.stage, before.pages_total) != (after.stage, after.pages_total):
            self._renew()

    def _keep(self) -> None:
        logged_at = self._begun_at
        while not self._ended.wait(self._renewal_s):
            self._renew()
            if time.monotonic() - logged_at >= _REPORT_S:
                logged_at = time.monotonic()
                self.log(_told(self._progress, self._elapsed_s()))

    def _renew(self) -> None:
        with self._renewing:
            progress = self._progress.model_copy(update={"elapsed_s": self._elapsed_s()})
            try:
                self._is_wanted = self._jobs.renew(self._job, progress)
            except LocalAssistError as exc:
                self._fault = exc

    def _elapsed_s(self) -> int:
        return int(time.monotonic() - self._begun_at)


def _told(progress: Progress, elapsed_s: int) -> str:
    if progress.stage == "embedding":
        return f"is being embedded: {progress.windows_done} of {progress.windows_total} windows"
    if progress.stage == "preparing":
        return f"waits for the embedding model and is cut into windows ({elapsed_s} s so far)"
    pages = (
        f"{progress.pages_done} of {progress.pages_total} pages" if progress.pages_total else f"{elapsed_s} s so far"
    )
    return f"is being read: {pages}"
