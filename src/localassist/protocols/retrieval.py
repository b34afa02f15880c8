"""Finds passages in vector stores; ingestion and what is stored lie behind this seam."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from localassist.protocols.chunks import IndexFinding


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How to search. Weights are those of the two legs in the fusion (the defaults are measured); `filters` is the
    contract's filter object.
    """

    max_results: int = 20
    score_threshold: float = 0.0
    embedding_weight: float = 1.0
    text_weight: float = 0.3
    filters: Mapping[str, Any] | None = None
    max_tokens: int | None = None  # of all passages together, in the fixed tokens of chunks; None: no budget
    rerank: bool = True  # False: not even where a reranker is configured


@dataclass(frozen=True, slots=True)
class FoundChunk:
    """A passage, its score from 0 to 1, and where it stands: `start` to `end` in characters, pages and lines from 1.

    Overlapping chunks come as one passage; `text` is the file's extracted text from `start` to `end`, exactly.
    """

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
    line: int | None = None
    last_line: int | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


class Retriever(Protocol):
    """Searches vector stores. Methods may be called from any thread."""

    def search(self, store_ids: Sequence[str], queries: Sequence[str], options: SearchOptions) -> list[FoundChunk]:
        """Passages of these stores for one or several queries, best first, no passage twice.

        Raises RetrievalFailed when the search itself cannot be done (the embedding model is missing, say), and
        InvalidRequest for filters that are not the contract's.
        """

    def refresh(self) -> None:
        """Say that files were put or removed. The index follows soon; searches see the change at once anyway."""

    def verify(self) -> list[IndexFinding]:
        """Compare the index with the truth, store by store."""

    def rebuild(self, store_ids: Sequence[str] | None = None) -> list[IndexFinding]:
        """Drop the index and make it again (of all stores when none are named); returns what `verify` then says.

        Windows that another embedding model made are embedded again.
        """

    def close(self) -> None: ...
