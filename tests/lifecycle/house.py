"""A house with a model, its log, its people and their machines: real store, real keys, real catalogue.

What an attacker does to the log is done to what lies in the store: `forged` signs any words at all, and `put` lays any
bundles where the log lies.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from attest.claims import event as events
from attest.claims.event import Action, Gate, Target, Versioned
from attest.claims.log_state import Grant, RoleName, State
from attest.claims.predicates import EVENT
from attest.claims.signer_name import SignerName
from attest.claims.statement import Statement, Subject
from attest.lifecycle.keyring import Keyring
from attest.lifecycle.ledger import Ledger
from attest.lifecycle.log import read_log
from attest.lifecycle.log_store import TAG, LogStore
from attest.lifecycle.transitions import follow
from attest.lifecycle.writing import Draft, Writer, public_half
from attest.signing.bundle_signer import KeyBundleSigner
from attest_registry.catalogue.store import Catalogue
from attest_registry.digest import Digest
from attest_registry.oci.descriptor import EMPTY_BYTES, EMPTY_DESCRIPTOR, Descriptor
from attest_registry.oci.manifest import Manifest
from tests.verify.evidence import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from attest.claims.event import Event
    from attest.lifecycle.chain import Expected
    from attest.lifecycle.ledger import Place
    from attest.lifecycle.log import Log
    from attest.signing.bundle_signer import BundleSigner
    from attest_registry.oci.content import Repository

MODEL: Final = "acme/credit-risk"
START: Final = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PASSED: Final = Gate(policy=None, evidence=())
"""What is written of a gate where the chain alone is looked at; gates.py asks more."""


def manifest(number: int) -> Digest:
    return Digest.of(b"manifest %d" % number)


def version(number: int, label: str | None = None) -> Versioned:
    return Versioned(number=number, manifest=manifest(number), label=label)


def name(person: Person) -> SignerName:
    return SignerName(key=person.key.fingerprint)


def register(number: int, label: str | None = None) -> Draft:
    return Draft(action=Action.REGISTER, version=version(number, label))


def promote(number: int, alias: str = "production", **more: Any) -> Draft:
    return Draft(action=Action.PROMOTE, version=version(number), target=Target(alias=alias), gate=PASSED, **more)


def rollback(number: int, alias: str = "production") -> Draft:
    return Draft(action=Action.ROLLBACK, version=version(number), target=Target(alias=alias), gate=PASSED)


def grant(role: RoleName, *people: Person | SignerName) -> Draft:
    named = [each if isinstance(each, SignerName) else name(each) for each in people]
    return Draft(action=Action.GRANT, target=Target(role=role), granted=tuple(Grant(who=each) for each in named))


@dataclass(kw_only=True)
class Clock:
    """Goes on each time it is looked at."""

    now: datetime = START
    step: timedelta = timedelta(minutes=1)

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now


@dataclass(kw_only=True)
class House:
    """One model in one store.

    Args:
        repository: the store.
        catalogue: the sequencer.
        folder: for the machines' memories.
    """

    repository: Repository
    catalogue: Catalogue
    folder: Path
    clock: Clock = field(default_factory=Clock)
    alice: Person = field(default_factory=lambda: Person.named("alice"))
    bob: Person = field(default_factory=lambda: Person.named("bob"))
    mallory: Person = field(default_factory=lambda: Person.named("mallory"))
    ledgers: dict[str, Ledger] = field(default_factory=dict)

    @property
    def model(self) -> str:
        return self.repository.model

    def close(self) -> None:
        for ledger in self.ledgers.values():
            ledger.close()
        self.catalogue.close()

    def elsewhere(self, where: str = "elsewhere") -> House:
        """The same store and people, with another catalogue and other memories."""
        folder = self.folder / where
        folder.mkdir()
        return dataclasses.replace(
            self, folder=folder, catalogue=Catalogue.open(str(folder / "catalogue.db")), ledgers={}
        )

    def place(self, machine: str = "own") -> Place:
        """What a machine remembers."""
        ledger = self.ledgers.setdefault(machine, Ledger(self.folder / "state" / machine))
        return ledger.at(self.model)

    def read(self, machine: str = "own", *, keyring: Keyring | None = None, now: datetime | None = None) -> Log:
        """The log as a machine reads it; it has to be there."""
        log = self.read_any(machine, keyring=keyring, now=now)
        assert log is not None
        return log

    def read_any(
        self, machine: str = "own", *, keyring: Keyring | None = None, now: datetime | None = None
    ) -> Log | None:
        return read_log(
            self.repository,
            model=self.model,
            place=self.place(machine),
            keyring=keyring or Keyring(),
            now=now or self.clock(),
        )

    def writer(self, who: Person | BundleSigner, machine: str = "own", **more: Any) -> Writer:
        signer = KeyBundleSigner(signer=who.signer) if isinstance(who, Person) else who
        given: dict[str, Any] = {
            "repository": self.repository,
            "model": self.model,
            "name": self.model,
            "place": self.place(machine),
            "keyring": Keyring(),
            "sequencer": self.catalogue,
            "signer": signer,
            "clock": self.clock,
            "environment": "test",
        }
        return Writer(**{**given, **more})

    def write(self, *drafts: Draft, by: Person | None = None, machine: str = "own") -> Log:
        """Read and write, as every verb does."""
        who = by or self.alice
        return self.writer(who, machine).write(self.read_any(machine), drafts)

    # ---- what lies in the store, and what an attacker lays there

    def bundles(self) -> list[bytes]:
        """The log's bundles, in order; of one segment."""
        store = LogStore(repository=self.repository)
        segment = store.newest()
        assert segment is not None
        return [store.bundle(layer).raw for layer in segment.manifest.layers]

    def put(self, bundles: Sequence[bytes], *, tag: str = TAG, change: Mapping[str, Any] | None = None) -> None:
        """Lay bundles where the log lies, with everybody's key beside them."""
        annotations = {"dev.attest.log.first": "1"}
        for person in (self.alice, self.bob, self.mallory):
            for fingerprint, der in public_half(person.key).items():
                annotations[f"dev.attest.key.{fingerprint.hex}"] = _base64(der)
        layers = [Descriptor.of(raw, "application/vnd.dev.sigstore.bundle.v0.3+json") for raw in bundles]
        made = Manifest.build(
            artifact_type="application/vnd.attest.log.v1+json",
            config=EMPTY_DESCRIPTOR,
            layers=layers,
            annotations=annotations,
        )
        self.repository.push_blob(EMPTY_DESCRIPTOR, EMPTY_BYTES)
        for layer, raw in zip(layers, bundles, strict=True):
            self.repository.push_blob(layer, raw)
        raw_manifest = made.raw
        if change is not None:
            raw_manifest = json.dumps(json.loads(made.raw) | dict(change)).encode()
        stored = self.repository.push_manifest(raw_manifest, made.descriptor.media_type)
        self.repository.tag(tag, stored, replace=True)

    def next(self, log: Log, draft: Draft, /, *, by: Person, **changes: Any) -> Event:
        """The event that somebody's program would write next, changed as he likes; nothing is checked."""
        expected = log.expected
        state = changes.pop("state", None) or _state_after(expected, draft, by, log)
        event = events.Event(
            by=name(by),
            model=self.model,
            environment=expected.environment,
            sequence=expected.sequence,
            action=draft.action,
            time=self.clock(),
            version=draft.version or version(state.next_number - 1),
            state=state,
            log=expected.log,
            previous=expected.previous,
            target=draft.target,
            gate=draft.gate,
            claims=draft.claims,
            fork=draft.fork,
        )
        return replace(event, **changes)

    def forged(
        self, event: Event, *, signed_by: Person, words: Callable[[dict[str, Any]], object] | None = None
    ) -> bytes:
        """Any words, signed by anybody."""
        predicate = {key: value for key, value in events._written(event).items() if value not in (None, [], {})}
        if words is not None:
            words(predicate)
        statement = Statement.build(
            subjects=[Subject(name=event.model, digest=event.version.manifest)],
            predicate_type=EVENT,
            predicate=predicate,
        )
        return KeyBundleSigner(signer=signed_by.signer).sign_statement(statement)


def _state_after(expected: Expected, draft: Draft, by: Person, log: Log) -> State:
    """The state that follows if its signer may do it, else the one before."""
    from attest.errors import IllegalEvent

    assert expected.state is not None
    wanted = expected.state
    if draft.target.role is not None:
        wanted = replace(wanted, roles={**wanted.roles, draft.target.role.value: draft.granted})
    event = events.Event(
        by=name(by),
        model=expected.model,
        environment=expected.environment,
        sequence=expected.sequence,
        action=draft.action,
        time=START,
        version=draft.version or version(wanted.next_number - 1),
        state=wanted,
        log=expected.log,
        previous=expected.previous,
        target=draft.target,
        gate=draft.gate,
        claims=draft.claims,
        fork=draft.fork,
    )
    try:
        return follow(expected.state, event, log.place)
    except IllegalEvent:
        return wanted


def _base64(raw: bytes) -> str:
    import base64

    return base64.b64encode(raw).decode()
