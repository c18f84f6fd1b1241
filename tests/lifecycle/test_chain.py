"""Events by logins and by certificates: who they are proven to be by, and when."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from msgspec.structs import replace

from attest.claims import event as events
from attest.claims.log_state import RoleName
from attest.claims.signer_name import SignerName
from attest.errors import LogBroken
from attest.lifecycle.keyring import Keyring
from attest.lifecycle.opening import keyring_for
from attest.settings import Settings
from attest.signing.bundle_signer import KeyBundleSigner
from attest.signing.certificate_chain import SigningChain
from attest.signing.certificate_signer import CertificateBundleSigner
from attest.signing.signer import KeySigner
from attest.trust.certificate_identity import CertificateIdentity
from attest.trust.managed_key import ManagedKey
from attest.trust.trusted_holder import TrustedHolder
from tests.lifecycle.house import Clock, House, grant, promote, register
from tests.verify.private_authority import NOON
from tests.verify.private_fulcio import ISSUER, Holder
from tests.verify.private_pki import Employee, PrivatePki
from tests.verify.private_sigstore import PrivateSigstore

if TYPE_CHECKING:
    from pathlib import Path

    from attest.claims.statement import Statement
    from attest.signing.signer import KeyWarning

CAROL = "carol@acme.example"


@pytest.fixture(scope="module")
def sigstore() -> PrivateSigstore:
    return PrivateSigstore()


@dataclass(frozen=True)
class Login:
    """Signs with certificates of a Sigstore that runs in this process."""

    instance: PrivateSigstore
    subject: str = CAROL
    issuer: str = ISSUER
    clock: Clock | None = None
    description: str = "login"
    warnings: tuple[KeyWarning, ...] = ()
    certified: str | None = None

    @property
    def trusted(self) -> TrustedHolder:
        identity = CertificateIdentity(issuer=self.issuer, subject=self.subject)
        return TrustedHolder(name=self.subject, identity=identity, root=self.instance.root(), origin="the instance")

    def sign_statement(self, statement: Statement) -> bytes:
        holder = Holder(
            subject=x509.RFC822Name(self.certified or self.subject), issuer=self.issuer, old_issuer=self.issuer
        )
        bundle = self.instance.bundle(
            payload=statement.raw, holder=holder, stamps=(self.clock.now if self.clock else NOON,)
        )
        return json.dumps(bundle).encode()


def keyring(instance: PrivateSigstore) -> Keyring:
    return Keyring(root=instance.root)


def refused(house: House, ring: Keyring) -> str:
    with pytest.raises(LogBroken) as caught:
        house.read("new", keyring=ring, now=NOON + timedelta(minutes=30))
    return caught.value.code


def forged(house: House, instance: PrivateSigstore, login: Login, **changes: object) -> None:
    """Register version 2 after version 1, in carol's name, with a certificate of somebody's."""
    log = house.writer(Login(instance), "carol").write(None, [register(1)])
    event = house.next(log, register(2), by=house.alice)
    honest = replace(event, by=SignerName(issuer=ISSUER, subject=CAROL))
    state = replace(honest.state, next_number=3)
    wanted = replace(honest, state=state, **changes)
    house.put([*house.bundles(), login.sign_statement(events.build(wanted))])


def test_a_log_by_a_login(house: House, sigstore: PrivateSigstore) -> None:
    house.clock = Clock(now=NOON, step=timedelta(seconds=1))
    carol = Login(sigstore, clock=house.clock)
    house.writer(carol, "carol").write(None, [register(1)])
    again = house.read_any("carol", keyring=keyring(sigstore))
    house.writer(carol, "carol").write(again, [promote(1)])
    log = house.read("new", keyring=keyring(sigstore))
    assert log.state.roles["admin"][0].who == SignerName(issuer=ISSUER, subject=CAROL)
    (link, _) = log.walk(now=house.clock())
    (proven,) = link.fact.times
    assert timedelta(0) <= proven.moment - link.event.time < timedelta(minutes=1)


def test_keys_and_logins_in_one_log(house: House, sigstore: PrivateSigstore) -> None:
    house.clock = Clock(now=NOON, step=timedelta(seconds=1))
    house.write(register(1))
    house.write(grant(RoleName.CONTRIBUTOR, house.alice, SignerName(issuer=ISSUER, subject=CAROL)))
    house.writer(Login(sigstore, clock=house.clock), "own").write(house.read(), [register(2)])
    assert house.read("new", keyring=keyring(sigstore)).state.next_number == 3


def test_logins_of_two_instances_in_one_log(house: House, sigstore: PrivateSigstore, tmp_path: Path) -> None:
    """A policy that names people of both knows which root vouches for whom."""
    house.clock = Clock(now=NOON, step=timedelta(seconds=1))
    other = PrivateSigstore()
    carol = Login(sigstore, clock=house.clock)
    dave = Login(other, subject="dave@partner.example", issuer="https://accounts.partner.example", clock=house.clock)
    house.writer(carol, "carol").write(None, [register(1)])
    log = house.read("carol", keyring=keyring(sigstore))
    people = (SignerName(issuer=ISSUER, subject=CAROL), SignerName(issuer=dave.issuer, subject=dave.subject))
    log = house.writer(carol, "carol").write(log, [grant(RoleName.CONTRIBUTOR, *people)])
    house.writer(dave, "carol").write(log, [register(2)])
    settings = Settings.load({"ATTEST_HOME": str(tmp_path)}, system_file=tmp_path / "none")
    for named in ((carol.trusted, dave.trusted), (dave.trusted, carol.trusted)):
        fresh = f"new {named[0].name}"
        assert house.read(fresh, keyring=keyring_for(settings, named)).state.next_number == 3
    with pytest.raises(LogBroken) as caught:
        house.read("half", keyring=keyring_for(settings, (carol.trusted,)))
    assert caught.value.code == "log-signature"


@pytest.mark.parametrize("moment", [timedelta(0), timedelta(minutes=3)])
def test_in_carols_name_by_her(house: House, sigstore: PrivateSigstore, moment: timedelta) -> None:
    house.clock = Clock(now=NOON, step=timedelta(seconds=1))
    forged(house, sigstore, Login(sigstore), time=NOON + timedelta(minutes=2) + moment)
    assert house.read("new", keyring=keyring(sigstore), now=NOON + timedelta(minutes=30)).sequence == 2


@pytest.mark.parametrize(
    "login",
    [
        {"certified": "mallory@acme.example"},
        {"issuer": "https://accounts.mallory.example"},
    ],
    ids=["another subject", "another issuer"],
)
def test_in_carols_name_by_somebody_else(house: House, sigstore: PrivateSigstore, login: dict[str, str]) -> None:
    house.clock = Clock(now=NOON, step=timedelta(seconds=1))
    forged(house, sigstore, Login(sigstore, **login))  # type: ignore[arg-type]
    assert refused(house, keyring(sigstore)) == "log-signature"


def test_a_certificate_of_another_sigstore(house: House, sigstore: PrivateSigstore) -> None:
    """Mallory runs one of his own, and lets it name him carol."""
    house.clock = Clock(now=NOON, step=timedelta(seconds=1))
    forged(house, sigstore, Login(PrivateSigstore()))
    assert refused(house, keyring(sigstore)) == "log-signature"


def test_a_key_in_a_logins_name(house: House, sigstore: PrivateSigstore) -> None:
    house.clock = Clock(now=NOON, step=timedelta(seconds=1))
    forged(house, sigstore, KeyBundleSigner(signer=house.mallory.signer))  # type: ignore[arg-type]
    assert refused(house, keyring(sigstore)) == "log-signature"


def test_an_event_that_is_later_than_its_proven_time(house: House, sigstore: PrivateSigstore) -> None:
    """It was signed at noon, whatever it says, and clocks differ by five minutes at most."""
    house.clock = Clock(now=NOON, step=timedelta(seconds=1))
    forged(house, sigstore, Login(sigstore), time=NOON + timedelta(minutes=5, seconds=1))
    assert refused(house, keyring(sigstore)) == "log-time"


def test_a_private_authoritys_certificate_signs_events_with_its_key(house: House) -> None:
    """Readers know nothing of the authority; the name in the log is the key."""
    pki, employee = PrivatePki(), Employee()
    chain = SigningChain(leaf=pki.issue(employee), above=(pki.authority.certificate,))
    key = KeySigner(private_key=employee.key)
    signer = CertificateBundleSigner.of(KeyBundleSigner(signer=key), chain)
    house.clock = Clock(now=NOON, step=timedelta(seconds=1))
    house.writer(signer, "release").write(None, [register(1)])
    log = house.read("new")
    assert log.state.roles["admin"][0].who == SignerName(key=key.fingerprint)
    house.writer(signer, "release").write(house.read("release"), [promote(1)])
    assert house.read("new").sequence == 2


def test_a_key_that_the_operator_lets_count_for_a_while(house: House, sigstore: PrivateSigstore) -> None:
    """He demands a proven time of it, and the event has none."""
    house.write(register(1))
    managed = ManagedKey(key=house.alice.key, not_after=NOON, root=sigstore.root())
    with pytest.raises(LogBroken) as caught:
        house.read("new", keyring=Keyring(named={managed.fingerprint: managed}))
    assert caught.value.code == "log-signature"
    free = ManagedKey(key=house.alice.key)
    assert house.read("new", keyring=Keyring(named={free.fingerprint: free})).sequence == 1
