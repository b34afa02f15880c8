"""Finds passages in vector stores; ingestion and what is stored lie behind this seam."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How to search. Weights are those of the two legs in the fusion; `filters` is the contract's filter object."""

    max_results: int = 20
    score_threshold: float = 0.0
    embedding_weight: float = 1.0
    text_weight: float = 1.0
    filters: Mapping[str, Any] | None = None
    max_tokens: int | None = None  # of all passages together, in the store's own tokens; None: no budget


@dataclass(frozen=True, slots=True)
class FoundChunk:
    """A passage, its score from 0 to 1, and where it stands: `start` to `end` in characters, pages from 1."""

    vector_store_id: str
    file_id: str
    file_name: str
    start: int
    end: int
    text: str
    score: float
    page: int | None = None
    last_page: int | None = None
    heading: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


class Retriever(Protocol):
    """Searches vector stores. Methods may be called from any thread."""

    def search(self, store_ids: Sequence[str], queries: Sequence[str], options: SearchOptions) -> list[FoundChunk]:
        """Passages of these stores for one or several queries, best first, no passage twice.

        Raises RetrievalFailed when the search itself cannot be done (the embedding model is missing, say).
        """

    def close(self) -> None: ...
