"""Unsigned tags and annotations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from attest_registry.catalogue.columns import IDENTIFIER, VALUE_BYTES, Moment, Words

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "notes",
        sa.Column("model_id", IDENTIFIER, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", Words(), nullable=False),
        sa.Column("value", Words(5_000), nullable=False),
        sa.Column("start", Words(), nullable=False),
        sa.Column("by", Words(VALUE_BYTES), nullable=False),
        sa.Column("time", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="notes_model_id_of_models", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("model_id", "number", "key", name="notes_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("notes_by_key_start", "notes", ["key", "start"])
