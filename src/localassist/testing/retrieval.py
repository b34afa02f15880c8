"""An embedder and a retriever that know words and nothing else. No model, no index."""

import math
import re
import struct
import threading
import zlib
from collections.abc import Sequence

from localassist.protocols import (
    Chunk,
    ChunkStore,
    FoundChunk,
    IndexFinding,
    SearchOptions,
    StoredFile,
)


class WordEmbedder:
    """Vectors of which words a text has, of which equal words make similar ones. Deterministic and instant.

    `num_embedded` counts the passages; a `gate`, when given, is waited for before each batch.
    """

    name = "words"
    dimensions = 64
    fingerprint = "words-64"
    max_tokens = 256

    def __init__(self, gate: threading.Event | None = None) -> None:
        self.num_embedded = 0
        self._gate = gate

    def embed_passages(self, texts: Sequence[str]) -> bytes:
        """One row for each text."""
        if self._gate is not None:
            self._gate.wait(timeout=30)
        self.num_embedded += len(texts)
        return b"".join(map(self._vector, texts))

    def embed_queries(self, texts: Sequence[str]) -> bytes:
        """As passages, uncounted and without waiting."""
        return b"".join(map(self._vector, texts))

    def token_starts(self, text: str) -> Sequence[int]:
        """Every word is a token."""
        return [match.start() for match in re.finditer(r"\S+\s*", text)]

    def can_read(self, text: str) -> bool:
        """It reads everything."""
        return True

    def unreadable_scripts(self) -> list[str]:
        """None."""
        return []

    def interrupt(self) -> None:
        """Nothing is loaded."""

    def close(self) -> None:
        """Nothing to release."""

    def _vector(self, text: str) -> bytes:
        weights = [0.0] * self.dimensions
        for word in re.findall(r"\w+", text.lower()):
            weights[zlib.crc32(word.encode()) % self.dimensions] += 1.0
        length = math.sqrt(sum(weight * weight for weight in weights)) or 1.0
        return struct.pack(f"<{self.dimensions}f", *(weight / length for weight in weights))


class WordRetriever:
    """A `Retriever` that finds chunks by the words they share with the queries. `searches` keeps what was asked."""

    def __init__(self, chunks: ChunkStore) -> None:
        self._chunks = chunks
        self.searches: list[tuple[list[str], list[str], SearchOptions]] = []

    def search(self, store_ids: Sequence[str], queries: Sequence[str], options: SearchOptions) -> list[FoundChunk]:
        """Chunks with any of the words, best first. Filters are not looked at."""
        self.searches.append((list(store_ids), list(queries), options))
        words = set(re.findall(r"\w+", " ".join(queries).lower()))
        found = []
        for store_id in store_ids:
            for file in self._chunks.files(store_id):
                for chunk in self._chunks.chunks_of(store_id, file.file_id):
                    score = len(words & set(re.findall(r"\w+", chunk.text.lower()))) / max(len(words), 1)
                    if score > options.score_threshold:
                        found.append(_found(file, chunk, score))
        return sorted(found, key=lambda one: -one.score)[: options.max_results]

    def refresh(self) -> None:
        """There is no index."""

    def verify(self) -> list[IndexFinding]:
        """There is no index."""
        return []

    def rebuild(self, store_ids: Sequence[str] | None = None) -> list[IndexFinding]:
        """There is no index."""
        return []

    def close(self) -> None:
        """Nothing to release."""


def _found(file: StoredFile, chunk: Chunk, score: float) -> FoundChunk:
    return FoundChunk(
        vector_store_id=file.store_id,
        file_id=file.file_id,
        file_name=file.file_name,
        start=chunk.start,
        end=chunk.end,
        text=chunk.text,
        score=score,
        page=chunk.page,
        last_page=chunk.last_page,
        heading=chunk.heading,
        line=chunk.line,
        last_line=chunk.last_line,
        attributes=file.attributes,
    )
