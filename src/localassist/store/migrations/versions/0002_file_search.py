"""Chunks, windows, full text and what the index still has to do."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _create_files()
    _create_chunks()
    op.create_table(
        "index_removals",
        sa.Column("file_number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("store_id", sa.Text, nullable=False),
        sa.Column("num_windows", sa.Integer, nullable=False),
    )
    op.create_table(
        "search_facts",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.execute(
        "CREATE VIRTUAL TABLE chunk_words USING fts5"
        "(words, content='', tokenize='porter unicode61 remove_diacritics 2')"
    )


def _create_files() -> None:
    op.create_table(
        "search_stores",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("store_id", sa.Text, nullable=False, unique=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("next_chunk_id", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "search_files",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("store_number", sa.Integer, sa.ForeignKey("search_stores.number"), nullable=False),
        sa.Column("file_id", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("attributes", sa.Text, nullable=False),
        sa.Column("text_sha256", sa.Text),
        sa.Column("fingerprint", sa.Text),
        sa.Column("num_windows", sa.Integer, nullable=False),
        sa.Column("first_chunk_id", sa.Integer, nullable=False),
        sa.Column("num_chunks", sa.Integer, nullable=False),
        sa.Column("size_bytes", sa.Integer, nullable=False),
        sa.Column("page_starts", sa.LargeBinary, nullable=False),
        sa.Column("is_indexed", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_search_files_store", "search_files", ["store_number", "file_id"], unique=True)
    op.create_index("ix_search_files_text", "search_files", ["text_sha256", "fingerprint"])


def _create_chunks() -> None:
    op.create_table(
        "chunks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("file_number", sa.Integer, sa.ForeignKey("search_files.number"), nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("page", sa.Integer),
        sa.Column("last_page", sa.Integer),
        sa.Column("line", sa.Integer),
        sa.Column("last_line", sa.Integer),
        sa.Column("heading", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("ix_chunks_file", "chunks", ["file_number", "id", "start", "end"])
    op.create_table(
        "window_blocks",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("text_sha256", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("num_windows", sa.Integer, nullable=False),
        sa.Column("starts", sa.LargeBinary, nullable=False),
        sa.Column("ends", sa.LargeBinary, nullable=False),
        sa.Column("vectors", sa.LargeBinary, nullable=False),
    )
    op.create_index(
        "ix_window_blocks_text",
        "window_blocks",
        ["text_sha256", "fingerprint", "first"],
        unique=True,
    )
