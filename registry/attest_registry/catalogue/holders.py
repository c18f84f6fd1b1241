"""Who holds an alias, and who held it when: one indexed query each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, or_, select

from attest_registry.catalogue.rows import Holding
from attest_registry.catalogue.tables import EVENTS, HOLDINGS, MODELS, VERSIONS

if TYPE_CHECKING:
    from datetime import datetime

    from attest_registry.catalogue.database import Database

_OF_MODEL: Final = (
    select(
        HOLDINGS.c.alias,
        VERSIONS.c.number,
        VERSIONS.c.manifest,
        HOLDINGS.c.since,
        HOLDINGS.c.until,
        HOLDINGS.c.sequence,
        EVENTS.c.digest.label("event"),
        EVENTS.c.by,
        EVENTS.c.proven,
    )
    .select_from(HOLDINGS)
    .join(MODELS, MODELS.c.id == HOLDINGS.c.model_id)
    .join(VERSIONS, VERSIONS.c.id == HOLDINGS.c.version_id)
    .join(EVENTS, (EVENTS.c.model_id == HOLDINGS.c.model_id) & (EVENTS.c.sequence == HOLDINGS.c.sequence))
    .where(MODELS.c.name == bindparam("model"))
)
_NOW: Final = _OF_MODEL.where(HOLDINGS.c.alias == bindparam("alias"), HOLDINGS.c.until.is_(None))
_AT: Final = (
    _OF_MODEL.where(HOLDINGS.c.alias == bindparam("alias"), HOLDINGS.c.since <= bindparam("time"))
    .order_by(HOLDINGS.c.since.desc(), HOLDINGS.c.sequence.desc())
    .limit(1)
)
_ALL_AT: Final = _OF_MODEL.where(
    HOLDINGS.c.since <= bindparam("time"),
    or_(HOLDINGS.c.until.is_(None), HOLDINGS.c.until > bindparam("time")),
).order_by(HOLDINGS.c.alias, HOLDINGS.c.sequence)


def alias_now(database: Database, model: str, alias: str) -> Holding | None:
    """Who holds an alias."""
    with database.reading() as connection:
        row = connection.execute(_NOW, {"model": model, "alias": alias}).one_or_none()
    return None if row is None else _holding(row)


def alias_at(database: Database, model: str, alias: str, time: datetime) -> Holding | None:
    """Who held an alias after the last event at or before a time."""
    with database.reading() as connection:
        row = connection.execute(_AT, {"model": model, "alias": alias, "time": time}).one_or_none()
    if row is None or (row.until is not None and row.until <= time):
        return None
    return _holding(row)


def aliases_at(database: Database, model: str, time: datetime) -> tuple[Holding, ...]:
    """All aliases of a model after the last event at or before a time, sorted."""
    with database.reading() as connection:
        rows = connection.execute(_ALL_AT, {"model": model, "time": time}).all()
    return tuple({row.alias: _holding(row) for row in rows}.values())


def _holding(row: Any) -> Holding:
    return Holding(
        alias=row.alias,
        number=row.number,
        manifest=row.manifest,
        since=row.since,
        until=row.until,
        sequence=row.sequence,
        event=row.event,
        by=row.by,
        proven=row.proven,
    )
