"""An embedder without a model, and an index without Chroma: words are coordinates."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from localassist.protocols import ChunkingStrategy, ChunkStore, FilePassages, SourceText, VectorHit, WindowBlock
from localassist.retrieval import tokens
from localassist.retrieval.chunking import chunk_text
from localassist.retrieval.vectors import Vectors, from_bytes, normalised, to_bytes
from localassist.retrieval.windows import embed_text

DIMENSIONS = 64


class WordEmbedder:
    """Each word points in a direction of its own. It reads no Korean."""

    max_tokens = 1000
    dimensions = DIMENSIONS

    def __init__(self, name: str = "words") -> None:
        self.name = name
        self.fingerprint = f"{name}:1"
        self.num_embedded = 0

    def embed_passages(self, texts: Sequence[str]) -> bytes:
        self.num_embedded += len(texts)
        return to_bytes(normalised(np.array([self._vector(text) for text in texts])))

    def embed_queries(self, texts: Sequence[str]) -> bytes:
        return to_bytes(normalised(np.array([self._vector(text) for text in texts])))

    def _vector(self, text: str) -> Vectors:
        total = np.full(DIMENSIONS, 1e-6, np.float32)
        for word in re.findall(r"\w+", text.lower()):
            seed = int.from_bytes(hashlib.sha256(f"{self.name} {word}".encode()).digest()[:8])
            total += np.random.default_rng(seed).normal(size=DIMENSIONS).astype(np.float32)
        return total

    def token_starts(self, text: str) -> Sequence[int]:
        return tokens.token_starts(text)

    def can_read(self, text: str) -> bool:
        return not re.search("[\uac00-\ud7af]", text)

    def unreadable_scripts(self) -> list[str]:
        return ["Korean"]

    def interrupt(self) -> None:
        """Nothing is loaded."""

    def close(self) -> None:
        """Nothing to release."""


class MemoryIndex:
    """A `VectorIndex` that keeps all vectors and looks at each."""

    was_wiped = False

    def __init__(self, _directory: Path | None = None) -> None:
        self._stores: dict[str, dict[tuple[int, int], Vectors]] = {}

    def add(self, store_id: str, file_number: int, block: WindowBlock) -> None:
        store = self._stores.setdefault(store_id, {})
        for row, vector in enumerate(from_bytes(block.vectors, len(block.starts))):
            store[file_number, block.first + row] = vector

    def remove(self, store_id: str, file_number: int, num_windows: int) -> None:
        for window in range(num_windows):
            self._stores.get(store_id, {}).pop((file_number, window), None)

    def search(self, store_id: str, vector: bytes, limit: int) -> list[VectorHit]:
        query = from_bytes(vector, 1)[0]
        hits = [VectorHit(*place, float(held @ query)) for place, held in self._stores.get(store_id, {}).items()]
        return sorted(hits, key=lambda hit: -hit.score)[:limit]

    def count(self, store_id: str) -> int:
        return len(self._stores.get(store_id, {}))

    def drop(self, store_id: str) -> None:
        self._stores.pop(store_id, None)

    def store_ids(self) -> list[str]:
        return list(self._stores)

    def close(self) -> None:
        """Nothing to release."""


def put_text(
    chunks: ChunkStore,
    text: str,
    file_id: str,
    *,
    store_id: str = "vs_1",
    embedder: WordEmbedder | None = None,
    strategy: ChunkingStrategy | None = None,
    attributes: dict[str, object] | None = None,
) -> None:
    """Make a text searchable as the file `file_id`.txt."""
    source, strategy = SourceText(text), strategy or ChunkingStrategy(100, 40)
    size = strategy.max_chunk_size_tokens
    key, num_windows = embed_text(text, embedder, chunks, max_tokens=size) if embedder else (None, 0)
    chunks.put(
        FilePassages(
            store_id,
            file_id,
            f"{file_id}.txt",
            chunk_text(source, strategy),
            key,
            num_windows,
            attributes=attributes or {},
        )
    )
