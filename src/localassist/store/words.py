"""Full-text search over chunks with SQLite's FTS5. The index keeps folded words only, no text."""

from bisect import bisect_right
from collections.abc import Collection, Iterable

from sqlalchemy import Connection, select, text

from localassist.protocols import TextHit
from localassist.store import chunk_queries as queries
from localassist.store.chunk_tables import STORE_STRIDE, chunks, search_facts, search_files
from localassist.store.database import Database
from localassist.store.folding import DEFINITION, fold, match_expression

_FACT = "folding"
_INSERT = text("INSERT INTO chunk_words (rowid, words) VALUES (:id, :words)")
_DELETE = text("INSERT INTO chunk_words (chunk_words, rowid, words) VALUES ('delete', :id, :words)")
_MATCH = text(
    "SELECT rowid, rank FROM chunk_words"
    " WHERE chunk_words MATCH :expression AND rowid >= :first AND rowid < :following ORDER BY rank"
)
_REBUILD_ROWS = 1000


class WordIndex:
    """The table `chunk_words`, rebuilt when it is opened if words were folded differently when it was made."""

    def __init__(self, database: Database) -> None:
        self._database = database
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
        expression = match_expression(query)
        if expression is None or limit < 1:
            return []
        with self._database.reading() as connection:
            number = connection.execute(queries.store_number(), {"store_id": store_id}).scalar()
            if number is None:
                return []
            allowed = None if file_numbers is None else _Ranges(connection, number, file_numbers)
            first = number * STORE_STRIDE
            values = {"expression": expression, "first": first, "following": first + STORE_STRIDE}
            hits: list[TextHit] = []
            rows = connection.execute(_MATCH, values)
            for chunk_id, rank in rows:
                if allowed is None or chunk_id in allowed:
                    hits.append(TextHit(chunk_id, -rank))
                    if len(hits) == limit:
                        break
            rows.close()
        return hits

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
