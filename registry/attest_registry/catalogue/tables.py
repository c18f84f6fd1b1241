"""The tables. What is here is what the newest migration makes of an empty database; a test compares the two.

Indexes hold every column that a search asks, that of their own condition too, or SQLite looks it up in the table.

models ─┬─ events          the log, append-only
        ├─ reservations    who may write the next event
        ├─ holdings        which version held which alias from when to when
        ├─ versions ─┬─ stages  revoked                       as the last event says
        │            └─ metrics  parameters  lineage  claims  facts, replaced together
        └─ notes           unsigned tags and annotations: the only thing that no store has
settings                   what this database keeps for itself
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    false,
)
from sqlalchemy import text as sql

from attest_registry.catalogue.columns import IDENTIFIER, TEXT_BYTES, VALUE_BYTES, DigestBytes, Moment, Words
from attest_registry.limits import NOTE_BYTES

METADATA: Final = MetaData(
    naming_convention={
        "ix": "%(table_name)s_by_%(column_0_N_name)s",
        "uq": "%(table_name)s_once_%(column_0_N_name)s",
        "fk": "%(table_name)s_%(column_0_name)s_of_%(referred_table_name)s",
        "pk": "%(table_name)s_key",
    }
)


def _of(table: str, *, key: bool = False) -> Column[int]:
    """A reference to a row whose removal removes this one."""
    name = {"models": "model_id", "versions": "version_id"}[table]
    return Column(
        name,
        IDENTIFIER,
        ForeignKey(f"{table}.id", ondelete="CASCADE"),
        primary_key=key,
        nullable=False,
        autoincrement=False,
    )


def _position() -> Column[int]:
    return Column("position", Integer, primary_key=True, autoincrement=False)


MODELS: Final = Table(
    "models",
    METADATA,
    Column("id", IDENTIFIER, primary_key=True),
    Column("name", Words(), nullable=False, unique=True),
    Column("log", DigestBytes),
    Column("head", Integer, nullable=False, server_default=sql("0")),
    Column("head_digest", DigestBytes),
    Column("next_number", Integer, nullable=False, server_default=sql("1")),
    Column("deleted", Boolean, nullable=False, server_default=false()),
    Column("environment", Words()),
    Column("versions", Integer, nullable=False, server_default=sql("0")),
)

EVENTS: Final = Table(
    "events",
    METADATA,
    _of("models", key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("digest", DigestBytes, nullable=False),
    Column("previous", DigestBytes),
    Column("action", Words(), nullable=False),
    Column("time", Moment, nullable=False),
    Column("proven", Moment),
    Column("by", Words(VALUE_BYTES), nullable=False),
    Column("number", Integer),
    Column("manifest", DigestBytes),
    Column("label", Words()),
    Column("alias", Words()),
    Column("stage", Words()),
    Column("reason", Words(TEXT_BYTES)),
    Index(None, "model_id", "time"),
    Index(None, "model_id", "alias", "sequence"),
    sqlite_with_rowid=False,
)

RESERVATIONS: Final = Table(
    "reservations",
    METADATA,
    _of("models", key=True),
    Column("sequence", Integer, nullable=False),
    Column("token", Words(), nullable=False),
    Column("holder", Words(VALUE_BYTES), nullable=False),
    Column("expires", Moment, nullable=False),
)

VERSIONS: Final = Table(
    "versions",
    METADATA,
    Column("id", IDENTIFIER, primary_key=True),
    _of("models"),
    Column("number", Integer, nullable=False),
    Column("manifest", DigestBytes, nullable=False),
    Column("label", Words()),
    Column("created", Moment, nullable=False),
    Column("by", Words(VALUE_BYTES), nullable=False),
    Column("run", Words()),
    Column("description", Words(TEXT_BYTES)),
    Column("owner", Words()),
    Column("task", Words()),
    Column("licence", Words()),
    Column("size", IDENTIFIER, nullable=False, server_default=sql("0")),
    Column("files", Integer, nullable=False, server_default=sql("0")),
    UniqueConstraint("model_id", "number"),
    Index(None, "manifest"),
    Index(None, "label"),
    Index(None, "run"),
    Index(None, "created", "id"),
)

HOLDINGS: Final = Table(
    "holdings",
    METADATA,
    _of("models", key=True),
    Column("alias", Words(), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    _of("versions"),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
    Index(None, "model_id", "alias", "since"),
    Index(None, "version_id", "until", "alias"),
    sqlite_with_rowid=False,
)
_HELD_NOW: Final = HOLDINGS.c.until.is_(None)
Index(
    "holdings_now",
    HOLDINGS.c.alias,
    HOLDINGS.c.version_id,
    HOLDINGS.c.until,
    sqlite_where=_HELD_NOW,
    postgresql_where=_HELD_NOW,
)
Index(
    "holdings_once_now",
    HOLDINGS.c.model_id,
    HOLDINGS.c.alias,
    unique=True,
    sqlite_where=_HELD_NOW,
    postgresql_where=_HELD_NOW,
)

STAGES: Final = Table(
    "stages",
    METADATA,
    _of("versions", key=True),
    Column("stage", Words(), primary_key=True),
    _of("models"),
    Index(None, "model_id", "stage"),
    Index(None, "stage", "version_id"),
    sqlite_with_rowid=False,
)

REVOKED: Final = Table(
    "revoked",
    METADATA,
    _of("versions", key=True),
    _of("models"),
    Index(None, "model_id"),
)

METRICS: Final = Table(
    "metrics",
    METADATA,
    _of("versions", key=True),
    _position(),
    Column("name", Words(), nullable=False),
    Column("value", Words(VALUE_BYTES), nullable=False),
    Column("number", Double),
    Column("dataset", Words()),
    Column("dataset_digest", DigestBytes),
    Column("slice", Words(VALUE_BYTES), nullable=False),
    Column("stated", Boolean, nullable=False),
    Column("held", Boolean, nullable=False, server_default=false()),  # whether its version holds an alias now
    Column("by", Words(VALUE_BYTES), nullable=False),
    sqlite_with_rowid=False,
)
OVERALL: Final = METRICS.c.slice == sql("''")
Index(
    "metrics_by_number",
    METRICS.c.name,
    METRICS.c.number,
    METRICS.c.version_id,
    METRICS.c.stated,
    METRICS.c.slice,
    sqlite_where=OVERALL,
    postgresql_where=OVERALL,
)
Index(
    "metrics_of_version",
    METRICS.c.version_id,
    METRICS.c.name,
    METRICS.c.number,
    METRICS.c.stated,
    METRICS.c.slice,
    sqlite_where=OVERALL,
    postgresql_where=OVERALL,
)

_HELD: Final = sql("slice = '' AND held IS TRUE")
Index(
    "metrics_held",
    METRICS.c.name,
    METRICS.c.number,
    METRICS.c.version_id,
    METRICS.c.stated,
    METRICS.c.slice,
    METRICS.c.held,
    sqlite_where=_HELD,
    postgresql_where=_HELD,
)

PARAMETERS: Final = Table(
    "parameters",
    METADATA,
    _of("versions", key=True),
    _position(),
    Column("name", Words(), nullable=False),
    Column("value", Words(VALUE_BYTES), nullable=False),
    Column("number", Double),
    Index(None, "name", "value", "version_id"),
    sqlite_with_rowid=False,
)

LINEAGE: Final = Table(
    "lineage",
    METADATA,
    _of("versions", key=True),
    _position(),
    Column("role", Words(), nullable=False),
    Column("name", Words(), nullable=False),
    Column("digest", DigestBytes),
    Column("uri", Words(VALUE_BYTES)),
    Index(None, "name", "role", "version_id"),
    Index(None, "digest", "role", "version_id"),
    sqlite_with_rowid=False,
)

CLAIMS: Final = Table(
    "claims",
    METADATA,
    _of("versions", key=True),
    _position(),
    Column("claim", DigestBytes, nullable=False),
    Column("predicate_type", Words(VALUE_BYTES), nullable=False),
    Column("by", Words(VALUE_BYTES), nullable=False),
    Column("time", Moment),
    Column("verdict", Words()),
    Index(None, "by", "verdict", "version_id"),
    Index(None, "claim"),
    Index(None, "predicate_type", "version_id"),
    sqlite_with_rowid=False,
)

NOTES: Final = Table(
    "notes",
    METADATA,
    _of("models", key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # 0: of the model itself
    Column("key", Words(), primary_key=True),
    Column("value", Words(NOTE_BYTES), nullable=False),
    Column("start", Words(), nullable=False),  # of the value, for finding it
    Column("by", Words(VALUE_BYTES), nullable=False),
    Column("time", Moment, nullable=False),
    Index(None, "key", "start"),
    sqlite_with_rowid=False,
)

SETTINGS: Final = Table(
    "settings",
    METADATA,
    Column("name", Words(), primary_key=True),
    Column("value", Words(), nullable=False),
    sqlite_with_rowid=False,
)
