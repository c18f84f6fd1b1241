"""Logs to try the catalogue with: what their events say is made up, and follows as it should."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from attest_registry.catalogue.liveness import this_process
from attest_registry.catalogue.rows import EventRow, StateRow
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from attest_registry.catalogue.store import Catalogue

START = datetime(2026, 3, 1, 9, 30, 0, 250_000, tzinfo=UTC)
ALICE = "https://accounts.example.com alice@example.com"
BOB = "https://accounts.example.com bob@example.com"


def digest(*parts: object) -> Digest:
    return Digest.of(repr(parts).encode())


def moment(hours: float) -> datetime:
    return START + timedelta(hours=hours)


class Log:
    """The log of one model, event by event; `commit` writes each to a catalogue."""

    def __init__(self, model: str = "acme/credit-risk") -> None:
        self.model = model
        self.events: list[tuple[EventRow, StateRow]] = []
        self.state = StateRow(aliases={}, stages={}, revoked=(), next_number=1)

    @property
    def digest(self) -> Digest:
        """Of the log: of its first event."""
        return self.events[0][0].digest

    @property
    def last(self) -> Digest | None:
        return self.events[-1][0].digest if self.events else None

    def manifest(self, number: int) -> Digest:
        return digest(self.model, "version", number)

    def register(self, label: str | None = None, *, by: str = ALICE) -> tuple[EventRow, StateRow]:
        number = self.state.next_number
        return self.add("register", number=number, label=label, by=by, next_number=number + 1)

    def promote(self, number: int, alias: str = "production", *, by: str = BOB) -> tuple[EventRow, StateRow]:
        return self.add("promote", number=number, alias=alias, by=by, aliases={**self.state.aliases, alias: number})

    def demote(self, alias: str = "production", *, by: str = BOB) -> tuple[EventRow, StateRow]:
        left = {name: number for name, number in self.state.aliases.items() if name != alias}
        return self.add("demote", number=self.state.aliases[alias], alias=alias, by=by, aliases=left)

    def to_stage(self, number: int, stage: str, *, by: str = BOB) -> tuple[EventRow, StateRow]:
        stages = {name: tuple(each for each in held if each != number) for name, held in self.state.stages.items()}
        stages[stage] = (*stages.get(stage, ()), number)
        return self.add("promote", number=number, stage=stage, by=by, stages=stages)

    def revoke(self, number: int, *, by: str = ALICE) -> tuple[EventRow, StateRow]:
        return self.add("revoke", number=number, by=by, revoked=(*self.state.revoked, number), reason="poisoned data")

    def add(
        self,
        action: str,
        *,
        number: int,
        by: str,
        label: str | None = None,
        alias: str | None = None,
        stage: str | None = None,
        reason: str | None = None,
        **changes: object,
    ) -> tuple[EventRow, StateRow]:
        sequence = len(self.events) + 1
        event = EventRow(
            sequence=sequence,
            digest=digest(self.model, "event", sequence, action, number, by),
            previous=self.last,
            action=action,
            time=moment(sequence),
            proven=moment(sequence + 0.01),
            by=by,
            number=number,
            manifest=self.manifest(number),
            label=label,
            alias=alias,
            stage=stage,
            reason=reason,
        )
        kept = {name: getattr(self.state, name) for name in StateRow.__struct_fields__}
        self.state = StateRow(**{**kept, **changes})
        self.events.append((event, self.state))
        return self.events[-1]

    def commit(self, catalogue: Catalogue, event: tuple[EventRow, StateRow]) -> EventRow:
        """As a writer does: reserve, then commit."""
        reservation = catalogue.reserve(
            self.model,
            sequence=event[0].sequence,
            previous=event[0].previous,
            holder=this_process(),
            seconds=60,
            wait=0,
        )
        catalogue.commit(reservation, self.model, [event], log=self.digest)
        return event[0]

    def commit_all(self, catalogue: Catalogue) -> None:
        """As a rebuild does."""
        catalogue.commit(None, self.model, self.events, log=self.digest)


def busy_log(model: str = "acme/credit-risk") -> Log:
    """Eleven events of every kind that the catalogue treats differently."""
    log = Log(model)
    log.register("1.0.0")
    log.register("1.1.0")
    log.promote(1)
    log.promote(2, "challenger")
    log.to_stage(2, "staging")
    log.promote(2)
    log.demote("challenger")
    log.register()
    log.revoke(3)
    log.to_stage(2, "production")
    log.promote(1)
    return log
