"""Listings: models, versions of a model, its history. Each page begins where the one before ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, or_, select

from attest_registry.catalogue import summaries
from attest_registry.catalogue.pages import Tokens, check_limit
from attest_registry.catalogue.rows import EventRow, Page
from attest_registry.catalogue.tables import EVENTS, LINEAGE, MODELS, VERSIONS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row

    from attest_registry.catalogue.database import Database
    from attest_registry.catalogue.rows import ModelRow, VersionSummary
    from attest_registry.digest import Digest

_LAST_CHARACTER: Final = "\U0010ffff"
_LABELLED: Final = (
    select(VERSIONS.c.number)
    .join(MODELS)
    .where(MODELS.c.name == bindparam("model"), VERSIONS.c.label == bindparam("label"))
    .order_by(VERSIONS.c.number)
    .limit(1)
)
_OF_MANIFEST: Final = (
    select(MODELS.c.name, VERSIONS.c.number)
    .join(MODELS)
    .where(VERSIONS.c.manifest == bindparam("manifest"))
    .order_by(MODELS.c.name, VERSIONS.c.number)
)
_MADE_FROM: Final = (
    select(MODELS.c.name, VERSIONS.c.number, LINEAGE.c.role)
    .select_from(LINEAGE)
    .join(VERSIONS, VERSIONS.c.id == LINEAGE.c.version_id)
    .join(MODELS, MODELS.c.id == VERSIONS.c.model_id)
    .where(LINEAGE.c.digest == bindparam("digest"))
    .order_by(MODELS.c.name, VERSIONS.c.number, LINEAGE.c.role)
    .distinct()
)
_EVENT_COLUMNS: Final = tuple(column.name for column in EVENTS.c if column.name != "model_id")


def models(database: Database, prefix: str, limit: int, token: str | None) -> Page[ModelRow]:
    """Models by name."""
    tokens = Tokens(database.token_key(), "models", prefix)
    after = tokens.read(token)
    statement = (
        select(MODELS.c.id, MODELS.c.name)
        .where(or_(MODELS.c.head > 0, MODELS.c.versions > 0))
        .order_by(MODELS.c.name)
        .limit(check_limit(limit) + 1)
    )
    if prefix:
        statement = statement.where(MODELS.c.name >= prefix, MODELS.c.name < prefix + _LAST_CHARACTER)
    if after is not None:
        statement = statement.where(MODELS.c.name > after[0])
    with database.reading() as connection:
        rows = connection.execute(statement).all()
        items = summaries.models(connection, [row.id for row in rows[:limit]])
    return Page(items=items, next=tokens.make([rows[limit - 1].name]) if len(rows) > limit else None)


def versions(database: Database, model: str, limit: int, token: str | None) -> Page[VersionSummary]:
    """Versions of a model, the newest first."""
    tokens = Tokens(database.token_key(), "versions", model)
    after = tokens.read(token)
    statement = (
        select(VERSIONS.c.id, VERSIONS.c.number)
        .join(MODELS)
        .where(MODELS.c.name == model)
        .order_by(VERSIONS.c.number.desc())
        .limit(check_limit(limit) + 1)
    )
    if after is not None:
        statement = statement.where(VERSIONS.c.number < after[0])
    with database.reading() as connection:
        rows = connection.execute(statement).all()
        items = summaries.versions(connection, [row.id for row in rows[:limit]])
    return Page(items=items, next=tokens.make([rows[limit - 1].number]) if len(rows) > limit else None)


def history(
    database: Database,
    model: str,
    *,
    alias: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    token: str | None,
) -> Page[EventRow]:
    """Events of a model, the newest first; `since` and `until` are included."""
    tokens = Tokens(database.token_key(), "history", model, str(alias), str(since), str(until))
    after = tokens.read(token)
    conditions = [MODELS.c.name == model]
    if alias is not None:
        conditions.append(EVENTS.c.alias == alias)
    if since is not None:
        conditions.append(EVENTS.c.time >= since)
    if until is not None:
        conditions.append(EVENTS.c.time <= until)
    if after is not None:
        conditions.append(EVENTS.c.sequence < after[0])
    statement = (
        select(EVENTS).join(MODELS).where(*conditions).order_by(EVENTS.c.sequence.desc()).limit(check_limit(limit) + 1)
    )
    with database.reading() as connection:
        rows = connection.execute(statement).all()
    items = tuple(event_of(row) for row in rows[:limit])
    return Page(items=items, next=tokens.make([items[-1].sequence]) if len(rows) > limit else None)


def event_of(row: Row[Any]) -> EventRow:
    """The event that a row is."""
    return EventRow(**{name: getattr(row, name) for name in _EVENT_COLUMNS})


def by_label(database: Database, model: str, label: str) -> int | None:
    """The number of a version by its label."""
    with database.reading() as connection:
        number: int | None = connection.scalar(_LABELLED, {"model": model, "label": label})
    return number


def by_manifest(database: Database, manifest: Digest) -> list[tuple[str, int]]:
    """The models and numbers under which a manifest is registered."""
    with database.reading() as connection:
        return [(row.name, row.number) for row in connection.execute(_OF_MANIFEST, {"manifest": manifest})]


def made_from(database: Database, digest: Digest) -> list[tuple[str, int, str]]:
    """The versions that were made from a version or a dataset, each with its role."""
    with database.reading() as connection:
        return [(row.name, row.number, row.role) for row in connection.execute(_MADE_FROM, {"digest": digest})]
