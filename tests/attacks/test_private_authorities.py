"""Row 55: a private authority that issues for everybody, and certificates that are not the named one's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.verify.private_authority import DAY, NOON, named
from tests.verify.private_fulcio import ISSUER, Holder
from tests.verify.private_pki import RELEASE, Employee, PrivatePki

if TYPE_CHECKING:
    from tests.attacks.witnessed import Witnessed

SIGNER = f"{{root: ca.pem, subject: {RELEASE}}}"
MALLORY = x509.RFC822Name("mallory@acme.example")

OTHERS = {
    "somebody-else": (Employee(names=(MALLORY,)), "identity-mismatch", 1),
    "name-as-dns": (Employee(names=(x509.DNSName(RELEASE), MALLORY)), "identity-mismatch", 1),
    "name-as-common-name": (Employee(names=(MALLORY,), subject=named(RELEASE)), "identity-mismatch", 1),
    "a-server": (Employee(purpose=ExtendedKeyUsageOID.SERVER_AUTH), "certificate-usage", 3),
    "no-purpose": (Employee(purpose=None), "certificate-usage", 3),
    "expired": (Employee(end=NOON - DAY), "certificate-expired", 1),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_certificate_of_the_same_authority(witnessed: Witnessed, name: str) -> None:
    employee, code, status = OTHERS[name]
    trust = witnessed.policy(SIGNER)
    witnessed.honest(witnessed.pki.bundle(witnessed.sigstore, payload=witnessed.words), *trust)
    attacked = witnessed.pki.bundle(witnessed.sigstore, employee, payload=witnessed.words)
    witnessed.attack(attacked, *trust, code=code, status=status)


def test_an_authority_that_the_bundle_brings(witnessed: Witnessed) -> None:
    trust = witnessed.policy(SIGNER)
    witnessed.honest(witnessed.pki.bundle(witnessed.sigstore, payload=witnessed.words), *trust)
    other = PrivatePki()  # of the same names
    chain = (other.authority.certificate, other.authority.root)
    attacked = other.bundle(witnessed.sigstore, payload=witnessed.words, chain=chain)
    witnessed.attack(attacked, *trust, code="certificate-chain", status=3)


def test_a_certificate_issued_by_an_employee(witnessed: Witnessed) -> None:
    trust = witnessed.policy(SIGNER)
    witnessed.honest(witnessed.pki.bundle(witnessed.sigstore, payload=witnessed.words), *trust)
    mallory = Employee(names=(MALLORY,), subject=named("acme ca"))
    issued = witnessed.pki.issue(mallory)
    below = PrivatePki()
    authority = witnessed.pki.authority
    below.authority = type(authority)(root=authority.root, certificate=issued, key=mallory.key)
    attacked = below.bundle(witnessed.sigstore, payload=witnessed.words, chain=(issued, authority.certificate))
    witnessed.attack(attacked, *trust, code="certificate-chain", status=3)


def test_a_signature_without_a_proven_time(witnessed: Witnessed) -> None:
    trust = witnessed.policy(SIGNER)
    bundle = witnessed.pki.bundle(witnessed.sigstore, payload=witnessed.words)
    witnessed.honest(bundle, *trust)
    del bundle["verificationMaterial"]["timestampVerificationData"]
    witnessed.attack(bundle, *trust, code="time-missing", status=1)


def test_an_expired_certificate_where_no_time_is_asked_for(witnessed: Witnessed) -> None:
    trust = witnessed.policy(f"{{root: ca.pem, subject: {RELEASE}, time: not-required}}")
    witnessed.honest(witnessed.pki.bundle(witnessed.sigstore, payload=witnessed.words), *trust)
    long_ago = Employee(start=NOON - 4000 * DAY, end=NOON - 3000 * DAY)
    bare = witnessed.pki.bundle(None, long_ago, payload=witnessed.words)
    witnessed.attack(bare, *trust, code="signer-not-in-force", status=1)


def test_a_sigstore_pinned_as_a_private_authority(witnessed: Witnessed) -> None:
    """Its certificates say which login they rest on, and nobody would have asked which."""
    trust = witnessed.policy(SIGNER)
    witnessed.honest(witnessed.pki.bundle(witnessed.sigstore, payload=witnessed.words), *trust)
    pinned = witnessed.sigstore.fulcio.authority.certificate.public_bytes(Encoding.PEM)
    (witnessed.scene.folder / "home" / "ca.pem").write_bytes(pinned)
    holder = Holder(subject=x509.RFC822Name(RELEASE), issuer="https://evil.example", old_issuer=None)
    attacked = witnessed.sigstore.bundle(payload=witnessed.words, holder=holder)
    witnessed.attack(attacked, *trust, code="issuer-mismatch", status=1)


def test_a_private_certificate_in_a_sigstores_place(witnessed: Witnessed) -> None:
    """The company's authority is pinned as a Sigstore's: its certificates name no issuer."""
    signer = f"{{issuer: '{ISSUER}', subject: {RELEASE}}}"
    holder = Holder(subject=x509.RFC822Name(RELEASE))
    witnessed.honest(witnessed.sigstore.bundle(payload=witnessed.words, holder=holder), *witnessed.policy(signer))
    attacked = witnessed.pki.bundle(witnessed.sigstore, payload=witnessed.words, version=2)
    witnessed.attack(attacked, *witnessed.policy(signer), code="certificate-authority-unknown", status=1)
