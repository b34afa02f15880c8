"""Full-text search over chunks with SQLite's FTS5. The index keeps folded words only, no text."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection, select, text

from localassist.protocols import TextHit
from localassist.store import chunk_queries as queries
from localassist.store.chunk_tables import STORE_STRIDE, chunks, search_facts, search_files
from localassist.store.database import Database
from localassist.store.folding import DEFINITION, fold, match_terms

_FACT = "folding"
_INSERT = text("INSERT INTO chunk_words (rowid, words) VALUES (:id, :words)")
_DELETE = text("INSERT INTO chunk_words (chunk_words, rowid, words) VALUES ('delete', :id, :words)")
_MATCH = text(
    "SELECT rowid, rank FROM chunk_words"
    " WHERE chunk_words MATCH :expression AND rowid >= :first AND rowid < :following ORDER BY rank"
)
_COUNT = text(
    "SELECT count(*) FROM chunk_words WHERE chunk_words MATCH :expression AND rowid >= :first AND rowid < :following"
)
_REBUILD_ROWS = 1000
# Ranking costs time for each chunk that holds a term, so terms that most chunks hold are left out of a search that
# would look at more than this. They say little beside rarer ones; the two rarest stay in any case.
_MAX_RANKED = 10_000
_LEAST_TERMS = 2
_MAX_KNOWN_COUNTS = 10_000


class _Scope(NamedTuple):
    """The rows of a store's chunks: ids from `first` up to `following`."""

    first: int
    following: int


class WordIndex:
    """The table `chunk_words`, rebuilt when it is opened if words were folded differently when it was made."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts: dict[tuple[int, int, str], int] = {}
        with database.reading() as connection:
            recorded = connection.execute(select(search_facts.c.value).where(search_facts.c.name == _FACT)).scalar()
        if recorded != DEFINITION:
            self.rebuild()

    def add(self, connection: Connection, texts: Iterable[tuple[int, str]]) -> None:
        connection.execute(_INSERT, [{"id": chunk_id, "words": fold(text)} for chunk_id, text in texts])

    def remove(self, connection: Connection, texts: Iterable[tuple[int, str]]) -> None:
        """The texts must be those that were added."""
        rows = [{"id": chunk_id, "words": fold(text)} for chunk_id, text in texts]
        if rows:
            connection.execute(_DELETE, rows)

    def match(self, store_id: str, query: str, *, limit: int, file_numbers: Collection[int] | None) -> list[TextHit]:
        terms = match_terms(query)
        if not terms or limit < 1:
            return []
        with self._database.reading() as connection:
            store = connection.execute(queries.store_scope(), {"store_id": store_id}).first()
            if store is None:
                return []
            scope = _Scope(store.number * STORE_STRIDE, store.next_chunk_id)
            allowed = None if file_numbers is None else _Ranges(connection, store.number, file_numbers)
            expression = " OR ".join(self._chosen(connection, scope, terms))
            rows = connection.execute(_MATCH, {"expression": expression, **scope._asdict()})
            hits = (TextHit(chunk_id, -rank) for chunk_id, rank in rows if allowed is None or chunk_id in allowed)
            found = list(islice(hits, limit))
            rows.close()
        return found

    def _chosen(self, connection: Connection, scope: _Scope, terms: Sequence[str]) -> list[str]:
        """The rarest terms, as many as can be ranked in good time."""
        num_chunks = scope.following - scope.first
        if num_chunks * len(terms) <= _MAX_RANKED:
            return list(terms)
        counts = {term: self._count(connection, scope, term) for term in terms}
        chosen: list[str] = []
        num_ranked = 0
        for term in sorted(terms, key=counts.__getitem__):
            num_ranked += counts[term]
            if num_ranked > _MAX_RANKED and len(chosen) >= _LEAST_TERMS:
                break
            if counts[term]:
                chosen.append(term)
        return chosen or list(terms[:1])

    def _count(self, connection: Connection, scope: _Scope, term: str) -> int:
        """How many chunks hold a term; counted again when the store has doubled, as it only tells what is rare."""
        key = (scope.first, (scope.following - scope.first).bit_length(), term)
        known = self._counts.get(key)
        if known is None:
            if len(self._counts) >= _MAX_KNOWN_COUNTS:
                self._counts.clear()
            known = int(connection.execute(_COUNT, {"expression": term, **scope._asdict()}).scalar_one())
            self._counts[key] = known
        return known

    def rebuild(self) -> None:
        with self._database.writing() as connection:
            connection.exec_driver_sql("INSERT INTO chunk_words (chunk_words) VALUES ('delete-all')")
            last_id = 0
            page = select(chunks.c.id, chunks.c.text).order_by(chunks.c.id).limit(_REBUILD_ROWS)
            while rows := connection.execute(page.where(chunks.c.id > last_id)).all():
                self.add(connection, ((row.id, row.text) for row in rows))
                last_id = rows[-1].id
            connection.exec_driver_sql(
                "INSERT OR REPLACE INTO search_facts (name, value) VALUES (?, ?)", (_FACT, DEFINITION)
            )


class _Ranges:
    """The chunk ids of some files, as ranges."""

    def __init__(self, connection: Connection, store_number: int, file_numbers: Collection[int]) -> None:
        columns = (search_files.c.number, search_files.c.first_chunk_id, search_files.c.num_chunks)
        of_store = select(*columns).where(search_files.c.store_number == store_number)
        rows = connection.execute(of_store.order_by(search_files.c.first_chunk_id)).all()
        wanted = set(file_numbers)
        chosen = [row for row in rows if row.number in wanted]
        self._firsts = [row.first_chunk_id for row in chosen]
        self._followings = [row.first_chunk_id + row.num_chunks for row in chosen]

    def __contains__(self, chunk_id: int) -> bool:
        place = bisect_right(self._firsts, chunk_id)
        return place > 0 and chunk_id < self._followings[place - 1]
