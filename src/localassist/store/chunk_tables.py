"""The tables of file search. Numbers stand for ids: a chunk's id is its store's number times 2^32, plus its place.

So the chunks of a store, and those of a file within it, are one range of rows, which is what full-text search is
limited by.
"""

from sqlalchemy import DDL, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, event

from localassist.store.tables import metadata

STORE_STRIDE = 1 << 32

search_stores = Table(
    "search_stores",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("store_id", Text, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("next_chunk_id", Integer, nullable=False),
    sqlite_autoincrement=True,
)

# A searchable file. Its number is never used again, so whatever an index says of an old one is seen to be stale.
search_files = Table(
    "search_files",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("store_number", Integer, ForeignKey("search_stores.number"), nullable=False),
    Column("file_id", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("attributes", Text, nullable=False),
    Column("text_sha256", Text),
    Column("fingerprint", Text),
    Column("num_windows", Integer, nullable=False),
    Column("first_chunk_id", Integer, nullable=False),
    Column("num_chunks", Integer, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("page_starts", LargeBinary, nullable=False),
    Column("is_indexed", Integer, nullable=False),
    Index("ix_search_files_store", "store_number", "file_id", unique=True),
    Index("ix_search_files_text", "text_sha256", "fingerprint"),
    sqlite_autoincrement=True,
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("file_number", Integer, ForeignKey("search_files.number"), nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("page", Integer),
    Column("last_page", Integer),
    Column("line", Integer),
    Column("last_line", Integer),
    Column("heading", Text),
    Column("text", Text, nullable=False),
    Index("ix_chunks_file", "file_number", "id", "start", "end"),
)

# Windows belong to a text, whichever files have it: `starts` and `ends` are int32, `vectors` float32, little-endian.
window_blocks = Table(
    "window_blocks",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("text_sha256", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("first", Integer, nullable=False),
    Column("num_windows", Integer, nullable=False),
    Column("starts", LargeBinary, nullable=False),
    Column("ends", LargeBinary, nullable=False),
    Column("vectors", LargeBinary, nullable=False),
    Index("ix_window_blocks_text", "text_sha256", "fingerprint", "first", unique=True),
)

# Generations that are gone from here and not yet from the index of vectors.
index_removals = Table(
    "index_removals",
    metadata,
    Column("file_number", Integer, primary_key=True, autoincrement=False),
    Column("store_id", Text, nullable=False),
    Column("num_windows", Integer, nullable=False),
)

# With which definitions the rest was made: how words are folded, what a token is.
search_facts = Table(
    "search_facts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# The folded words of chunks, by chunk id. It keeps no text: a row is deleted by giving what was inserted.
CREATE_CHUNK_WORDS = (
    "CREATE VIRTUAL TABLE chunk_words USING fts5(words, content='', tokenize='porter unicode61 remove_diacritics 2')"
)
event.listen(metadata, "after_create", DDL(CREATE_CHUNK_WORDS))  # type: ignore[no-untyped-call]
