"""Searching a vector store: `POST /vector_stores/{id}/search`."""

import re

from localassist.errors import RetrievalFailed
from localassist.objects.store_search import PassagePlace, PassageText, SearchBody, SearchPage, SearchResult
from localassist.protocols import FoundChunk, IndexFinding, Retriever, SearchOptions
from localassist.service.store_ledger import NO_FILE_SEARCH
from localassist.service.vector_stores import VectorStoreService

DEFAULT_RESULTS = 10
# What people say around a question, which neither words nor vectors should have to match.
_COURTESY = re.compile(
    r"^(hi|hello|hey|please|kindly|can you|could you|would you|will you|i want to know|i would like to know|tell me"
    r"|show me|explain to me|do you know|请问|请告诉我|请|你好|안녕하세요)[\s,，:!]*(please|tell me|explain)?[\s,，:]*",
    re.IGNORECASE,
)
_END = re.compile(r"(\s*(please|thanks|thank you)|\s*(알려\s*주세요|알려줘|谢谢))?[\s.?!。？！]*$", re.IGNORECASE)


class StoreSearchService:
    """Answers searches over HTTP; runs search through the retriever itself."""

    def __init__(self, stores: VectorStoreService, retriever: Retriever | None) -> None:
        self._stores = stores
        self._retriever = retriever

    def search(self, store_id: str, body: SearchBody) -> SearchPage:
        """Passages of the store, best first. Searching is an activity: the store's expiry begins anew."""
        retriever = self._available()
        self._stores.use(store_id)
        queries = body.queries()
        if body.rewrite_query:
            queries = [rewritten(query) for query in queries]
        found = retriever.search([store_id], queries, _options(body))
        return SearchPage(search_query=queries, data=[_result(chunk) for chunk in found])

    def verify_index(self) -> list[IndexFinding]:
        """Compare the index with what is stored."""
        return self._available().verify()

    def rebuild_index(self) -> list[IndexFinding]:
        """Drop the index and make it again; returns what a comparison then says."""
        return self._available().rebuild()

    def _available(self) -> Retriever:
        if self._retriever is None:
            raise RetrievalFailed(NO_FILE_SEARCH)
        return self._retriever


def rewritten(query: str) -> str:
    """A question without the courtesies around it. Rules, no model: the same question is always the same query."""
    kept = " ".join(query.split())
    while (shorter := _COURTESY.sub("", kept, count=1)) != kept:
        kept = shorter
    return _END.sub("", kept) or query


def _options(body: SearchBody) -> SearchOptions:
    ranking = body.ranking_options
    weights = None if ranking is None else ranking.hybrid_search
    return SearchOptions(
        max_results=body.max_num_results or DEFAULT_RESULTS,
        score_threshold=0.0 if ranking is None else ranking.score_threshold or 0.0,
        embedding_weight=1.0 if weights is None else weights.embedding_weight,
        text_weight=1.0 if weights is None else weights.text_weight,
        filters=body.filters,
        rerank=ranking is None or ranking.ranker != "none",
    )


def _result(chunk: FoundChunk) -> SearchResult:
    place = PassagePlace(
        start=chunk.start,
        end=chunk.end,
        page=chunk.page,
        last_page=chunk.last_page,
        line=chunk.line,
        last_line=chunk.last_line,
        heading=chunk.heading,
    )
    return SearchResult(
        file_id=chunk.file_id,
        filename=chunk.file_name,
        score=chunk.score,
        attributes=dict(chunk.attributes),
        content=[PassageText(text=chunk.text)],
        localassist=place,
    )
