"""The index of vectors: Chroma in a directory of its own, which can be deleted at any time.

Chroma holds vectors and numbers, no text; it is given vectors, so it never fetches a model. It is not crash-safe: a
directory left by a process that died is tried in another process before this one opens it, and wiped if that fails.
The data directory's lock is what keeps a second process out.
"""

import logging
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from localassist.errors import MissingExtra, RetrievalFailed
from localassist.protocols import VectorHit, WindowBlock
from localassist.retrieval.vectors import from_bytes

logger = logging.getLogger(__name__)

CLEAN_MARKER = "closed"  # there while no process has the directory open
_PROBE_TIMEOUT_S = 300
_MAX_BATCH = 5000  # Chroma takes up to 5461 rows in a call
# The graph is written rarely, since a kill while it is being written is what damages it.
_CONFIGURATION = {"hnsw": {"space": "cosine", "ef_search": 200, "sync_threshold": 20_000, "batch_size": 1000}}


class ChromaIndex:
    """A `VectorIndex` with one collection for each vector store. Safe to use from any thread.

    `was_wiped` says that what it held is lost: everything has to be added again.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.was_wiped = not _is_sound(directory)
        if self.was_wiped:
            shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        (directory / CLEAN_MARKER).unlink(missing_ok=True)
        with _translated():
            self._client = open_client(directory)
        self._collections: dict[str, Any] = {}

    def add(self, store_id: str, file_number: int, block: WindowBlock) -> None:
        vectors = from_bytes(block.vectors, len(block.starts))
        ids = [f"{file_number}:{block.first + row}" for row in range(len(vectors))]
        with _translated():
            collection = self._collection(store_id, create=True)
            for at in range(0, len(ids), _MAX_BATCH):
                collection.upsert(ids=ids[at : at + _MAX_BATCH], embeddings=vectors[at : at + _MAX_BATCH])

    def remove(self, store_id: str, file_number: int, num_windows: int) -> None:
        with _translated():
            collection = self._collection(store_id)
            for at in range(0, num_windows if collection else 0, _MAX_BATCH):
                last = min(at + _MAX_BATCH, num_windows)
                collection.delete(ids=[f"{file_number}:{window}" for window in range(at, last)])

    def search(self, store_id: str, vector: bytes, limit: int) -> list[VectorHit]:
        with _translated():
            collection = self._collection(store_id)
            if collection is None:
                return []
            query = np.array(from_bytes(vector, 1))
            found = collection.query(query_embeddings=query, n_results=limit, include=["distances"])
        hits = zip(found["ids"][0], found["distances"][0], strict=True)
        return [_hit(window_id, 1.0 - float(distance)) for window_id, distance in hits]

    def count(self, store_id: str) -> int:
        with _translated():
            collection = self._collection(store_id)
            return 0 if collection is None else int(collection.count())

    def drop(self, store_id: str) -> None:
        with _translated():
            if self._collection(store_id) is not None:
                self._client.delete_collection(store_id)
                del self._collections[store_id]

    def store_ids(self) -> list[str]:
        """The stores it holds vectors of."""
        with _translated():
            return [collection.name for collection in self._client.list_collections()]

    def close(self) -> None:
        with _translated():
            self._client.close()
        (self._directory / CLEAN_MARKER).touch()

    def _collection(self, store_id: str, *, create: bool = False) -> Any:
        known = self._collections.get(store_id)
        if known is not None:
            return known
        from chromadb.errors import NotFoundError

        try:
            collection = self._client.get_collection(store_id, embedding_function=None)
        except NotFoundError:
            if not create:
                return None
            collection = self._client.create_collection(
                store_id, configuration=_CONFIGURATION, embedding_function=None, get_or_create=True
            )
        self._collections[store_id] = collection
        return collection


def open_client(directory: Path) -> Any:
    """Chroma on a directory, without telemetry. Raises MissingExtra."""
    try:
        import chromadb
        from chromadb.config import Settings
    except ImportError as exc:
        raise MissingExtra.of("The index of large vector stores", "retrieval") from exc
    settings = Settings(anonymized_telemetry=False, chroma_otel_collection_endpoint="", is_persistent=True)
    return chromadb.PersistentClient(str(directory), settings=settings)


def _is_sound(directory: Path) -> bool:
    """Whether the directory may be opened here: new, closed in order, or tried by a process that may crash."""
    if not directory.exists() or not any(directory.iterdir()) or (directory / CLEAN_MARKER).exists():
        return True
    command = [sys.executable, "-m", "localassist.retrieval.index_probe", str(directory)]
    try:
        probe = subprocess.run(command, capture_output=True, text=True, timeout=_PROBE_TIMEOUT_S, check=False)
        outcome = f"ended with {probe.returncode}"
    except subprocess.TimeoutExpired:
        outcome = f"took more than {_PROBE_TIMEOUT_S} s"
    else:
        if probe.returncode == 0:
            return True
    logger.warning(
        "The index in %s was damaged when the last process died (trying it %s). It is made again from the database; "
        "until then searches are exact and slower.",
        directory,
        outcome,
        extra={"action": "index_wiped"},
    )
    return False


def _hit(window_id: str, score: float) -> VectorHit:
    number, window = window_id.split(":")
    return VectorHit(int(number), int(window), score)


@contextmanager
def _translated() -> Iterator[None]:
    """Chroma's failures, a panic of its native part included, as RetrievalFailed."""
    try:
        yield
    except (OSError, ValueError, TypeError, RuntimeError, KeyError) as exc:
        raise _failure(exc) from exc
    except BaseException as exc:
        if type(exc).__module__.startswith("chromadb") or type(exc).__name__ == "PanicException":
            raise _failure(exc) from exc
        raise


def _failure(exc: BaseException) -> RetrievalFailed:
    return RetrievalFailed(f"The index of vectors failed ({exc}). `localassist index rebuild` makes it again.")
