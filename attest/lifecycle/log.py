"""A model's log, read: from where this machine left off to its head, each new event verified.

    1  the newest segment is asked of the store; a model whose log was seen here and is gone is refused
    2  a head older than the one remembered is refused (row 60)
    3  the event remembered has to stand where it stood; another one there is a fork (row 62), unless an event that
       follows says which branch stands and that ours is abandoned. Whoever says so must have been allowed to before
       the branches parted, and still be in the branch that was seen: a key that was taken out of the roles, or a log
       that somebody began anew, ends no fork
    4  everything after it is verified as a chain (`chain.py`)
    5  what was verified is remembered

Whether it is the log that the operator means (pins), and whether it is fresh, `pins.py` decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from attest.claims.event import Action
from attest.claims.log_state import RoleName
from attest.errors import LogBroken
from attest.lifecycle.log_store import LogStore
from attest.lifecycle.remembered import Expected, Remembered
from attest.signing.bundle import Bundle
from attest.verify.event import unverified_event
from attest_registry.digest import Digest
from attest_registry.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from attest.claims.event import Event
    from attest.claims.log_state import Held, State
    from attest.claims.signer_name import SignerName
    from attest.evidence.evidence import Evidence
    from attest.lifecycle.chain import Link
    from attest.lifecycle.keyring import Keyring
    from attest.lifecycle.ledger import Place
    from attest.lifecycle.log_store import Segment
    from attest.trust.signatory import Signatory
    from attest_registry.oci.content import Repository
    from attest_registry.oci.descriptor import Descriptor


class Log(Struct, frozen=True, kw_only=True):
    """A log that holds, from its first event to its head.

    Args:
        store: where it lies.
        place: what this machine remembers of it.
        keyring: where keys and roots are found.
        segment: the newest segment.
        head: the newest event and all that it means.
        fresh: the events that were verified just now.
        first_use: whether this machine had never seen it.
    """

    store: LogStore
    place: Place
    keyring: Keyring
    segment: Segment
    head: Remembered
    fresh: tuple[Link, ...]
    first_use: bool

    @property
    def state(self) -> State:
        """What everything means now."""
        return self.head.state

    @property
    def sequence(self) -> int:
        """The number of the newest event."""
        return self.head.sequence

    def evidence(self, sequence: int) -> Evidence:
        """The bundle of an event, as the store has it.

        Raises:
            LogBroken: it is not there (`log-gap`).
        """
        return bundle_of(self.store, self.segment, sequence)

    def event(self, sequence: int) -> Event:
        """What an event says, whose words are those that were verified here.

        Raises:
            LogBroken: it is not there, or another one than was verified (`log-fork`).
        """
        evidence = self.evidence(sequence)
        seen, words = self.place.event_at(sequence), Digest.of(Bundle.parse(evidence.raw).payload)
        if seen is None or not seen.matches(words):
            raise LogBroken(
                f"event {sequence} of {self.head.model} is another one than was verified",
                code="log-fork",
                expected=str(seen),
                found=str(words),
            )
        return unverified_event(evidence)

    @property
    def expected(self) -> Expected:
        """What the next event has to go on from."""
        return _after(self.head)

    def walk(self, *, now: datetime, after: int = 0) -> tuple[Link, ...]:
        """Every event after a number, verified again: all of them, or from one whose words are remembered.

        Raises:
            LogBroken: one of them does not hold.
        """
        reading = _Reading(
            store=self.store,
            segment=self.segment,
            place=self.place,
            keyring=self.keyring,
            model=self.head.model,
            now=now,
        )
        return tuple(reading.again(after))

    def signatory_of(self, who: SignerName) -> Signatory:
        """Whom a signature in this log's name is checked against."""
        return self.keyring.signatory_of(who, found=self.segment.key)

    def resolve(self, alias: str, *, name: str) -> Held:
        """The version that an alias points at.

        Raises:
            NotFound: there is no such alias (`alias-unknown`).
        """
        held = self.state.aliases.get(alias)
        if held is None:
            from difflib import get_close_matches  # noqa: PLC0415  # only on the way to an error

            near = get_close_matches(alias, list(self.state.aliases), n=1)
            raise NotFound(
                f"{name} has no alias {alias!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
                code="alias-unknown",
                expected=", ".join(sorted(self.state.aliases)) or "none is set",
                hint=f"attest promote {name}:{self.state.next_number - 1} --to {alias}",
            )
        return held


def read_log(repository: Repository, *, model: str, place: Place, keyring: Keyring, now: datetime) -> Log | None:
    """Steps 1 to 5.

    Args:
        repository: where the model is.
        model: its name without host.
        place: what this machine remembers.
        keyring: where keys and roots are found.
        now: the time.

    Returns:
        the log; `None` where there is none and never was, as far as this machine knows.

    Raises:
        LogBroken: it does not hold, or is older than what was seen before.
        AttestError: it could not be read.
    """
    store = LogStore(repository=repository)
    remembered, segment = place.recall(), store.newest()
    if segment is None:
        if remembered is None:
            return None
        raise _older(model, remembered, found="no log")  # 1
    if remembered is not None and remembered.model != model:
        raise _another(model, remembered)
    reading = _Reading(store=store, segment=segment, place=place, keyring=keyring, model=model, now=now)
    return reading.read(remembered)


class _Reading(Struct, frozen=True, kw_only=True):
    """One reading."""

    store: LogStore
    segment: Segment
    place: Place
    keyring: Keyring
    model: str
    now: datetime

    def read(self, remembered: Remembered | None) -> Log:
        if remembered is None:
            links = self._walk(Expected(model=self.model))
            return self._log(links, head=None)
        if self.segment.last < remembered.sequence and self._same(self.segment.last):
            raise _older(self.model, remembered, found=f"event {self.segment.last}")  # 2
        if self.segment.last >= remembered.sequence and self._stands(remembered):  # 3
            links = self._walk(_after(remembered)) if self.segment.last > remembered.sequence else []
            return self._log(links, head=remembered)
        return self._after_fork(remembered)

    def again(self, after: int) -> list[Link]:
        """The events after one that was verified here before, or all of them."""
        if after and not self._same(after):
            after = 0
        return self._walk(self._expected_at(after))

    def _stands(self, remembered: Remembered) -> bool:
        """Whether the event that was seen stands where it stood: equal bundles are equal words."""
        layer = _layer(self.store, self.segment, remembered.sequence)
        if layer.digest.matches(remembered.bundle):
            return True
        words = Bundle.parse(self.store.bundle(layer).raw).payload
        return Digest.of(words).matches(remembered.head)

    def _after_fork(self, remembered: Remembered) -> Log:
        """Another branch than the one that was seen: only an event that ends the fork makes it the one that stands."""
        newest = min(remembered.sequence, self.segment.last)
        fork = next((at for at in range(newest, 0, -1) if self._same(at)), 0)
        if fork == 0:  # not even the first event is the same: nobody in there has a say over the log that was seen
            raise _another(self.model, remembered)
        common = self._expected_at(fork)
        links = self._walk(common)
        seen = self.place.event_at(fork + 1)
        states = [state for state in (common.state, remembered.state) if state is not None]
        if seen is None or not any(ends_fork(link.event, {seen, remembered.head}, states=states) for link in links):
            raise LogBroken(
                f"the log of {self.model} is forked: event {fork + 1} is another one than was seen here",
                code="log-fork",
                expected=f"event {fork + 1}: {seen}",
                found=f"event {fork + 1}: {links[0].digest if links else 'none'}",
                hint=f"attest log resolve-fork {self.model}     for its admins, after they have looked at both",
            )
        self.place.keep([link.verified for link in links], abandoned=fork + 1)
        return replace(self._log(links, head=None), first_use=False)

    def _same(self, sequence: int) -> bool:
        seen = self.place.event_at(sequence)
        words = Bundle.parse(bundle_of(self.store, self.segment, sequence).raw).payload
        return seen is not None and Digest.of(words).matches(seen)

    def _expected_at(self, sequence: int) -> Expected:
        """What follows an event that was verified here before, whose words are the same now."""
        if sequence == 0:
            return Expected(model=self.model)
        evidence = bundle_of(self.store, self.segment, sequence)
        event = unverified_event(evidence)
        return Expected(
            model=self.model,
            sequence=sequence + 1,
            environment=event.environment,
            log=self.place.event_at(1),
            previous=self.place.event_at(sequence),
            time=event.time,
            state=event.state,
        )

    def _walk(self, expected: Expected) -> list[Link]:
        """Step 4."""
        from attest.lifecycle.chain import Chain  # noqa: PLC0415  # where there is nothing new, nothing is walked

        chain = Chain(
            expected=expected,
            known=replace(self.place, until=expected.sequence - 1),
            now=self.now,
            signatory_of=lambda who: self.keyring.signatory_of(who, found=self.segment.key),
        )
        for sequence in range(expected.sequence, self.segment.last + 1):
            chain.take(bundle_of(self.store, self.segment, sequence))
        return chain.links

    def _log(self, links: list[Link], *, head: Remembered | None) -> Log:
        """Step 5, and the log as it is now."""
        self.place.keep([link.verified for link in links])
        if links:
            head = newest_of(links[-1])
        if head is None:
            raise TypeError("a segment has an event")  # `log_store` refuses empty ones
        return Log(
            store=self.store,
            place=self.place,
            keyring=self.keyring,
            segment=self.segment,
            head=head,
            fresh=tuple(links),
            first_use=bool(links) and links[0].event.sequence == 1,
        )


def ends_fork(event: Event, ours: set[Digest], *, states: Sequence[State]) -> bool:
    """Whether an event ends a fork for somebody who saw the other branch, by one whom both branches let end it.

    Args:
        event: an event of the branch in the store.
        ours: first and last event of the branch that was seen.
        states: that before the branches parted, and that at the end of the one that was seen.
    """
    if event.action is not Action.RESOLVE_FORK or event.fork is None or not ours <= set(event.fork.abandoned):
        return False
    roles = (RoleName.ADMIN, RoleName.RECOVERY)
    return all(any(state.allows(event.by, role) for role in roles) for state in states)


def newest_of(link: Link) -> Remembered:
    """An event, as the newest one of its log."""
    event = link.event
    return Remembered(
        log=event.log or link.digest,
        model=event.model,
        environment=event.environment,
        sequence=event.sequence,
        head=link.digest,
        bundle=link.bundle,
        time=event.time,
        state=event.state,
    )


def _after(remembered: Remembered) -> Expected:
    return Expected(
        model=remembered.model,
        sequence=remembered.sequence + 1,
        environment=remembered.environment,
        log=remembered.log,
        previous=remembered.head,
        time=remembered.time,
        state=remembered.state,
    )


def _layer(store: LogStore, segment: Segment, sequence: int) -> Descriptor:
    if sequence >= segment.first:
        return segment.layer(sequence)
    return store.holding(sequence).layer(sequence)


def bundle_of(store: LogStore, segment: Segment, sequence: int) -> Evidence:
    """The bundle of an event, wherever it lies.

    Args:
        store: the log.
        segment: its newest segment.
        sequence: the event's number.

    Raises:
        LogBroken: it is not there (`log-gap`).
    """
    return store.bundle(_layer(store, segment, sequence))


def _another(model: str, remembered: Remembered) -> LogBroken:
    return LogBroken(
        f"there is another log in the place of the one of {remembered.model} that was seen here",
        code="log-transplant",
        expected=f"the log {remembered.log} of {remembered.model}",
        found=f"another log of {model}",
        hint="ask who keeps the store; if the model was made anew on purpose: attest log forget",
    )


def _older(model: str, remembered: Remembered, *, found: str) -> LogBroken:
    return LogBroken(
        f"the log of {model} is older than the one that was seen here",
        code="log-rollback",
        expected=f"event {remembered.sequence} or a later one",
        found=found,
        hint="ask who keeps the store; if the model was made anew on purpose: attest log forget",
    )
