"""The SQL of file search, built once."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from localassist.store.chunk_tables import chunks, search_files, search_stores, window_blocks


@cache
def store_number() -> Select[Any]:
    return select(search_stores.c.number).where(search_stores.c.store_id == bindparam("store_id"))


@cache
def store_scope() -> Select[Any]:
    of_store = search_stores.c.store_id == bindparam("store_id")
    return select(search_stores.c.number, search_stores.c.next_chunk_id).where(of_store)


@cache
def store_ids() -> Select[Any]:
    used = select(search_files.c.number).where(search_files.c.store_number == search_stores.c.number)
    return select(search_stores.c.store_id).where(used.exists()).order_by(search_stores.c.number)


@cache
def counts() -> Select[Any]:
    sums = (search_files.c.num_chunks, search_files.c.num_windows, search_files.c.size_bytes)
    columns = [func.count(), *(func.coalesce(func.sum(column), 0) for column in sums)]
    of_store = search_files.c.store_number == search_stores.c.number
    return select(*columns).where(of_store, search_stores.c.store_id == bindparam("store_id"))


@cache
def files() -> Select[Any]:
    """Files with the id of their store; conditions and order are added to it."""
    return select(search_files, search_stores.c.store_id).join_from(
        search_files, search_stores, search_files.c.store_number == search_stores.c.number
    )


@cache
def chunks_of_file() -> Select[Any]:
    return (
        select(chunks)
        .join(search_files, search_files.c.number == chunks.c.file_number)
        .join(search_stores, search_stores.c.number == search_files.c.store_number)
        .where(search_stores.c.store_id == bindparam("store_id"), search_files.c.file_id == bindparam("file_id"))
        .order_by(chunks.c.id)
    )


@cache
def chunks_by_id() -> Select[Any]:
    return select(chunks).where(chunks.c.id.in_(bindparam("ids", expanding=True)))


@cache
def spans() -> Select[Any]:
    of_file = chunks.c.file_number == bindparam("file_number")
    return select(chunks.c.id, chunks.c.start, chunks.c.end).where(of_file).order_by(chunks.c.id)


def _of_text() -> tuple[ColumnElement[bool], ...]:
    return (
        window_blocks.c.text_sha256 == bindparam("text_sha256"),
        window_blocks.c.fingerprint == bindparam("fingerprint"),
    )


@cache
def staged() -> Select[Any]:
    return select(window_blocks.c.first, window_blocks.c.num_windows).where(*_of_text()).order_by(window_blocks.c.first)


@cache
def window_block() -> Select[Any]:
    return select(window_blocks).where(*_of_text(), window_blocks.c.first == bindparam("first"))


@cache
def window_starts() -> Select[Any]:
    return select(window_blocks.c.starts).where(*_of_text()).order_by(window_blocks.c.first)


@cache
def window_bytes() -> Select[Any]:
    sizes = (func.length(column) for column in (window_blocks.c.starts, window_blocks.c.ends, window_blocks.c.vectors))
    return select(func.sum(sum(sizes))).where(*_of_text())


def is_unused() -> ColumnElement[bool]:
    """No file has the text of a block."""
    using = select(search_files.c.number).where(
        search_files.c.text_sha256 == window_blocks.c.text_sha256,
        search_files.c.fingerprint == window_blocks.c.fingerprint,
    )
    return ~using.exists()
