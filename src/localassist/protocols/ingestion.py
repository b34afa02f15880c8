"""The queue of files to make searchable: who works on them asks for jobs, and says what became of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from localassist.objects.vector_stores import Progress
from localassist.protocols.chunks import ChunkingStrategy, ChunkStore
from localassist.protocols.retrieval import Retriever
from localassist.protocols.storage import BlobStore

IngestionFault = Literal["server_error", "unsupported_file", "invalid_file"]


@dataclass(frozen=True, slots=True)
class IngestionJob:
    """A file to make searchable in a vector store. `claim` tells this claim of it from later ones."""

    vector_store_id: str
    file_id: str
    filename: str
    size_bytes: int
    strategy: ChunkingStrategy
    claim: str


class IngestionJobs(Protocol):
    """The jobs, kept with the files they are for. Each claim is leased: it ends unless it is renewed."""

    def claim(self) -> IngestionJob | None:
        """The next job, urgent ones first; None when nothing can be done now."""

    def renew(self, job: IngestionJob, progress: Progress) -> bool:
        """Keep the claim and store how far the work is; False when nobody wants the job done any more."""

    def complete(self, job: IngestionJob, put: Callable[[Mapping[str, Any]], int]) -> bool:
        """Make the file searchable and say so, in one transaction; False when nobody wants it any more.

        `put` gets the attributes as they are now, stores the passages, and returns their size in bytes.
        """

    def fail(self, job: IngestionJob, fault: IngestionFault, message: str) -> bool:
        """Record a failure. False when the job will be tried again: a `server_error` is, a few times."""

    def release(self, job: IngestionJob) -> None:
        """Give the job back undone, for whoever claims it next."""

    def next_due_s(self) -> float | None:
        """Seconds until a job that waits for another try is due; None when there is none."""


class IngestionQueue(Protocol):
    """Who works on the jobs, as seen by whoever makes them."""

    def notify(self) -> None:
        """There may be something to do. May be called inside the transaction that makes it so."""

    def forget(self, file_id: str) -> None:
        """The file was deleted: keep nothing that was read from it."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class FileSearch:
    """The parts of file search. `workers` makes the queue that works on the jobs, reading bytes from the blobs."""

    chunks: ChunkStore
    retriever: Retriever
    workers: Callable[[IngestionJobs, BlobStore], IngestionQueue]
