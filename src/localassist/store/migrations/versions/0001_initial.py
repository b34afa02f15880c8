"""Assistants, threads, messages, runs, run steps, files and uploads."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _create("assistants")
    _create("threads")
    _create("messages", "thread_id", "run_id", "status")
    _create("runs", "thread_id", "assistant_id", "status", times=("expires_at",))
    _create("run_steps", "thread_id", "run_id", "status")
    _create("files", "purpose", "status", times=("expires_at",))
    _create("uploads", "purpose", "status", times=("expires_at",))
    _create("upload_parts", "upload_id")
    op.create_table(
        "deleted",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("table_name", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("created_at", sa.Integer, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deleted_id", "deleted", ["table_name", "id"], unique=True)


def _create(name: str, *filters: str, times: tuple[str, ...] = ()) -> None:
    """A table of objects. A copy of what `tables` said at this revision: a migration never changes."""
    op.create_table(
        name,
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("created_at", sa.Integer, nullable=False),
        *(sa.Column(column, sa.Text) for column in filters),
        *(sa.Column(column, sa.Integer) for column in times),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{name}_order", name, ["created_at", "seq"])
    for column in (*filters, *times):
        op.create_index(f"ix_{name}_{column}", name, [column, "created_at", "seq"])
