"""The `Retriever`: search, and the care of the index behind it."""

from collections.abc import Callable, Sequence

from localassist.protocols import Chunk, ChunkStore, Embedder, FoundChunk, IndexFinding, Reranker, SearchOptions
from localassist.retrieval.indexer import Indexer, OpenedIndex
from localassist.retrieval.nearest import EXACT_WINDOWS, NearestChunks
from localassist.retrieval.search import HybridSearch
from localassist.retrieval.tokens import count_tokens
from localassist.retrieval.windows import embed_text


class HybridRetriever:
    """Searches by meaning and by words. Without `open_index` every search is exact, whatever its store's size."""

    def __init__(
        self,
        chunks: ChunkStore,
        embedder: Embedder,
        *,
        open_index: Callable[[], OpenedIndex] | None = None,
        reranker: Reranker | None = None,
        exact_windows: int = EXACT_WINDOWS,
    ) -> None:
        self._chunks = chunks
        self._embedder = embedder
        self._reranker = reranker
        self._nearest = NearestChunks(chunks, embedder.fingerprint, exact_windows=exact_windows)
        self._search = HybridSearch(chunks, embedder, self._nearest, reranker)
        self._indexer = Indexer(chunks, self._nearest, open_index) if open_index is not None else None

    def search(self, store_ids: Sequence[str], queries: Sequence[str], options: SearchOptions) -> list[FoundChunk]:
        return self._search.search(store_ids, queries, options)

    def refresh(self) -> None:
        if self._indexer is not None:
            self._indexer.notify()

    def verify(self) -> list[IndexFinding]:
        return [] if self._indexer is None else self._indexer.findings()

    def rebuild(self, store_ids: Sequence[str] | None = None) -> list[IndexFinding]:
        chosen = self._chunks.store_ids() if store_ids is None else list(store_ids)
        for store_id in chosen:
            self._embed_again(store_id)
        self._chunks.rebuild_words()
        if self._indexer is not None:
            self._indexer.rebuild(chosen)
        return self.verify()

    def close(self) -> None:
        """The embedder and the chunk store belong to whoever opened them."""
        if self._indexer is not None:
            self._indexer.close()
        self._search.close()
        if self._reranker is not None:
            self._reranker.close()

    def _embed_again(self, store_id: str) -> None:
        """Give files the windows of the present embedding model."""
        for file in self._chunks.files(store_id):
            if file.key is None or file.key.fingerprint != self._embedder.fingerprint:
                chunks = self._chunks.chunks_of(store_id, file.file_id)
                longest = max((count_tokens(chunk.text) for chunk in chunks), default=1)
                key, num_windows = embed_text(_text_of(chunks), self._embedder, self._chunks, max_tokens=longest)
                if key is not None:
                    self._chunks.replace_windows(file.number, key, num_windows)


def _text_of(chunks: Sequence[Chunk]) -> str:
    """A text from its chunks, which leave out white space only: everything stands where it stood."""
    pieces = []
    end = 0
    for chunk in chunks:
        pieces.append(" " * (chunk.start - end))
        pieces.append(chunk.text[max(0, end - chunk.start) :])
        end = max(end, chunk.end)
    return "".join(pieces)
