"""How a version stands in its model's log, now or at a time: what points at it, in which stage, revoked or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from attest.claims.event import Action
from attest_registry.errors import NotFound

if TYPE_CHECKING:
    from datetime import datetime

    from attest.claims.event import Event, Versioned
    from attest.lifecycle.log import Log
    from attest_registry.digest import Digest
    from attest_registry.reference import Reference


class Standing(Struct, frozen=True, kw_only=True):
    """How a version stands.

    Args:
        version: number, digest and label.
        aliases: the aliases that point at it now.
        stage: none, staging or production, now.
        revoked: whether it is revoked now.
        registered: the event that registered it.
        sequence: the number of the log's newest event.
        since: the event that brought it to the alias that was asked for; `None` where none was.
        event: the number of that event, with its digest.
    """

    version: Versioned
    aliases: tuple[str, ...]
    stage: str
    revoked: bool
    registered: Event
    sequence: int
    since: Event | None = None
    event: Digest | None = None


def holder_at(log: Log, alias: str, time: datetime, *, name: str) -> int:
    """The number of the event that says what an alias pointed at, at a time.

    Raises:
        NotFound: it pointed at nothing then (`alias-unknown`).
        LogBroken: the event is another one than was verified.
    """
    sequence = log.place.moved_before(alias, time)
    if sequence is None or log.event(sequence).action is Action.DEMOTE:
        raise NotFound(
            f"{name}@{alias} pointed at nothing at that time",
            code="alias-unknown",
            found="no event before it" if sequence is None else f"event {sequence} took it away",
            hint=f"attest history {name} --alias {alias}",
        )
    return sequence


def standing(log: Log, reference: Reference, *, at: datetime | None = None) -> Standing | None:
    """How a version stands; `None` where the log does not know it.

    Args:
        log: the model's log, verified.
        reference: the version: a number, label, digest or alias.
        at: with an alias: as of when.

    Raises:
        NotFound: there is no such alias (`alias-unknown`).
    """
    sequence = _moving(log, reference, at)
    number = log.event(sequence).version.number if sequence is not None else _number(log, reference)
    version = None if number is None else log.place.registered(number)
    registration = None if number is None else log.place.registered_at(number)
    if version is None or registration is None:
        return None
    state = log.state
    stages = [stage for stage, listed in state.stages.items() if version.number in listed]
    return Standing(
        version=version,
        aliases=tuple(sorted(alias for alias, held in state.aliases.items() if held.number == version.number)),
        stage=stages[0] if stages else "none",
        revoked=version.number in state.revoked,
        registered=log.event(registration),
        sequence=log.sequence,
        since=None if sequence is None else log.event(sequence),
        event=None if sequence is None else log.place.event_at(sequence),
    )


def _moving(log: Log, reference: Reference, at: datetime | None) -> int | None:
    """The event that brought the version to the alias that was asked for."""
    if reference.alias is None:
        return None
    if at is not None:
        return holder_at(log, reference.alias, at, name=reference.name)
    log.resolve(reference.alias, name=reference.name)
    return log.place.promoted(reference.alias)


def _number(log: Log, reference: Reference) -> int | None:
    if reference.number is not None:
        return reference.number
    if reference.version is not None:
        return log.place.number_of(reference.version)
    return None if reference.digest is None else log.place.number_for(reference.digest)
