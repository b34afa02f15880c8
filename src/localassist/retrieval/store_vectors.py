"""The vectors of vector stores in memory, for exact search: loaded on demand, dropped when others need the room."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from localassist.protocols import ChunkStore, StoredFile
from localassist.retrieval.vectors import Vectors, from_bytes

MAX_BYTES = 256 << 20  # of all stores together; a store that alone is larger is read from the database each time


class ChunkHit(NamedTuple):
    """A chunk, and the cosine of the best of its windows."""

    chunk_id: int
    score: float


@dataclass(frozen=True, slots=True)
class PackedVectors:
    """All windows of some files, row by row. Rows of `numbers[i]` are `bounds[i]` to `bounds[i + 1]`."""

    numbers: Sequence[int]
    bounds: npt.NDArray[np.int64]
    matrix: Vectors
    chunk_ids: npt.NDArray[np.int64]

    def scores(self, vector: Vectors, allowed: Collection[int] | None) -> npt.NDArray[np.float32]:
        """The cosine for every row; -2 for rows of files that are not allowed."""
        if allowed is None:
            return self.matrix @ vector
        scores = np.full(len(self.matrix), -2, np.float32)
        for start, end in self._runs(frozenset(allowed)):
            scores[start:end] = self.matrix[start:end] @ vector
        return scores

    def _runs(self, allowed: Collection[int]) -> Iterator[tuple[int, int]]:
        """Rows of allowed files, neighbouring ones together."""
        run: tuple[int, int] | None = None
        for place, number in enumerate(self.numbers):
            if number not in allowed:
                continue
            start, end = int(self.bounds[place]), int(self.bounds[place + 1])
            if run is not None and run[1] == start:
                run = (run[0], end)
                continue
            if run is not None:
                yield run
            run = (start, end)
        if run is not None:
            yield run


class StoreVectors:
    """Reads windows from the chunk store, and keeps what was read. Safe to use from any thread."""

    def __init__(self, chunks: ChunkStore, *, max_bytes: int = MAX_BYTES) -> None:
        self._chunks = chunks
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._packed: OrderedDict[str, PackedVectors] = OrderedDict()
        self._chunk_ids: dict[int, npt.NDArray[np.int64]] = {}

    def nearest(
        self,
        store_id: str,
        files: Sequence[StoredFile],
        vector: Vectors,
        *,
        limit: int,
        allowed: Collection[int] | None = None,
    ) -> list[ChunkHit]:
        """The best chunks by exact search over these files, which are all of the store with comparable vectors.

        `allowed` are the numbers of files that may be found.
        """
        if _size_bytes(files, len(vector)) <= self._max_bytes:
            packed = self._current(store_id, files, len(vector))
            return _best_chunks(packed.scores(vector, allowed), packed.chunk_ids, limit)
        best: list[ChunkHit] = []
        for file in files:
            if allowed is None or file.number in allowed:
                packed = self._read([file], len(vector))
                best += _best_chunks(packed.scores(vector, None), packed.chunk_ids, limit)
        return sorted(best, key=lambda hit: -hit.score)[:limit]

    def chunk_ids(self, file: StoredFile) -> npt.NDArray[np.int64]:
        """For each window of a file the chunk in which it lies most centrally."""
        known = self._chunk_ids.get(file.number)
        if known is None:
            known = self._chunk_ids[file.number] = _central_chunks(self._chunks, file)
        return known

    def forget(self, store_id: str) -> None:
        with self._lock:
            self._packed.pop(store_id, None)

    def _current(self, store_id: str, files: Sequence[StoredFile], dimensions: int) -> PackedVectors:
        """The store's windows as they are now, those read before taken over."""
        with self._lock:
            packed = self._packed.get(store_id)
            numbers = [file.number for file in files]
            if packed is None or packed.numbers != numbers:
                kept = None if packed is None else _only(packed, set(numbers))
                known = set() if kept is None else set(kept.numbers)
                fresh = self._read([file for file in files if file.number not in known], dimensions)
                packed = fresh if kept is None else _joined(kept, fresh)
                self._packed[store_id] = packed
            self._packed.move_to_end(store_id)
            self._make_room()
            return packed

    def _make_room(self) -> None:
        while sum(packed.matrix.nbytes for packed in self._packed.values()) > self._max_bytes:
            _, dropped = self._packed.popitem(last=False)
            for number in dropped.numbers:
                self._chunk_ids.pop(number, None)

    def _read(self, files: Sequence[StoredFile], dimensions: int) -> PackedVectors:
        bounds = np.zeros(len(files) + 1, np.int64)
        np.cumsum([file.num_windows for file in files], out=bounds[1:])
        matrix = np.zeros((int(bounds[-1]), dimensions), np.float32)
        chunk_ids = np.zeros(int(bounds[-1]), np.int64)
        for place, file in enumerate(files):
            start, end = int(bounds[place]), int(bounds[place + 1])
            for block in self._chunks.windows(file.key) if file.key else ():
                rows = matrix[start + block.first : min(end, start + block.first + len(block.starts))]
                rows[:] = from_bytes(block.vectors, len(block.starts))[: len(rows)]
            chunk_ids[start:end] = self.chunk_ids(file)
        return PackedVectors([file.number for file in files], bounds, matrix, chunk_ids)


def _size_bytes(files: Sequence[StoredFile], dimensions: int) -> int:
    return sum(file.num_windows for file in files) * dimensions * 4


def _best_chunks(scores: npt.NDArray[np.float32], chunk_ids: npt.NDArray[np.int64], limit: int) -> list[ChunkHit]:
    """Chunks by the best of their windows. Some windows more than chunks are looked at, since neighbours share one."""
    num_windows = min(len(scores), limit * 4)
    if num_windows == 0:
        return []
    rows = np.argpartition(-scores, num_windows - 1)[:num_windows]
    rows = rows[np.lexsort((rows, -scores[rows]))]
    found: dict[int, float] = {}
    for row in rows:
        if scores[row] < -1.5:
            break
        found.setdefault(int(chunk_ids[row]), float(scores[row]))
    return [ChunkHit(chunk_id, score) for chunk_id, score in list(found.items())[:limit]]


def _only(packed: PackedVectors, numbers: Collection[int]) -> PackedVectors:
    """Without the files that are gone."""
    kept = [place for place, number in enumerate(packed.numbers) if number in numbers]
    if len(kept) == len(packed.numbers):
        return packed
    lengths = np.diff(packed.bounds)[kept]
    bounds = np.zeros(len(kept) + 1, np.int64)
    np.cumsum(lengths, out=bounds[1:])
    rows = np.concatenate([np.arange(packed.bounds[i], packed.bounds[i + 1]) for i in kept] or [np.arange(0)])
    return PackedVectors([packed.numbers[i] for i in kept], bounds, packed.matrix[rows], packed.chunk_ids[rows])


def _joined(first: PackedVectors, second: PackedVectors) -> PackedVectors:
    return PackedVectors(
        [*first.numbers, *second.numbers],
        np.concatenate([first.bounds, second.bounds[1:] + first.bounds[-1]]),
        np.concatenate([first.matrix, second.matrix]),
        np.concatenate([first.chunk_ids, second.chunk_ids]),
    )


def _central_chunks(chunks: ChunkStore, file: StoredFile) -> npt.NDArray[np.int64]:
    """The chunk whose edges are farthest from the window's middle, among those around it."""
    spans = chunks.spans(file.number)
    starts = np.asarray(chunks.window_starts(file.key)[: file.num_windows] if file.key else [], np.int64)
    if not spans or not len(starts):
        return np.zeros(len(starts), np.int64)
    ids, firsts, ends = (np.asarray(column, np.int64) for column in zip(*spans, strict=True))
    middles = (starts + np.append(starts[1:], ends[-1])) // 2  # as far as the next window's beginning
    place = np.clip(np.searchsorted(firsts, middles, side="right") - 1, 0, len(ids) - 1)
    best = place
    margin = np.minimum(middles - firsts[place], ends[place] - middles)
    for back in (1, 2):
        earlier = np.maximum(place - back, 0)
        earlier_margin = np.minimum(middles - firsts[earlier], ends[earlier] - middles)
        best = np.where(earlier_margin > margin, earlier, best)
        margin = np.maximum(margin, earlier_margin)
    central: npt.NDArray[np.int64] = ids[best]
    return central
