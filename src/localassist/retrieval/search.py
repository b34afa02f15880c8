"""Searches vector stores by meaning and by words, and fuses both. What is found is read from the store of record."""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from localassist.protocols import (
    ChunkStore,
    Embedder,
    FoundChunk,
    Reranker,
    SearchOptions,
    StoredFile,
)
from localassist.retrieval.filters import compile_filter
from localassist.retrieval.fusion import RankedList, best_of, fuse, ranked
from localassist.retrieval.nearest import NearestChunks
from localassist.retrieval.passages import ScoredChunk, build_passages, within_budget
from localassist.retrieval.store_vectors import ChunkHit
from localassist.retrieval.vectors import Vectors, from_bytes

logger = logging.getLogger(__name__)

_NUM_RANKED = 50  # chunks of each leg that take part in the fusion, at least
_FETCHED_PER_RESULT = 3  # chunks read for each passage asked for, since neighbours become one


class StoreScope(NamedTuple):
    """A store as one search sees it. `allowed` are the numbers of the files the filters admit, None for all."""

    store_id: str
    files: Sequence[StoredFile]
    allowed: frozenset[int] | None


class HybridSearch:
    """What a `Retriever` does when it searches. Safe to use from any thread."""

    def __init__(
        self, chunks: ChunkStore, embedder: Embedder, nearest: NearestChunks, reranker: Reranker | None = None
    ) -> None:
        self._chunks = chunks
        self._embedder = embedder
        self._nearest = nearest
        self._reranker = reranker
        self._legs = ThreadPoolExecutor(4, thread_name_prefix="search-words")

    def search(self, store_ids: Sequence[str], queries: Sequence[str], options: SearchOptions) -> list[FoundChunk]:
        asked = [query for query in dict.fromkeys(queries) if query.strip()]
        scopes = [scope for scope in map(self._scope, dict.fromkeys(store_ids)) if scope.files]
        if options.filters is not None:
            scopes = list(_filtered(scopes, options.filters))
        if not asked or not scopes or options.max_results < 1:
            return []
        num_ranked = max(_NUM_RANKED, options.max_results * _FETCHED_PER_RESULT)
        scores = best_of(self._ranked_by_query(scopes, asked, options, num_ranked))
        passages = build_passages(self._fetched(scores, num_ranked))
        passages = self._reranked(asked, passages, options)
        above = [passage for passage in passages if passage.score >= options.score_threshold]
        return list(within_budget(above[: options.max_results], options.max_tokens))

    def close(self) -> None:
        self._legs.shutdown()

    def _scope(self, store_id: str) -> StoreScope:
        return StoreScope(store_id, self._nearest.files(store_id), None)

    # --- two legs -------------------------------------------------------------------------------------------------

    def _ranked_by_query(
        self, scopes: Sequence[StoreScope], queries: Sequence[str], options: SearchOptions, limit: int
    ) -> Iterator[dict[int, float]]:
        """For each query the fused scores by chunk. Words are searched on another thread meanwhile."""
        by_words = [self._legs.submit(self._match_words, scopes, query, limit) for query in queries]
        vectors = self._query_vectors(scopes, queries, options)
        for place, query in enumerate(queries):
            vector = vectors.get(query)
            by_meaning = [] if vector is None else self._match_meaning(scopes, vector, limit)
            yield fuse(
                [
                    RankedList([hit.chunk_id for hit in by_meaning], options.embedding_weight),
                    RankedList(by_words[place].result(), options.text_weight),
                ]
                if by_meaning
                else [RankedList(by_words[place].result(), options.text_weight or 1.0)]
            )

    def _query_vectors(
        self, scopes: Sequence[StoreScope], queries: Sequence[str], options: SearchOptions
    ) -> dict[str, Vectors]:
        """Vectors of the queries in a language the model knows; none where no store has vectors to compare."""
        if options.embedding_weight <= 0 or not any(self._nearest.comparable(scope.files) for scope in scopes):
            return {}
        readable = [query for query in queries if self._embedder.can_read(query)]
        if not readable:
            return {}
        vectors = from_bytes(self._embedder.embed_queries(readable), len(readable))
        return dict(zip(readable, vectors, strict=True))

    def _match_words(self, scopes: Iterable[StoreScope], query: str, limit: int) -> list[int]:
        hits = [
            hit
            for scope in scopes
            for hit in self._chunks.match_words(scope.store_id, query, limit=limit, file_numbers=scope.allowed)
        ]
        return [hit.chunk_id for hit in sorted(hits, key=lambda hit: -hit.score)[:limit]]

    def _match_meaning(self, scopes: Iterable[StoreScope], vector: Vectors, limit: int) -> list[ChunkHit]:
        hits = [
            hit
            for scope in scopes
            for hit in self._nearest.search(scope.store_id, scope.files, vector, limit=limit, allowed=scope.allowed)
        ]
        return sorted(hits, key=lambda hit: -hit.score)[:limit]

    # --- from chunks to passages ----------------------------------------------------------------------------------

    def _fetched(self, scores: dict[int, float], limit: int) -> Iterator[ScoredChunk]:
        """Chunks as they are in the store of record now; what is no longer there is not found."""
        order = list(islice(ranked(scores), limit))
        stored = self._chunks.fetch(order)
        return (ScoredChunk(stored[chunk_id], scores[chunk_id]) for chunk_id in order if chunk_id in stored)

    def _reranked(self, queries: Sequence[str], passages: list[FoundChunk], options: SearchOptions) -> list[FoundChunk]:
        if self._reranker is None or not options.rerank:
            return passages
        judged = passages[: options.max_results]
        by_query = [self._reranker.scores(query, [passage.text for passage in judged]) for query in queries]
        scored = [replace(passage, score=max(marks)) for passage, *marks in zip(judged, *by_query, strict=True)]
        return sorted(scored, key=lambda passage: -passage.score)


def _filtered(scopes: Iterable[StoreScope], filters: object) -> Iterator[StoreScope]:
    """Stores with the files that fulfil the filters; a store without any is left out."""
    fulfils = compile_filter(filters)
    for scope in scopes:
        allowed: Collection[int] = frozenset(file.number for file in scope.files if fulfils(file.attributes))
        if allowed:
            yield scope._replace(allowed=None if len(allowed) == len(scope.files) else frozenset(allowed))
