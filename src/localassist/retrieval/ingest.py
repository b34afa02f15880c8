"""Makes files searchable in the background: bytes, text, chunks, windows with vectors, one transaction, the index."""

import logging
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from localassist.errors import Conflict, LocalAssistError
from localassist.protocols import (
    BlobStore,
    ChunkStore,
    Embedder,
    FilePassages,
    IngestionJob,
    IngestionJobs,
    Retriever,
    SourceText,
)
from localassist.retrieval.chunking import chunk_text
from localassist.retrieval.extract.faults import FileRefused, invalid
from localassist.retrieval.extract.process import Extractor
from localassist.retrieval.ingestion_task import Closing, IngestionTask, Unwanted
from localassist.retrieval.texts import ExtractedTexts, copy_out
from localassist.retrieval.tokens import count_tokens
from localassist.retrieval.windows import embed_text

logger = logging.getLogger(__name__)

MAX_TOKENS = 5_000_000  # of one file (contract §1.8)


class IngestionWorker:
    """Implements `IngestionQueue` with one thread, which is started at the first job."""

    def __init__(
        self,
        jobs: IngestionJobs,
        blobs: BlobStore,
        chunks: ChunkStore,
        embedder: Embedder,
        retriever: Retriever,
        *,
        texts: ExtractedTexts,
        extractor: Extractor,
    ) -> None:
        self._jobs = jobs
        self._blobs = blobs
        self._chunks = chunks
        self._embedder = embedder
        self._retriever = retriever
        self._texts = texts
        self._extractor = extractor
        self._news = threading.Condition()
        self._has_news = False
        self._has_leftovers = True  # windows of files that were given up, by the last engine perhaps
        self._closing = False
        self._thread: threading.Thread | None = None

    def notify(self) -> None:
        with self._news:
            self._has_news = True
            self._news.notify_all()
            if self._thread is None and not self._closing:
                self._thread = threading.Thread(target=self._work, name="ingestion", daemon=True)
                self._thread.start()

    def forget(self, file_id: str) -> None:
        self._texts.forget(file_id)
        self._retriever.refresh()

    def close(self) -> None:
        """Stop after the batch at work; what is done of a file is kept."""
        with self._news:
            self._closing = True
            self._news.notify_all()
        self._embedder.interrupt()
        if self._thread is not None:
            self._thread.join()
        self._extractor.close()
        self._embedder.close()

    def _work(self) -> None:
        while not self._closing:
            job = self._jobs.claim()
            if job is not None:
                self._carry_out(job)
                continue
            due_s = self._jobs.next_due_s()
            if due_s is None and self._has_leftovers:
                self._has_leftovers = False
                self._chunks.discard_unused()
            with self._news:
                if not self._has_news and not self._closing:
                    self._news.wait(due_s)
                self._has_news = False

    def _carry_out(self, job: IngestionJob) -> None:
        """The catch-all of the thread: a fault nobody foresaw fails its file and nothing else."""
        task = IngestionTask(job, self._jobs, lambda: self._closing)
        try:
            with task:
                self._ingest(job, task)
        except Unwanted:
            self._has_leftovers = True
            task.log("is not wanted any more")
        except (Closing, Conflict):
            self._jobs.release(job)
        except FileRefused as exc:
            self._has_leftovers = True
            self._jobs.fail(job, exc.fault, exc.message)
        except LocalAssistError as exc:
            if self._closing:
                self._jobs.release(job)
                return
            self._has_leftovers = True
            self._jobs.fail(job, "server_error", exc.message)
        except Exception as exc:
            logger.exception("Reading %s failed.", job.file_id, extra=task.extra)
            self._jobs.fail(job, "server_error", f"{type(exc).__name__}: {exc}")

    def _ingest(self, job: IngestionJob, task: IngestionTask) -> None:
        task.log("is being read")
        source = self._text_of(job, task)
        num_tokens = count_tokens(source.text)
        if num_tokens > MAX_TOKENS:
            raise invalid(f"The file has {num_tokens} tokens; at most {MAX_TOKENS} are accepted. Split it.")
        chunks = chunk_text(source, job.strategy)
        task.prepare()
        embedded = embed_text(
            source.text,
            self._embedder,
            self._chunks,
            max_tokens=job.strategy.max_chunk_size_tokens,
            on_progress=task.windows,
            check=task.check,
        )

        def put(attributes: Mapping[str, Any]) -> int:
            passages = FilePassages(
                store_id=job.vector_store_id,
                file_id=job.file_id,
                file_name=job.filename,
                chunks=chunks,
                key=embedded.key,
                num_windows=embedded.num_windows,
                attributes=attributes,
                page_starts=source.page_starts,
            )
            return self._chunks.put(passages).size_bytes

        if not self._jobs.complete(job, put):
            raise Unwanted
        self._retriever.refresh()
        task.log(f"is searchable ({len(chunks)} chunks, {embedded.num_windows} windows)")

    def _text_of(self, job: IngestionJob, task: IngestionTask) -> SourceText:
        with tempfile.TemporaryDirectory(prefix="localassist-ingest-") as scratch:
            with self._blobs.open(job.file_id) as content:
                copied = copy_out(content, Path(scratch) / "file", job.filename)
            found = self._texts.find(copied.key, job.file_id)
            if found is None:
                found = self._extractor.extract(copied.path, job.filename, check=task.check, on_pages=task.pages)
                with suppress(OSError):  # a text that cannot be kept is extracted again when it is needed
                    self._texts.keep(copied.key, job.file_id, found)
        return found
