"""The sequencer of logs: of those who want to write the next event of a model, exactly one may.

reserve     the right to write event N, after a look at event N - 1; for a time, so that a crash frees it
commit      the event, what it changes, and the end of the reservation, in one transaction
release     the end of the reservation, when nothing came of it
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, func, insert, select

from attest_registry.catalogue import conflicts, model_rows
from attest_registry.catalogue.liveness import is_dead
from attest_registry.catalogue.projections import Projections
from attest_registry.catalogue.rows import Reservation
from attest_registry.catalogue.tables import EVENTS, MODELS, RESERVATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from attest_registry.catalogue.database import Database
    from attest_registry.catalogue.rows import EventRow, StateRow
    from attest_registry.digest import Digest

_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.05
_HELD: Final = select(RESERVATIONS).where(RESERVATIONS.c.model_id == bindparam("model"))
_HELD_BY_NAME: Final = select(RESERVATIONS).join(MODELS).where(MODELS.c.name == bindparam("model"))
_FREE: Final = delete(RESERVATIONS).where(
    RESERVATIONS.c.model_id == bindparam("model"), RESERVATIONS.c.token == bindparam("token_held")
)
_STORED: Final = select(EVENTS.c.sequence, EVENTS.c.digest).where(
    EVENTS.c.model_id == bindparam("model"), EVENTS.c.sequence.between(bindparam("first"), bindparam("last"))
)
_INSERT: Final = insert(EVENTS)
_RESERVE: Final = insert(RESERVATIONS)
_FREE_ANY: Final = delete(RESERVATIONS).where(RESERVATIONS.c.model_id == bindparam("model"))
_EVENT_COLUMNS: Final = tuple(column.name for column in EVENTS.c if column.name != "model_id")


def reserve(
    database: Database,
    model: str,
    *,
    sequence: int,
    previous: Digest | None,
    holder: str,
    seconds: float,
    wait: float,
) -> Reservation:
    """The right to write the next event.

    Args:
        database: the catalogue.
        model: whose log.
        sequence: of the event; one more than that of the last one.
        previous: digest of the last event, as the writer knows it.
        holder: who asks, as `liveness.this_process` writes it.
        seconds: how long the right lasts.
        wait: how long to wait for somebody else's reservation to end, in seconds.

    Raises:
        Conflict: the log moved (`log-conflict`), somebody else is still writing (`log-reserved`), the catalogue does
            not know all events (`catalogue-behind`) or knows others (`catalogue-fork`).
    """
    end = time.monotonic() + wait
    pause = _PAUSE
    while True:
        with database.writing(fleeting=True) as connection:
            row = model_rows.lock(connection, model)
            _check_next(connection, row, sequence=sequence, previous=previous)
            now = _now(connection)
            held = connection.execute(_HELD, {"model": row.id}).one_or_none()
            if held is None or not _is_live(held, now):
                if held is not None:
                    connection.execute(_FREE_ANY, {"model": row.id})
                return _given(connection, row, sequence=sequence, holder=holder, until=now + timedelta(seconds=seconds))
        if time.monotonic() >= end:
            raise conflicts.reserved(model, held.holder)
        pause = _wait_while_held(database, model, held.token, end=end, pause=pause)


def release(database: Database, reservation: Reservation) -> None:
    """Give the right back; nothing happens where it has ended already."""
    with database.writing() as connection:
        row = model_rows.lock(connection, reservation.model)
        connection.execute(_FREE, {"model": row.id, "token_held": reservation.token})


def commit(
    database: Database,
    reservation: Reservation | None,
    model: str,
    events: Sequence[tuple[EventRow, StateRow]],
    *,
    log: Digest,
) -> None:
    """Append events and move what they change, in one transaction.

    Args:
        database: the catalogue.
        reservation: the right to write the first of them; `None` for events that are read back from the store.
        model: whose log.
        events: in order, each with the state after it. Those that are there already are passed over.
        log: digest of the log's first event.

    Raises:
        Conflict: as `reserve`, or an event leads to a version that is not known or has another manifest.
    """
    with database.writing() as connection:
        write(connection, reservation, model, events, log=log)


def write(
    connection: Connection,
    reservation: Reservation | None,
    model: str,
    events: Sequence[tuple[EventRow, StateRow]],
    *,
    log: Digest,
) -> None:
    """The same within somebody's transaction."""
    row = model_rows.lock(connection, model)
    fresh = _not_yet_there(connection, row, events, reserved=reservation is not None)
    if fresh:
        if reservation is not None:
            _check_held(connection, row, reservation)
        _check_log(row, log)
        _append(connection, row, fresh, log=log)
    if reservation is not None:
        connection.execute(_FREE, {"model": row.id, "token_held": reservation.token})


def head(database: Database, model: str) -> tuple[int, Digest] | None:
    """Sequence and digest of the last event; `None` where there is none."""
    with database.reading() as connection:
        row = model_rows.find(connection, model)
    return None if row is None or not row.head else (row.head, row.head_digest)


def _check_next(connection: Connection, row: Row[Any], *, sequence: int, previous: Digest | None) -> None:
    if sequence <= row.head:
        raise conflicts.moved(connection, row, known=sequence - 1)
    if sequence > row.head + 1:
        raise conflicts.behind(row, known=sequence - 1)
    if previous != row.head_digest:
        raise conflicts.forked(row, sequence=row.head, ours=previous, theirs=row.head_digest)


def _now(connection: Connection) -> datetime:
    """By the clock that all who share the catalogue share."""
    if connection.dialect.name == "postgresql":
        now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return now.astimezone(UTC)
    return datetime.now(UTC)


def _is_live(held: Row[Any], now: datetime) -> bool:
    return bool(held.expires > now) and not is_dead(held.holder)


def _given(connection: Connection, row: Row[Any], *, sequence: int, holder: str, until: datetime) -> Reservation:
    token = secrets.token_hex(16)
    connection.execute(
        _RESERVE,
        {"model_id": row.id, "sequence": sequence, "token": token, "holder": holder, "expires": until},
    )
    return Reservation(model=row.name, sequence=sequence, token=token)


def _wait_while_held(database: Database, model: str, token: str, *, end: float, pause: float) -> float:
    """Wait until the reservation changes or may be taken; reading only, so as not to stand in its holder's way."""
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)
        with database.reading() as connection:
            held = connection.execute(_HELD_BY_NAME, {"model": model}).one_or_none()
            if held is None or held.token != token or not _is_live(held, _now(connection)):
                break
    return pause


def _not_yet_there(
    connection: Connection, row: Row[Any], events: Sequence[tuple[EventRow, StateRow]], *, reserved: bool
) -> list[tuple[EventRow, StateRow]]:
    """The events after the head, which follow it and each other without a gap.

    Raises:
        Conflict: one is another than the catalogue's, or they do not follow.
    """
    fresh = [each for each in events if each[0].sequence > row.head]
    old = [event for event, _ in events if event.sequence <= row.head]
    if old:
        bounds = {"first": min(event.sequence for event in old), "last": max(event.sequence for event in old)}
        rows = connection.execute(_STORED, {"model": row.id, **bounds})
        stored = {each.sequence: each.digest for each in rows}
        for event in old:
            if stored.get(event.sequence) != event.digest:
                if reserved:
                    raise conflicts.moved(connection, row, known=event.sequence - 1)
                theirs = stored.get(event.sequence)
                raise conflicts.forked(row, sequence=event.sequence, ours=event.digest, theirs=theirs)
    sequence, digest = row.head, row.head_digest
    for event, _ in fresh:
        if event.sequence != sequence + 1:
            raise conflicts.behind(row, known=event.sequence - 1)
        if event.previous != digest:
            raise conflicts.forked(row, sequence=sequence, ours=event.previous, theirs=digest)
        sequence, digest = event.sequence, event.digest
    return fresh


def _check_held(connection: Connection, row: Row[Any], reservation: Reservation) -> None:
    held = connection.execute(_HELD, {"model": row.id}).one_or_none()
    if held is None or held.token != reservation.token:
        raise conflicts.lost(reservation.model)


def _check_log(row: Row[Any], log: Digest) -> None:
    if row.log is not None and row.log != log:
        raise conflicts.forked(row, sequence=1, ours=log, theirs=row.log)


def _append(connection: Connection, row: Row[Any], fresh: list[tuple[EventRow, StateRow]], *, log: Digest) -> None:
    connection.execute(
        _INSERT,
        [{"model_id": row.id, **{name: getattr(event, name) for name in _EVENT_COLUMNS}} for event, _ in fresh],
    )
    projections = Projections(connection, row)
    for event, state in fresh:
        projections.move(event, state)
    event, state = fresh[-1]
    projections.finish(event, state, log=log)
