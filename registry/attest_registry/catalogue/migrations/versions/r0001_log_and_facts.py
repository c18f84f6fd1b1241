"""The log of each model, what is true now, and facts about versions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from attest_registry.catalogue.columns import IDENTIFIER, TEXT_BYTES, VALUE_BYTES, DigestBytes, Moment, Words

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _models()
    _events()
    _versions()
    _state()
    _measured()
    _claimed()
    op.create_table(
        "settings",
        sa.Column("name", Words(), nullable=False),
        sa.Column("value", Words(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="settings_key"),
        sqlite_with_rowid=False,
    )


def _part(table: str, *names: str) -> list[Any]:
    """Columns and constraints of a row that belongs to a version and has a position."""
    return [
        sa.Column("version_id", IDENTIFIER, autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Integer(), autoincrement=False, nullable=False) for name in names),
        _reference(table, "versions"),
        sa.PrimaryKeyConstraint("version_id", *names, name=f"{table}_key"),
    ]


def _reference(table: str, target: str) -> sa.ForeignKeyConstraint:
    column = f"{target[:-1]}_id"
    name = f"{table}_{column}_of_{target}"
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="CASCADE")


def _model_id() -> sa.Column[int]:
    return sa.Column("model_id", IDENTIFIER, autoincrement=False, nullable=False)


def _index(table: str, *columns: str, name: str | None = None, unique: bool = False, where: str | None = None) -> None:
    only: dict[str, Any] = {} if where is None else {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}
    op.create_index(name or f"{table}_by_{'_'.join(columns)}", table, list(columns), unique=unique, **only)


def _models() -> None:
    op.create_table(
        "models",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("name", Words(), nullable=False),
        sa.Column("log", DigestBytes()),
        sa.Column("head", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("head_digest", DigestBytes()),
        sa.Column("next_number", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("environment", Words()),
        sa.Column("versions", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="models_key"),
        sa.UniqueConstraint("name", name="models_once_name"),
    )
    op.create_table(
        "reservations",
        _model_id(),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("token", Words(), nullable=False),
        sa.Column("holder", Words(VALUE_BYTES), nullable=False),
        sa.Column("expires", Moment(), nullable=False),
        _reference("reservations", "models"),
        sa.PrimaryKeyConstraint("model_id", name="reservations_key"),
    )


def _events() -> None:
    op.create_table(
        "events",
        _model_id(),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", DigestBytes(), nullable=False),
        sa.Column("previous", DigestBytes()),
        sa.Column("action", Words(), nullable=False),
        sa.Column("time", Moment(), nullable=False),
        sa.Column("proven", Moment()),
        sa.Column("by", Words(VALUE_BYTES), nullable=False),
        sa.Column("number", sa.Integer()),
        sa.Column("manifest", DigestBytes()),
        sa.Column("label", Words()),
        sa.Column("alias", Words()),
        sa.Column("stage", Words()),
        sa.Column("reason", Words(TEXT_BYTES)),
        _reference("events", "models"),
        sa.PrimaryKeyConstraint("model_id", "sequence", name="events_key"),
        sqlite_with_rowid=False,
    )
    _index("events", "model_id", "time")
    _index("events", "model_id", "alias", "sequence")


def _versions() -> None:
    op.create_table(
        "versions",
        sa.Column("id", IDENTIFIER, nullable=False),
        _model_id(),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("manifest", DigestBytes(), nullable=False),
        sa.Column("label", Words()),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("by", Words(VALUE_BYTES), nullable=False),
        sa.Column("run", Words()),
        sa.Column("description", Words(TEXT_BYTES)),
        sa.Column("owner", Words()),
        sa.Column("task", Words()),
        sa.Column("licence", Words()),
        sa.Column("size", IDENTIFIER, server_default=sa.text("0"), nullable=False),
        sa.Column("files", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _reference("versions", "models"),
        sa.PrimaryKeyConstraint("id", name="versions_key"),
        sa.UniqueConstraint("model_id", "number", name="versions_once_model_id_number"),
    )
    for columns in (("manifest",), ("label",), ("run",), ("created", "id")):
        _index("versions", *columns)


def _state() -> None:
    op.create_table(
        "holdings",
        _model_id(),
        sa.Column("alias", Words(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version_id", IDENTIFIER, autoincrement=False, nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("until", Moment()),
        _reference("holdings", "models"),
        _reference("holdings", "versions"),
        sa.PrimaryKeyConstraint("model_id", "alias", "sequence", name="holdings_key"),
        sqlite_with_rowid=False,
    )
    _index("holdings", "model_id", "alias", "since")
    _index("holdings", "version_id", "until", "alias")
    now = "until IS NULL"
    _index("holdings", "alias", "version_id", "until", name="holdings_now", where=now)
    _index("holdings", "model_id", "alias", name="holdings_once_now", unique=True, where=now)
    op.create_table(
        "stages",
        sa.Column("version_id", IDENTIFIER, autoincrement=False, nullable=False),
        sa.Column("stage", Words(), nullable=False),
        _model_id(),
        _reference("stages", "models"),
        _reference("stages", "versions"),
        sa.PrimaryKeyConstraint("version_id", "stage", name="stages_key"),
        sqlite_with_rowid=False,
    )
    _index("stages", "model_id", "stage")
    _index("stages", "stage", "version_id")
    op.create_table("revoked", *_part("revoked"), _model_id(), _reference("revoked", "models"))
    _index("revoked", "model_id")


def _measured() -> None:
    op.create_table(
        "metrics",
        *_part("metrics", "position"),
        sa.Column("name", Words(), nullable=False),
        sa.Column("value", Words(VALUE_BYTES), nullable=False),
        sa.Column("number", sa.Double()),
        sa.Column("dataset", Words()),
        sa.Column("dataset_digest", DigestBytes()),
        sa.Column("slice", Words(VALUE_BYTES), nullable=False),
        sa.Column("stated", sa.Boolean(), nullable=False),
        sa.Column("held", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("by", Words(VALUE_BYTES), nullable=False),
        sqlite_with_rowid=False,
    )
    asked = ("stated", "slice")
    _index("metrics", "name", "number", "version_id", *asked, name="metrics_by_number", where="slice = ''")
    _index("metrics", "version_id", "name", "number", *asked, name="metrics_of_version", where="slice = ''")
    columns = ("name", "number", "version_id", *asked, "held")
    _index("metrics", *columns, name="metrics_held", where="slice = '' AND held IS TRUE")
    op.create_table(
        "parameters",
        *_part("parameters", "position"),
        sa.Column("name", Words(), nullable=False),
        sa.Column("value", Words(VALUE_BYTES), nullable=False),
        sa.Column("number", sa.Double()),
        sqlite_with_rowid=False,
    )
    _index("parameters", "name", "value", "version_id")


def _claimed() -> None:
    op.create_table(
        "lineage",
        *_part("lineage", "position"),
        sa.Column("role", Words(), nullable=False),
        sa.Column("name", Words(), nullable=False),
        sa.Column("digest", DigestBytes()),
        sa.Column("uri", Words(VALUE_BYTES)),
        sqlite_with_rowid=False,
    )
    _index("lineage", "name", "role", "version_id")
    _index("lineage", "digest", "role", "version_id")
    op.create_table(
        "claims",
        *_part("claims", "position"),
        sa.Column("claim", DigestBytes(), nullable=False),
        sa.Column("predicate_type", Words(VALUE_BYTES), nullable=False),
        sa.Column("by", Words(VALUE_BYTES), nullable=False),
        sa.Column("time", Moment()),
        sa.Column("verdict", Words()),
        sqlite_with_rowid=False,
    )
    _index("claims", "by", "verdict", "version_id")
    _index("claims", "claim")
    _index("claims", "predicate_type", "version_id")
