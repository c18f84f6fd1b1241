"""Links of a verified log → rows of the catalogue. The catalogue keeps them and believes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims.event import Action
from attest_registry.catalogue.rows import EventRow, StateRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.claims.log_state import State
    from attest.claims.signer_name import SignerName
    from attest.lifecycle.chain import Link


def canonical_name(who: SignerName) -> str:
    """Somebody, as the catalogue knows people: `key sha256:HEX`, or `ISSUER SUBJECT`."""
    return f"key {who.key}" if who.key is not None else f"{who.issuer} {who.subject}"


def rows_of(links: Sequence[Link]) -> list[tuple[EventRow, StateRow]]:
    """What the catalogue keeps of events."""
    return [(_event(link), _state(link.event.state, link.event.environment)) for link in links]


def _event(link: Link) -> EventRow:
    event = link.event
    stage = None if event.target.stage is None else event.target.stage.value
    return EventRow(
        sequence=event.sequence,
        digest=link.digest,
        previous=event.previous,
        action=event.action.value,
        time=event.time,
        proven=min((time.moment for time in link.fact.times), default=None),
        by=canonical_name(event.by),
        number=event.version.number,
        manifest=event.version.manifest,
        label=event.version.label,
        alias=event.target.alias,
        stage="archived" if event.action is Action.ARCHIVE else stage,
        reason=event.reason,
    )


def _state(state: State, environment: str | None) -> StateRow:
    return StateRow(
        aliases={alias: held.number for alias, held in state.aliases.items()},
        stages=dict(state.stages),
        revoked=state.revoked,
        next_number=state.next_number,
        deleted=state.closed,
        environment=environment,
    )
