"""The ingestion's jobs: files of vector stores that are in progress, claimed by lease, oldest first."""

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from localassist.objects.files import File
from localassist.objects.vector_stores import FileError, Ingestion, Progress, VectorStoreFile
from localassist.protocols import ChunkingStrategy, IngestionFault, IngestionJob, Page, Store
from localassist.service.store_ledger import StoreLedger

logger = logging.getLogger(__name__)

LEASE_S = 120
BACKOFF_S = (5, 30)  # before the second and the third try of a file that failed through no fault of its own
MAX_CLAIMS = 5  # a file whose ingestion took the process down so often is left alone


class StoredJobs:
    """Implements `IngestionJobs` on the files as they are stored."""

    def __init__(self, store: Store, ledger: StoreLedger, *, clock: Callable[[], int]) -> None:
        self._store = store
        self._ledger = ledger
        self._clock = clock

    def recover(self) -> bool:
        """Take back what an engine before this one had claimed; returns whether there is anything to do."""
        with self._store.transaction():
            for file in self._store.all(VectorStoreFile, work="leased"):
                self._change_job(file, claim=None)
        queues = ("urgent", "waiting", "delayed")
        return bool(self._store.page(VectorStoreFile, Page(limit=1), work=queues).items)

    def claim(self) -> IngestionJob | None:
        with self._store.transaction():
            while (file := self._next()) is not None:
                if _job_of(file).num_claims < MAX_CLAIMS:
                    return self._lease(file)
                message = f"Reading this file stopped the service {MAX_CLAIMS} times, so it is left alone now."
                self._end(file, FileError(code="server_error", message=message))
        return None

    def _next(self) -> VectorStoreFile | None:
        for work in ("urgent", "waiting"):
            for file in self._store.page(VectorStoreFile, Page(limit=1, order="asc"), work=work).items:
                return file
        for file in self._store.all(VectorStoreFile, work=("delayed", "leased")):
            due_at = _job_of(file).not_before if file.work == "delayed" else _job_of(file).leased_until
            if due_at <= self._clock():
                return file
        return None

    def _lease(self, file: VectorStoreFile) -> IngestionJob:
        stored = self._store.get(File, file.file_id)
        claim, until = secrets.token_hex(8), self._clock() + LEASE_S
        self._change_job(file, claim=claim, leased_until=until, num_claims=_job_of(file).num_claims + 1)
        sizes = file.chunking_strategy.static
        return IngestionJob(
            vector_store_id=file.vector_store_id,
            file_id=file.file_id,
            filename=stored.filename,
            size_bytes=stored.bytes,
            strategy=ChunkingStrategy(
                max_chunk_size_tokens=sizes.max_chunk_size_tokens, chunk_overlap_tokens=sizes.chunk_overlap_tokens
            ),
            claim=claim,
        )

    def renew(self, job: IngestionJob, progress: Progress) -> bool:
        with self._store.transaction():
            file = self._claimed(job)
            if file is None:
                return False
            renewed = file.model_copy(update={"localassist": progress})
            self._change_job(renewed, leased_until=self._clock() + LEASE_S)
        return True

    def complete(self, job: IngestionJob, put: Callable[[Mapping[str, Any]], int]) -> bool:
        with self._store.transaction():
            file = self._claimed(job)
            if file is None:
                return False
            usage_bytes = put(file.attributes)
            self._ledger.settle(file, "completed", usage_bytes=usage_bytes, last_error=None)
        return True

    def fail(self, job: IngestionJob, fault: IngestionFault, message: str) -> bool:
        with self._store.transaction():
            file = self._claimed(job)
            if file is None:
                return True
            error = FileError(code=fault, message=message)
            num_failures = _job_of(file).num_failures
            if fault == "server_error" and num_failures < len(BACKOFF_S):
                due_at = self._clock() + BACKOFF_S[num_failures]
                failed = file.model_copy(update={"last_error": error})
                self._change_job(failed, claim=None, num_claims=0, num_failures=num_failures + 1, not_before=due_at)
                return False
            self._end(file, error)
        return True

    def release(self, job: IngestionJob) -> None:
        with self._store.transaction():
            file = self._claimed(job)
            if file is not None:
                self._change_job(file, claim=None, num_claims=_job_of(file).num_claims - 1)

    def next_due_s(self) -> float | None:
        delayed = self._store.all(VectorStoreFile, work="delayed")
        times = [_job_of(file).not_before for file in delayed]
        return max(0.0, min(times) - self._clock()) if times else None

    def _change_job(self, file: VectorStoreFile, **changes: Any) -> None:
        self._store.update(file.model_copy(update={"ingestion": _job_of(file).model_copy(update=changes)}))

    def _claimed(self, job: IngestionJob) -> VectorStoreFile | None:
        """The file of a job whose claim still holds."""
        file = self._store.find(VectorStoreFile, VectorStoreFile.key(job.vector_store_id, job.file_id))
        if file is None or file.ingestion is None or file.ingestion.claim != job.claim:
            return None
        return file

    def _end(self, file: VectorStoreFile, error: FileError) -> None:
        self._ledger.settle(file, "failed", last_error=error, usage_bytes=0)
        extra = {"action": "ingestion_failed", "file_id": file.file_id, "vector_store_id": file.vector_store_id}
        logger.warning("%s is not searchable (%s): %s", file.file_id, error.code, error.message, extra=extra)


def _job_of(file: VectorStoreFile) -> Ingestion:
    assert file.ingestion is not None, "only files with work to do are asked for"
    return file.ingestion
