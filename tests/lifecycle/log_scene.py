"""A log with a few events in a store on disk, written by real people through the real catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from attest.claims.event import Action, Target, Versioned
from attest.claims.log_state import Grant, RoleName
from attest.claims.signer_name import SignerName
from attest.lifecycle.keyring import Keyring
from attest.lifecycle.ledger import Ledger
from attest.lifecycle.log import read_log
from attest.lifecycle.log_store import TAG
from attest.lifecycle.writing import Draft, Writer
from attest.signing.bundle_signer import KeyBundleSigner
from attest_registry.catalogue.store import Catalogue
from attest_registry.digest import Digest
from attest_registry.oci.layout import LayoutRepository
from tests.verify.evidence import MODEL, Person

if TYPE_CHECKING:
    from pathlib import Path

    from attest.lifecycle.log import Log
    from attest.signing.bundle_signer import BundleSigner
    from attest_registry.oci.descriptor import Descriptor

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)


def manifest_of(number: int) -> Digest:
    """The manifest of a version; nothing in a log looks at its bytes."""
    return Digest.of(f"version {number}".encode())


def signer_of(person: Person) -> BundleSigner:
    return KeyBundleSigner(signer=person.signer)


@dataclass(kw_only=True)
class LogScene:
    """One model, and what its people do."""

    folder: Path
    alice: Person = field(default_factory=lambda: Person.named("alice"))
    environment: str | None = None
    registered: int = 0

    @property
    def repository(self) -> LayoutRepository:
        return LayoutRepository(self.folder / "store", MODEL)

    def log(self, memory: str | None = "state", *, now: datetime = NOW) -> Log:
        """The log as somebody reads it; without a memory it is his first use."""
        ledger = Ledger(None if memory is None else self.folder / memory)
        found = read_log(self.repository, model=MODEL, place=ledger.at(MODEL), keyring=Keyring(), now=now)
        assert found is not None
        return found

    def write(self, *drafts: Draft, now: datetime = NOW, memory: str = "state", catalogue: str = "catalogue") -> Log:
        place = Ledger(self.folder / memory).at(MODEL)
        with Catalogue.open(str(self.folder / f"{catalogue}.db")) as sequencer:
            writer = Writer(
                repository=self.repository,
                model=MODEL,
                name=MODEL,
                place=place,
                keyring=Keyring(),
                sequencer=sequencer,
                signer=signer_of(self.alice),
                clock=lambda: now,
                environment=self.environment,
            )
            log = read_log(self.repository, model=MODEL, place=place, keyring=Keyring(), now=now)
            return writer.write(log, drafts)

    def register(self, *, now: datetime = NOW - timedelta(hours=2)) -> Log:
        self.registered += 1
        version = Versioned(number=self.registered, manifest=manifest_of(self.registered))
        return self.write(Draft(action=Action.REGISTER, version=version), now=now)

    def grant(self, role: RoleName, *people: Person, now: datetime = NOW - timedelta(hours=1)) -> Log:
        granted = tuple(Grant(who=SignerName(key=person.key.fingerprint)) for person in people)
        return self.write(Draft(action=Action.GRANT, target=Target(role=role), granted=granted), now=now)

    @property
    def shown(self) -> Descriptor:
        """The log that the store shows."""
        return self.repository.resolve(TAG)

    def show(self, log: Descriptor) -> None:
        """The store shows another one, as whoever keeps it can."""
        self.repository.tag(TAG, log, replace=True)
