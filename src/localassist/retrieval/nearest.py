"""The leg by meaning: exact search for small stores and under filters, the index for the rest."""

import logging
import threading
from collections.abc import Collection, Sequence
from typing import NamedTuple

from localassist.errors import RetrievalFailed
from localassist.protocols import ChunkStore, StoredFile, VectorIndex
from localassist.retrieval.store_vectors import ChunkHit, StoreVectors
from localassist.retrieval.vectors import Vectors, to_bytes

logger = logging.getLogger(__name__)

EXACT_WINDOWS = 20_000  # up to here exact search is as fast as an index, and always right
_WINDOWS_PER_CHUNK = 4  # windows asked of the index for each chunk wanted, since neighbours lie in the same


class _Snapshot(NamedTuple):
    version: int
    files: Sequence[StoredFile]


class NearestChunks:
    """Finds the chunks nearest to a vector. Safe to use from any thread."""

    def __init__(
        self,
        chunks: ChunkStore,
        fingerprint: str,
        *,
        vectors: StoreVectors | None = None,
        exact_windows: int = EXACT_WINDOWS,
    ) -> None:
        self._chunks = chunks
        self._fingerprint = fingerprint
        self._index: VectorIndex | None = None
        self._vectors = vectors or StoreVectors(chunks)
        self._exact_windows = exact_windows
        self._lock = threading.Lock()
        self._snapshots: dict[str, _Snapshot] = {}
        self._warned: set[str] = set()

    def use_index(self, index: VectorIndex | None) -> None:
        """Search large stores with this index from now on, with none exactly."""
        self._index = index

    def files(self, store_id: str) -> Sequence[StoredFile]:
        """The searchable files of a store, read again only after a change."""
        version = self._chunks.version(store_id)
        known = self._snapshots.get(store_id)
        if known is None or known.version != version:
            known = _Snapshot(version, self._chunks.files(store_id))
            self._warn_of_others(store_id, known.files)
            with self._lock:
                self._snapshots[store_id] = known
        return known.files

    def comparable(self, files: Sequence[StoredFile]) -> list[StoredFile]:
        """Files whose vectors the present embedding model made."""
        return [file for file in files if file.key is not None and file.key.fingerprint == self._fingerprint]

    def search(
        self,
        store_id: str,
        files: Sequence[StoredFile],
        vector: Vectors,
        *,
        limit: int,
        allowed: Collection[int] | None = None,
    ) -> list[ChunkHit]:
        """Best first; `allowed` are the numbers of the files that may be found, None for all."""
        searched = self.comparable(files)
        index = self._index
        if allowed is None and index is not None and self.needs_index(searched):
            try:
                return self._by_index(index, store_id, searched, vector, limit)
            except RetrievalFailed as exc:
                logger.warning("%s Searching without it.", exc, extra={"action": "index_failed"})
        return self._vectors.nearest(store_id, searched, vector, limit=limit, allowed=allowed)

    def needs_index(self, files: Sequence[StoredFile]) -> bool:
        return sum(file.num_windows for file in files) > self._exact_windows

    def _by_index(
        self, index: VectorIndex, store_id: str, files: Sequence[StoredFile], vector: Vectors, limit: int
    ) -> list[ChunkHit]:
        """The index for what it holds, exact search for what it does not hold yet."""
        file_by_number = {file.number: file for file in files}
        best: dict[int, float] = {}
        for number, window, score in index.search(store_id, to_bytes(vector), limit * _WINDOWS_PER_CHUNK):
            file = file_by_number.get(number)
            if file is not None and window < file.num_windows:
                chunk_id = int(self._vectors.chunk_ids(file)[window])
                best[chunk_id] = max(score, best.get(chunk_id, -1.0))
        waiting = [file for file in files if not file.is_indexed]
        for chunk_id, score in self._vectors.nearest(f"{store_id}:waiting", waiting, vector, limit=limit):
            best[chunk_id] = max(score, best.get(chunk_id, -1.0))
        return sorted((ChunkHit(*hit) for hit in best.items()), key=lambda hit: -hit.score)[:limit]

    def _warn_of_others(self, store_id: str, files: Sequence[StoredFile]) -> None:
        """Vectors of another model are left out of a search, which must not go unnoticed."""
        others = {file.key.fingerprint for file in files if file.key and file.key.fingerprint != self._fingerprint}
        if others and store_id not in self._warned:
            self._warned.add(store_id)
            logger.warning(
                "Files of the vector store '%s' were embedded by another model (%s, now %s): they are found by their "
                "words only. `localassist index rebuild` embeds them again.",
                store_id,
                ", ".join(sorted(others)),
                self._fingerprint,
                extra={"action": "embedding_model_changed"},
            )
