"""Metrics of versions that hold an alias now, marked: of a million versions, they are what people search among.

"Better than 0.95 and in production" would otherwise look at every version in production, or at all that are better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select, text, update

from attest_registry.catalogue.tables import HOLDINGS, METRICS, OVERALL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

HELD: Final = text("metrics.held IS TRUE")
"""The condition, in the words of its index."""

_MARK: Final = (
    update(METRICS)
    .where(METRICS.c.version_id == bindparam("version"), OVERALL)
    .values(
        held=select(HOLDINGS.c.version_id)
        .where(HOLDINGS.c.version_id == bindparam("version"), HOLDINGS.c.until.is_(None))
        .exists()
    )
)
_HOLDERS: Final = select(HOLDINGS.c.version_id).where(
    HOLDINGS.c.model_id == bindparam("model"), HOLDINGS.c.until.is_(None)
)


def mark(connection: Connection, versions: Iterable[int]) -> None:
    """Mark metrics of versions that may have come to hold an alias, or hold none any more."""
    each = [{"version": version} for version in sorted(set(versions))]
    if each:
        connection.execute(_MARK, each)


def mark_new(connection: Connection, model_id: int, versions: Iterable[int]) -> None:
    """Mark metrics that were just written, where their versions hold an alias."""
    mark(connection, set(connection.scalars(_HOLDERS, {"model": model_id})) & set(versions))
