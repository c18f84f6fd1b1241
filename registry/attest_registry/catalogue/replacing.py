"""All that a store has about one model, put in the place of what the catalogue said, in one transaction.

Whoever is killed meanwhile leaves the old rows; nobody ever searches half a model. SQLite has one writer at a time, so
that others wait while many versions are put in; with PostgreSQL those of other models do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from attest_registry.catalogue import facts, forgetting, sequencer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from attest_registry.catalogue.database import Database
    from attest_registry.catalogue.rows import EventRow, StateRow, VersionRow
    from attest_registry.digest import Digest

T = TypeVar("T")

_AT_ONCE: Final = 500
"""Rows that are bound to one statement."""


def replace(
    database: Database,
    model: str,
    events: Sequence[tuple[EventRow, StateRow]],
    versions: Sequence[VersionRow],
    *,
    log: Digest,
) -> None:
    """Drop what is there about a model, unsigned notes aside, and put this in.

    Args:
        database: the catalogue.
        model: its name.
        events: all of its log, in order, each with the state after it.
        versions: what is known of each version.
        log: digest of the log's first event.

    Raises:
        Conflict: the events do not follow each other, or a number stands for two manifests.
    """
    with database.writing() as connection:
        forgetting.drop(connection, model)
        for block in _blocks(events):
            sequencer.write(connection, None, model, block, log=log)
        for rows in _blocks(versions):
            facts.write(connection, model, rows)


def _blocks(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
