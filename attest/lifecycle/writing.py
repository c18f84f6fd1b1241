"""One writer's turn: reserve, sign, append, commit.

    1  the events are made, each with the state that follows from the log as it was read
    2  the next number is reserved in the catalogue: of two writers one gets it, and the other is told so. A catalogue
       that is behind is brought up to the log first; the log is the truth, whatever the catalogue says
    3  the events are signed, and taken by our own reader as it would take anybody's
    4  they are appended to the log in the store, whose tag is moved from where it was seen and from nowhere else
    5  the catalogue commits them, and this machine remembers them

A crash before 4 leaves a reservation that runs out; one after 4 leaves a log that is ahead of the catalogue, and step 2
of the next writer catches up, or step 1 where that writer finds nothing left to do.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct, field
from msgspec.structs import replace

from attest.claims import event as events
from attest.claims.event import Event, Target, Versioned
from attest.claims.log_state import Grant, RoleName, State
from attest.errors import AttestError, IllegalEvent
from attest.evidence.evidence import Evidence
from attest.lifecycle.chain import Chain, Expected
from attest.lifecycle.indexing import rows_of
from attest.lifecycle.log import Log, newest_of
from attest.lifecycle.log_store import LogStore
from attest.lifecycle.transitions import follow
from attest.signed_claims import name_of
from attest.trust.identity import TrustedKey
from attest.trust.managed_key import ManagedKey
from attest.trust.trusted_holder import PkiHolder
from attest_registry import limits
from attest_registry.catalogue.liveness import this_process
from attest_registry.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from attest.claims.approval import Reviewed
    from attest.claims.event import Action, Fork, Gate, Origin
    from attest.claims.signer_name import SignerName
    from attest.claims.statement import Statement
    from attest.lifecycle.chain import Link
    from attest.lifecycle.keyring import Keyring
    from attest.lifecycle.ledger import Place
    from attest.signing.bundle_signer import BundleSigner
    from attest.trust.signatory import Signatory
    from attest_registry.catalogue.rows import EventRow, Reservation, StateRow
    from attest_registry.digest import Digest
    from attest_registry.oci.content import Repository

RESERVED_SECONDS: Final = 60.0
"""How long a reservation counts whose holder is silent: a signature by a token or a login takes seconds."""

WAIT_SECONDS: Final = 10.0
"""How long a writer waits for another one's turn to end."""

NOWHERE: Final = Target()
FIRST_ROLES: Final = (RoleName.CONTRIBUTOR, RoleName.EVALUATOR, RoleName.APPROVER, RoleName.ADMIN)


class Sequencer(Protocol):
    """Who decides which of several writers goes first: the catalogue."""

    def head(self, model: str) -> tuple[int, Digest] | None:
        """The newest event that it has."""
        ...

    def reserve(
        self, model: str, *, sequence: int, previous: Digest | None, holder: str, seconds: float, wait: float
    ) -> Reservation:
        """The right to write the event of that number.

        Raises:
            Conflict: somebody else has it, or has written it (`log-conflict`).
        """
        ...

    def release(self, reservation: Reservation) -> None:
        """Give it back."""
        ...

    def commit(
        self,
        reservation: Reservation | None,
        model: str,
        events: Sequence[tuple[EventRow, StateRow]],
        *,
        log: Digest,
    ) -> None:
        """Keep the events, in one transaction."""
        ...


class Draft(Struct, frozen=True, kw_only=True):
    """What somebody wants to do; everything else follows from the log.

    Args:
        action: what.
        version: the version concerned; `None` for the newest one.
        target: what it acts on.
        reason: why.
        gate: what the gate saw.
        claims: the claims that are recorded.
        fork: how a fork ends.
        granted: with `grant`: who has the role from then on.
        policy: with `bind-policy`: digest of the policy; `None` for none.
        origin: in the first event: the log that this one goes on from.
        roles: in the first event: who has which role; the signer has all of them when left out.
    """

    action: Action
    version: Versioned | None = None
    target: Target = NOWHERE
    reason: str | None = None
    gate: Gate | None = None
    claims: tuple[Reviewed, ...] = ()
    fork: Fork | None = None
    granted: tuple[Grant, ...] = ()
    policy: Digest | None = None
    origin: Origin | None = None
    roles: Mapping[str, tuple[Grant, ...]] | None = None


class Writer(Struct, frozen=True, kw_only=True):
    """Somebody who may change a log, if it lets him.

    Args:
        repository: where the model is.
        model: its name without host.
        name: canonical name of the repository, for the catalogue.
        place: what this machine remembers of the log.
        keyring: where keys and roots are found.
        sequencer: the catalogue.
        signer: who signs.
        clock: the time.
        environment: which registry a new log is of.
        recovery: who may repair a fork of a new log besides its admins.
    """

    repository: Repository
    model: str
    name: str
    place: Place
    keyring: Keyring
    sequencer: Sequencer
    signer: BundleSigner
    clock: Callable[[], datetime]
    environment: str | None = None
    recovery: tuple[Grant, ...] = ()
    keys: Mapping[Digest, bytes] = field(default_factory=dict)

    @property
    def who(self) -> SignerName:
        """The signer, as events name him."""
        return name_of(self.signer)

    def write(self, log: Log | None, drafts: Sequence[Draft]) -> Log:
        """Steps 1 to 5.

        Args:
            log: the log as it was read, for which the drafts were made; `None` where there is none.
            drafts: what to do, in order; all of it happens, or nothing.

        Returns:
            the log after it.

        Raises:
            IllegalEvent: the log does not allow it, or not to this signer.
            Conflict: somebody else was faster (`log-conflict`); nothing was changed.
            AttestError: it could not be done; the same call can be repeated.
        """
        made = self._allowed(log, drafts)  # 1
        reservation = self._reserved(log, made[0])  # 2
        try:
            links = self._signed(log, made)  # 3
            store = LogStore(repository=self.repository)
            segment = store.append(  # 4
                None if log is None else log.segment,
                [link.fact.evidence.raw for link in links],
                keys={**self.keys, **self._own_key()},
            )
            head = newest_of(links[-1])
            self.sequencer.commit(reservation, self.name, rows_of(links), log=head.log)  # 5
        except BaseException:  # also where only the commit failed: the log is the truth, and the next writer catches up
            with suppress(AttestError):
                self.sequencer.release(reservation)
            raise
        self.place.keep([link.verified for link in links])
        return Log(
            store=store,
            place=self.place,
            keyring=self.keyring,
            segment=segment,
            head=head,
            fresh=tuple(links),
            first_use=False,
        )

    def _allowed(self, log: Log | None, drafts: Sequence[Draft]) -> list[Event]:
        """Step 1. Nothing is left to do, perhaps, because somebody who was killed afterwards has done it."""
        try:
            return self._made(log, drafts)
        except IllegalEvent:
            if log is not None:
                self.catch_up(log)
            raise

    def _reserved(self, log: Log | None, first: Event) -> Reservation:
        """Step 2. Hardly ever is the catalogue behind, so that nobody asks it before it says so."""
        try:
            return self._reserve(first)
        except Conflict as error:
            if log is None or error.code != "catalogue-behind":
                raise
        self.catch_up(log)
        return self._reserve(first)

    def _reserve(self, first: Event) -> Reservation:
        return self.sequencer.reserve(
            self.name,
            sequence=first.sequence,
            previous=first.previous,
            holder=this_process(),
            seconds=RESERVED_SECONDS,
            wait=WAIT_SECONDS,
        )

    def catch_up(self, log: Log) -> None:
        """The catalogue gets every event of the log that it has not."""
        head = self.sequencer.head(self.name)
        behind = 0 if head is None else head[0]
        if behind >= log.sequence:  # the same event, or another or later ones: then the reservation is refused
            return
        links = self._links_after(log, behind)
        self.sequencer.commit(None, self.name, rows_of(links), log=log.head.log)

    def _links_after(self, log: Log, sequence: int) -> Sequence[Link]:
        """The events after a number, verified as far as this machine had not done that; else read again."""
        if log.fresh and log.fresh[0].event.sequence <= sequence + 1:
            return [link for link in log.fresh if link.event.sequence > sequence]
        return log.walk(now=self.clock(), after=sequence)

    def _made(self, log: Log | None, drafts: Sequence[Draft]) -> list[Event]:
        """The events, each with the state that follows; `previous` of later ones is known only when they are signed."""
        overlay = Chain(
            expected=Expected(model=self.model),
            known=self.place,
            signatory_of=lambda _: self.signer.trusted,
            now=self.clock(),
        )
        before = None if log is None else log.state
        made = []
        for offset, draft in enumerate(drafts):
            event = self._event(log, draft, before, offset)
            event = replace(event, state=follow(before, event, overlay))
            overlay.learn(event)
            before = event.state
            made.append(event)
        return made

    def _event(self, log: Log | None, draft: Draft, before: State | None, offset: int) -> Event:
        sequence = (0 if log is None else log.sequence) + 1 + offset
        now = self.clock()
        version = draft.version or self._newest(before)
        return Event(
            by=self.who,
            model=self.model,
            environment=self.environment if log is None else log.head.environment,
            sequence=sequence,
            action=draft.action,
            time=now if log is None else max(now, log.head.time),
            version=version,
            state=self._wanted(draft, before),
            log=None if log is None else log.head.log,
            previous=None if log is None or offset else log.head.head,
            target=draft.target,
            reason=draft.reason,
            gate=draft.gate,
            claims=draft.claims,
            fork=draft.fork,
            origin=draft.origin,
        )

    def _newest(self, before: State | None) -> Versioned:
        number = 0 if before is None else before.next_number - 1
        found = self.place.registered(number)
        if found is None:
            raise TypeError("a log has a version")  # it begins with one
        return found

    def _wanted(self, draft: Draft, before: State | None) -> State:
        """The parts of a state that an act changes to what its signer says; `follow` takes nothing else from it."""
        if before is None:
            own = (Grant(who=self.who),)
            roles = draft.roles or {role.value: own for role in FIRST_ROLES}
            more = {RoleName.RECOVERY.value: self.recovery} if self.recovery and draft.roles is None else {}
            return State(roles={**roles, **more})
        target = draft.target
        if target.role is not None:
            return replace(before, roles={**before.roles, target.role.value: draft.granted})
        if draft.policy is not None and target.alias is not None:
            return replace(before, policies={**before.policies, target.alias: draft.policy})
        if target.alias is not None:
            rest = {alias: digest for alias, digest in before.policies.items() if alias != target.alias}
            return replace(before, policies=rest)
        return before

    def _signed(self, log: Log | None, made: Sequence[Event]) -> list[Link]:
        """Step 3."""
        signer = event_signer(self.signer)
        chain = Chain(
            expected=Expected(model=self.model) if log is None else log.expected,
            known=self.place,
            signatory_of=lambda _: signer.trusted,
            now=self.clock(),
        )
        for event in made:
            linked = event
            if chain.expected.sequence > 1:
                linked = replace(event, log=chain.expected.log, previous=chain.expected.previous)
            statement: Statement = events.build(linked)
            bundle = signer.sign_statement(statement)
            _check_size(event, bundle)
            chain.take(Evidence(raw=bundle, origin="just signed"))
        return chain.links

    def _own_key(self) -> dict[Digest, bytes]:
        return public_half(event_signer(self.signer).trusted)


def _check_size(event: Event, bundle: bytes) -> None:
    """What no reader would take is not written: nothing could follow it."""
    if len(bundle) > limits.EVENT_BUNDLE_BYTES:
        raise IllegalEvent(
            f"{event.action} of {event.model}:{event.version.number}: what the log says has become too long",
            code="log-limit",
            expected=f"at most {limits.EVENT_BUNDLE_BYTES} bytes",
            found=f"{len(bundle)} bytes",
        )


def public_half(signatory: Signatory) -> dict[Digest, bytes]:
    """Fingerprint → DER of a signer's key; empty for those who sign with a login."""
    if isinstance(signatory, ManagedKey):
        signatory = signatory.key
    if not isinstance(signatory, TrustedKey):
        return {}
    der = signatory.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {signatory.fingerprint: der}


def event_signer(signer: BundleSigner) -> BundleSigner:
    """Who signs the events.

    A private authority's certificate adds nothing to a name that is its key, and readers of a log need not know the
    authority: there the key signs alone.
    """
    if isinstance(signer.trusted, PkiHolder):
        from attest.signing.certificate_signer import CertificateBundleSigner  # noqa: PLC0415  # X.509

        if isinstance(signer, CertificateBundleSigner):
            return signer.key
    return signer
