"""Events → a chain that holds. Every reader walks it himself; nothing that a store or catalogue says is taken for it.

For each event, in order:

    1  its signature is that of whom it names (`attest.verify.event`)
    2  it is of this model and environment: a log of another one, however well signed, is refused (row 64)
    3  it follows: its number is one more, `previous` and `log` are the digests of the events before (rows 62, 63)
    4  its time is not before that of the event before, nor more than five minutes after any proven time (row 74)
    5  its signer had the role, and the act was allowed (`transitions.follow`; row 65)
    6  its state is the one that follows from the state before (row 65: nothing else is changed by the way)
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from attest.claims.event import Action
from attest.errors import AttestError, IllegalEvent, Incident, LogBroken, Refusal
from attest.lifecycle.remembered import Expected as Expected  # noqa: PLC0414  # part of what is asked here
from attest.lifecycle.remembered import Verified
from attest.lifecycle.transitions import NothingKnown, follow
from attest.trust.window import shown
from attest.verify.event import verify_event
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from attest.claims.event import Event, Versioned
    from attest.claims.log_state import State
    from attest.claims.signer_name import SignerName
    from attest.evidence.evidence import Evidence
    from attest.lifecycle.preconditions import Known
    from attest.trust.signatory import Signatory
    from attest.verify.facts import Fact

AHEAD: Final = timedelta(minutes=5)
"""How far an event's own time may be after a proven one, or after now: clocks differ."""


class Link(Struct, frozen=True, kw_only=True):
    """An event that was verified and holds in its place.

    Args:
        event: what it says.
        fact: who signed it, and when as far as that is proven.
        digest: of its words.
        bundle: of the bundle that it was read from.
    """

    event: Event
    fact: Fact
    digest: Digest
    bundle: Digest

    @property
    def verified(self) -> Verified:
        """What is remembered of it."""
        return Verified(event=self.event, digest=self.digest, bundle=self.bundle)


class Chain(Struct, kw_only=True):
    """A walk along a log, from its beginning or from an event that was verified before.

    Args:
        expected: what the first event of the walk has to go on from.
        known: what the events before the walk said.
        signatory_of: whom to check a name's signature against.
        now: the present: no event is from the future.
    """

    expected: Expected
    signatory_of: Callable[[SignerName], Signatory]
    now: datetime
    known: Known = field(default_factory=NothingKnown)
    links: list[Link] = field(default_factory=list)
    _versions: dict[int, Versioned] = field(default_factory=dict)
    _labels: dict[str, int] = field(default_factory=dict)
    _numbers: dict[Digest, list[int]] = field(default_factory=dict)
    _holders: dict[str, list[int]] = field(default_factory=dict)

    def take(self, evidence: Evidence) -> Link:
        """Check the next event and go on.

        Args:
            evidence: its bundle, from anywhere.

        Raises:
            LogBroken: it does not hold in this place; the code says which of the steps refused.
            AttestError: what its signature is checked against cannot be had.
        """
        sequence = self.expected.sequence
        try:
            fact, event = verify_event(evidence, signatory_of=self.signatory_of)  # 1
        except LogBroken:
            raise
        except (Incident, Refusal) as error:
            raise LogBroken(
                f"event {sequence} of {self.expected.model} does not hold: {error.message}",
                code="log-signature",
                expected=error.expected,
                found=error.found,
            ) from error
        digest = Digest.of(fact.statement.raw)
        self._check_place(event)  # 2
        self._check_order(event)  # 3
        self._check_time(event, fact)  # 4
        self._check_state(event)  # 5, 6
        link = Link(event=event, fact=fact, digest=digest, bundle=evidence.digest)
        self._go_on(link)
        return link

    def _check_place(self, event: Event) -> None:
        expected = self.expected
        first = expected.sequence == 1
        if event.model != expected.model or (not first and event.environment != expected.environment):
            raise self._broken(
                "it is of another model or environment",
                code="log-transplant",
                expected=f"{expected.model}, {expected.environment or 'any environment'}",
                found=f"{event.model}, {event.environment or 'no environment'}",
            )

    def _check_order(self, event: Event) -> None:
        expected = self.expected
        if event.sequence != expected.sequence:
            raise self._broken(
                "another event stands in its place",
                code="log-gap",
                expected=f"event {expected.sequence}",
                found=f"event {event.sequence}",
            )
        if expected.sequence == 1:
            return
        if event.previous != expected.previous or event.log != expected.log:
            raise self._broken(
                "it goes on from another event than the one before it",
                code="log-gap" if event.log == expected.log else "log-transplant",
                expected=str(expected.previous if event.log == expected.log else expected.log),
                found=str(event.previous if event.log == expected.log else event.log),
            )

    def _check_time(self, event: Event, fact: Fact) -> None:
        before = self.expected.time
        if before is not None and event.time < before:
            raise self._broken(
                "it is older than the event before it",
                code="log-time",
                expected=f"{shown(before)} or later",
                found=shown(event.time),
            )
        limit = min([self.now, *(time.moment for time in fact.times)]) + AHEAD
        if event.time > limit:
            raise self._broken(
                "it is from the future",
                code="log-time",
                expected=f"{shown(limit)} or earlier",
                found=shown(event.time),
            )

    def _check_state(self, event: Event) -> None:
        try:
            state = follow(self.expected.state, event, self)
        except IllegalEvent as error:
            raise self._broken(
                error.message,
                code="log-role" if error.code == "role-missing" else "log-transition",
                expected=error.expected,
                found=error.found or error.code,
            ) from error
        if state != event.state:
            raise self._broken(
                "its state is not the one that follows from what it does",
                code="log-state",
                expected=_difference(state, event.state),
                found=_difference(event.state, state),
            )

    def _go_on(self, link: Link) -> None:
        event = link.event
        self.learn(event)
        self.links.append(link)
        self.expected = Expected(
            model=event.model,
            sequence=event.sequence + 1,
            environment=event.environment,
            log=event.log or link.digest,
            previous=link.digest,
            time=event.time,
            state=event.state,
        )

    def learn(self, event: Event) -> None:
        """Know what an event says, for those that come after it."""
        version, alias = event.version, event.target.alias
        if event.action is Action.REGISTER:
            self._versions[version.number] = version
            self._numbers.setdefault(version.manifest, []).append(version.number)
            if version.label is not None:
                self._labels[version.label] = version.number
        if alias is not None and event.action in {Action.PROMOTE, Action.ROLLBACK}:
            held = [number for number in self.holders(alias) if number != version.number]
            self._holders[alias] = [*held, version.number]

    def _broken(self, why: str, *, code: str, expected: str | None, found: str | None) -> AttestError:
        return LogBroken(
            f"event {self.expected.sequence} of {self.expected.model} does not hold: {why}",
            code=code,
            expected=expected,
            found=found,
        )

    def registered(self, number: int) -> Versioned | None:
        """The version of a number, as this walk or what came before it has it."""
        return self._versions.get(number) or self.known.registered(number)

    def number_of(self, label: str) -> int | None:
        """The number that a label was registered for."""
        found = self._labels.get(label)
        return self.known.number_of(label) if found is None else found

    def numbers_for(self, manifest: Digest) -> tuple[int, ...]:
        """Every number under which a manifest was registered."""
        return (*self.known.numbers_for(manifest), *self._numbers.get(manifest, ()))

    def holders(self, alias: str) -> tuple[int, ...]:
        """The numbers of the versions that an alias has pointed at, each once, the latest last."""
        found = self._holders.get(alias)
        return self.known.holders(alias) if found is None else tuple(found)


def _difference(state: State, other: State) -> str:
    """The first part in which two states differ, for messages."""
    mine, theirs = state.to_json(), other.to_json()
    part = next((key for key in [*mine, *theirs] if mine.get(key) != theirs.get(key)), "state")
    return f"{part}: {mine.get(part)}"[:200]
