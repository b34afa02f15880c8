"""Vector stores, their files and batches of files."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _create("vector_stores", "status", times=("expires_at",))
    _create("vector_store_files", "vector_store_id", "file_id", "batch_id", "status", "work")
    _create("file_batches", "vector_store_id")


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
