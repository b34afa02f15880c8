"""The store of record of file search, in the tables of `chunk_tables`. Whole files come and go in one transaction."""

import json
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, insert, select, update

from localassist.errors import Conflict
from localassist.protocols import (
    Chunk,
    ChunkCounts,
    ChunkSpan,
    FilePassages,
    RemovedFile,
    StoredChunk,
    StoredFile,
    TextHit,
    TextKey,
    WindowBlock,
)
from localassist.store import chunk_queries as queries
from localassist.store import packing
from localassist.store.chunk_tables import (
    STORE_STRIDE,
    chunks,
    index_removals,
    search_files,
    search_stores,
    window_blocks,
)
from localassist.store.database import Database
from localassist.store.words import WordIndex

_BATCH_ROWS = 500  # ids in one statement


class SqliteChunkStore:
    """A `ChunkStore` in the database of a `SqliteStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._words = WordIndex(database)

    # --- ingestion ------------------------------------------------------------------------------------------------

    def staged(self, key: TextKey) -> int:
        with self._database.reading() as connection:
            return _num_staged(connection, key)

    def stage(self, key: TextKey, block: WindowBlock) -> None:
        row = {
            "text_sha256": key.text_sha256,
            "fingerprint": key.fingerprint,
            "first": block.first,
            "num_windows": len(block.starts),
            "starts": packing.pack(block.starts),
            "ends": packing.pack(block.ends),
            "vectors": block.vectors,
        }
        with self._database.writing() as connection:
            connection.execute(insert(window_blocks).prefix_with("OR IGNORE"), row)

    def put(self, passages: FilePassages) -> StoredFile:
        key = passages.key
        with self._database.writing() as connection:
            if key is not None and _num_staged(connection, key) < passages.num_windows:
                raise Conflict(
                    f"The windows of '{passages.file_name}' are gone, since the last file with the same text was "
                    "deleted meanwhile. Embed the text again."
                )
            store_number = self._store_number(connection, passages.store_id)
            old_key = self._remove(connection, store_number, passages.store_id, passages.file_id)
            number = self._insert(connection, store_number, passages)
            _discard_windows(connection, old_key)  # only now, since the new file may have the same text
            row = connection.execute(queries.files().where(search_files.c.number == number)).one()
            return _file(row)

    def remove(self, store_id: str, file_id: str) -> bool:
        with self._database.writing() as connection:
            store_number = connection.execute(queries.store_number(), {"store_id": store_id}).scalar()
            if store_number is None or _find_file(connection, store_number, file_id) is None:
                return False
            _discard_windows(connection, self._remove(connection, store_number, store_id, file_id))
            return True

    def remove_store(self, store_id: str) -> None:
        with self._database.writing() as connection:
            store_number = connection.execute(queries.store_number(), {"store_id": store_id}).scalar()
            if store_number is None:
                return
            of_store = select(search_files.c.file_id).where(search_files.c.store_number == store_number)
            for file_id in connection.execute(of_store).scalars().all():
                _discard_windows(connection, self._remove(connection, store_number, store_id, file_id))
            connection.execute(delete(search_stores).where(search_stores.c.number == store_number))

    def replace_windows(self, file_number: int, key: TextKey, num_windows: int) -> bool:
        with self._database.writing() as connection:
            of_file = search_files.c.number == file_number
            row = connection.execute(queries.files().where(of_file)).first()
            if row is None or _num_staged(connection, key) < num_windows:
                return False
            values = {**key._asdict(), "num_windows": num_windows, "is_indexed": 0}
            connection.execute(update(search_files).where(of_file).values(values))
            _discard_windows(connection, _file(row).key)
            _touch(connection, row.store_number)
            return True

    def set_attributes(self, store_id: str, file_id: str, attributes: Mapping[str, Any]) -> bool:
        with self._database.writing() as connection:
            store_number = connection.execute(queries.store_number(), {"store_id": store_id}).scalar()
            statement = update(search_files).where(
                search_files.c.store_number == store_number, search_files.c.file_id == file_id
            )
            changed = connection.execute(statement.values(attributes=_json(attributes))).rowcount > 0
            if changed and store_number is not None:
                _touch(connection, store_number)
            return changed

    def discard_unused(self, *, keep: Collection[str] = ()) -> int:
        statement = delete(window_blocks).where(queries.is_unused(), window_blocks.c.text_sha256.not_in(list(keep)))
        with self._database.writing() as connection:
            return connection.execute(statement).rowcount

    # --- reading --------------------------------------------------------------------------------------------------

    def version(self, store_id: str) -> int:
        statement = select(search_stores.c.version).where(search_stores.c.store_id == store_id)
        with self._database.reading() as connection:
            return connection.execute(statement).scalar() or 0

    def counts(self, store_id: str) -> ChunkCounts:
        with self._database.reading() as connection:
            return ChunkCounts(*connection.execute(queries.counts(), {"store_id": store_id}).one())

    def store_ids(self) -> list[str]:
        with self._database.reading() as connection:
            return list(connection.execute(queries.store_ids()).scalars())

    def files(self, store_id: str) -> list[StoredFile]:
        return self._files(search_stores.c.store_id == store_id)

    def chunks_of(self, store_id: str, file_id: str) -> list[Chunk]:
        with self._database.reading() as connection:
            rows = connection.execute(queries.chunks_of_file(), {"store_id": store_id, "file_id": file_id}).all()
        return [_chunk(row) for row in rows]

    def spans(self, file_number: int) -> list[ChunkSpan]:
        with self._database.reading() as connection:
            rows = connection.execute(queries.spans(), {"file_number": file_number}).all()
        return [ChunkSpan(*row) for row in rows]

    def fetch(self, chunk_ids: Collection[int]) -> dict[int, StoredChunk]:
        found: dict[int, StoredChunk] = {}
        with self._database.reading() as connection:
            for ids in _batches(chunk_ids):
                rows = connection.execute(queries.chunks_by_id(), {"ids": ids}).all()
                numbers = {row.file_number for row in rows}
                files = connection.execute(queries.files().where(search_files.c.number.in_(numbers))).all()
                file_by_number = {row.number: _file(row) for row in files}
                found |= {row.id: StoredChunk(row.id, file_by_number[row.file_number], _chunk(row)) for row in rows}
        return found

    def windows(self, key: TextKey) -> Iterator[WindowBlock]:
        """One block is read at a time."""
        first = 0
        while True:
            values = {**key._asdict(), "first": first}
            with self._database.reading() as connection:
                row = connection.execute(queries.window_block(), values).first()
            if row is None:
                return
            yield WindowBlock(first, packing.unpack(row.starts), packing.unpack(row.ends), row.vectors)
            first += row.num_windows

    def window_starts(self, key: TextKey) -> Sequence[int]:
        with self._database.reading() as connection:
            rows = connection.execute(queries.window_starts(), key._asdict()).scalars().all()
        return [start for packed in rows for start in packing.unpack(packed)]

    def match_words(
        self, store_id: str, query: str, *, limit: int, file_numbers: Collection[int] | None = None
    ) -> list[TextHit]:
        return self._words.match(store_id, query, limit=limit, file_numbers=file_numbers)

    # --- what the index still has to do ---------------------------------------------------------------------------

    def unindexed(self, store_id: str) -> list[StoredFile]:
        return self._files(search_stores.c.store_id == store_id, search_files.c.is_indexed == 0)

    def mark_indexed(self, file_numbers: Collection[int]) -> None:
        with self._database.writing() as connection:
            for numbers in _batches(file_numbers):
                chosen = search_files.c.number.in_(numbers)
                connection.execute(update(search_files).where(chosen).values(is_indexed=1))
                stores = select(search_files.c.store_number).where(chosen).distinct()
                for store_number in connection.execute(stores).scalars().all():
                    _touch(connection, store_number)

    def mark_unindexed(self, store_id: str) -> None:
        with self._database.writing() as connection:
            store_number = connection.execute(queries.store_number(), {"store_id": store_id}).scalar()
            if store_number is not None:
                of_store = update(search_files).where(search_files.c.store_number == store_number)
                connection.execute(of_store.values(is_indexed=0))
                _touch(connection, store_number)

    def removed(self) -> list[RemovedFile]:
        columns = (index_removals.c.store_id, index_removals.c.file_number, index_removals.c.num_windows)
        with self._database.reading() as connection:
            rows = connection.execute(select(*columns).order_by(index_removals.c.file_number)).all()
        return [RemovedFile(*row) for row in rows]

    def forget_removed(self, file_numbers: Collection[int]) -> None:
        with self._database.writing() as connection:
            for numbers in _batches(file_numbers):
                connection.execute(delete(index_removals).where(index_removals.c.file_number.in_(numbers)))

    def rebuild_words(self) -> None:
        self._words.rebuild()

    # --- helpers --------------------------------------------------------------------------------------------------

    def _files(self, *where: Any) -> list[StoredFile]:
        with self._database.reading() as connection:
            rows = connection.execute(queries.files().where(*where).order_by(search_files.c.number)).all()
        return [_file(row) for row in rows]

    def _store_number(self, connection: Connection, store_id: str) -> int:
        number = connection.execute(queries.store_number(), {"store_id": store_id}).scalar()
        if number is not None:
            return int(number)
        row = {"store_id": store_id, "version": 0, "next_chunk_id": 0}
        number = _inserted(connection, search_stores, row)
        first = update(search_stores).where(search_stores.c.number == number)
        connection.execute(first.values(next_chunk_id=number * STORE_STRIDE))
        return number

    def _insert(self, connection: Connection, store_number: int, passages: FilePassages) -> int:
        """The rows of a file; returns its number."""
        of_store = select(search_stores.c.next_chunk_id).where(search_stores.c.number == store_number)
        first_chunk_id = connection.execute(of_store).scalar_one()
        following = first_chunk_id + len(passages.chunks)
        file_row = {
            "store_number": store_number,
            "file_id": passages.file_id,
            "file_name": passages.file_name,
            "attributes": _json(passages.attributes),
            "text_sha256": passages.key.text_sha256 if passages.key else None,
            "fingerprint": passages.key.fingerprint if passages.key else None,
            "num_windows": passages.num_windows if passages.key else 0,
            "first_chunk_id": first_chunk_id,
            "num_chunks": len(passages.chunks),
            "size_bytes": _size_bytes(connection, passages),
            "page_starts": packing.pack(passages.page_starts),
            "is_indexed": 0,
        }
        number = _inserted(connection, search_files, file_row)
        rows = [
            asdict(chunk) | {"id": chunk_id, "file_number": number}
            for chunk_id, chunk in enumerate(passages.chunks, first_chunk_id)
        ]
        if rows:
            connection.execute(insert(chunks), rows)
            self._words.add(connection, ((row["id"], row["text"]) for row in rows))
        _touch(connection, store_number, next_chunk_id=following)
        return number

    def _remove(self, connection: Connection, store_number: int, store_id: str, file_id: str) -> TextKey | None:
        """The file's rows but its windows, whose key is returned."""
        row = _find_file(connection, store_number, file_id)
        if row is None:
            return None
        of_file = chunks.c.file_number == row.number
        texts = connection.execute(select(chunks.c.id, chunks.c.text).where(of_file)).all()
        self._words.remove(connection, ((chunk_id, text) for chunk_id, text in texts))
        connection.execute(delete(chunks).where(of_file))
        connection.execute(delete(search_files).where(search_files.c.number == row.number))
        removal = {"file_number": row.number, "store_id": store_id, "num_windows": row.num_windows}
        connection.execute(insert(index_removals), removal)
        _touch(connection, store_number)
        return _file(row).key


def _find_file(connection: Connection, store_number: int, file_id: str) -> Row[Any] | None:
    where = (search_files.c.store_number == store_number, search_files.c.file_id == file_id)
    return connection.execute(queries.files().where(*where)).first()


def _discard_windows(connection: Connection, key: TextKey | None) -> None:
    """Unless another file has the same text."""
    if key is not None:
        of_text = (window_blocks.c.text_sha256 == key.text_sha256, window_blocks.c.fingerprint == key.fingerprint)
        connection.execute(delete(window_blocks).where(*of_text, queries.is_unused()))


def _inserted(connection: Connection, table: Table, row: Mapping[str, Any]) -> int:
    key = connection.execute(insert(table), row).inserted_primary_key
    assert key is not None
    return int(key[0])


def _touch(connection: Connection, store_number: int, **values: int) -> None:
    """A version nobody has seen, also not of a store of the same name that was deleted."""
    of_store = update(search_stores).where(search_stores.c.number == store_number)
    connection.execute(of_store.values(version=1 + secrets.randbits(62), **values))


def _num_staged(connection: Connection, key: TextKey) -> int:
    following = 0
    for first, num_windows in connection.execute(queries.staged(), key._asdict()):
        if first != following:
            break
        following += num_windows
    return following


def _size_bytes(connection: Connection, passages: FilePassages) -> int:
    text_bytes = sum(len(chunk.text.encode("utf-8", "surrogatepass")) for chunk in passages.chunks)
    if passages.key is None:
        return text_bytes
    return text_bytes + int(connection.execute(queries.window_bytes(), passages.key._asdict()).scalar() or 0)


def _json(attributes: Mapping[str, Any]) -> str:
    return json.dumps(dict(attributes), ensure_ascii=False)


def _file(row: Row[Any]) -> StoredFile:
    has_windows = row.text_sha256 is not None
    return StoredFile(
        number=row.number,
        store_id=row.store_id,
        file_id=row.file_id,
        file_name=row.file_name,
        attributes=json.loads(row.attributes),
        key=TextKey(row.text_sha256, row.fingerprint) if has_windows else None,
        num_windows=row.num_windows,
        first_chunk_id=row.first_chunk_id,
        num_chunks=row.num_chunks,
        size_bytes=row.size_bytes,
        page_starts=packing.unpack(row.page_starts),
        is_indexed=bool(row.is_indexed),
    )


def _chunk(row: Row[Any]) -> Chunk:
    return Chunk(row.start, row.end, row.text, row.page, row.last_page, row.line, row.last_line, row.heading)


def _batches(items: Collection[int]) -> Iterator[Sequence[int]]:
    left = iter(items)
    while batch := list(islice(left, _BATCH_ROWS)):
        yield batch
