from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from attest.claims.approval import Approval, Decision, Reviewed
from attest.claims.signer_name import SignerName
from attest.claims.statement import Statement
from attest.errors import NoTrust
from attest.evidence.evidence import Evidence
from attest.lifecycle.recorded import missing_among, missing_from
from attest.signed_claims import sign_approval
from attest.signing.bundle import Bundle
from attest.signing.bundle_signer import KeyBundleSigner
from attest.signing.certificate_chain import SigningChain
from attest.signing.certificate_signer import CertificateBundleSigner
from attest.signing.signer import KeySigner
from attest.trust.certificate_identity import CertificateIdentity
from attest.trust.managed_key import ManagedKey
from attest.trust.trusted_holder import TrustedHolder
from attest.verify.said_by import is_said_by
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from tests.verify.evidence import MODEL, NOW, Person, Version
from tests.verify.private_fulcio import ISSUER, SUBJECT, Holder
from tests.verify.private_pki import Employee, PrivatePki
from tests.verify.private_sigstore import PrivateSigstore

if TYPE_CHECKING:
    from attest.trust.signatory import Signatory

ALICE, MALLORY = Person.named("alice"), Person.named("mallory")
VERSION = Version.of()
REJECTED = Approval(decision=Decision.REJECT, meaning="reviewed")


def rejection(who: Person = ALICE) -> bytes:
    signer = KeyBundleSigner(signer=who.signer)
    return sign_approval(REJECTED, signer=signer, model=MODEL, manifest_digest=VERSION.artefact.digest)


def words(raw: bytes) -> Statement:
    return Statement.parse(Bundle.parse(raw).payload)


def claim(raw: bytes, who: SignerName) -> Reviewed:
    return Reviewed(claim=Digest.of(words(raw).raw), signer=who)


def key(who: Person) -> SignerName:
    return SignerName(key=who.key.fingerprint)


def piece(raw: bytes) -> Evidence:
    return Evidence(raw=raw, origin="x")


def of_alice(_: SignerName) -> Signatory:
    return ALICE.key


def test_a_claim_is_its_words_and_its_signature() -> None:
    raw = rejection()
    said = claim(raw, key(ALICE))
    assert is_said_by(piece(raw), said, signatory_of=of_alice)
    again = KeyBundleSigner(signer=ALICE.signer).sign_statement(words(raw))
    assert is_said_by(piece(again), said, signatory_of=of_alice)  # signed once more, it is the same claim


def test_equal_words_under_another_signature() -> None:
    said = claim(rejection(), key(ALICE))
    copy = KeyBundleSigner(signer=MALLORY.signer).sign_statement(words(rejection()))
    assert not is_said_by(piece(copy), said, signatory_of=of_alice)
    assert not is_said_by(piece(copy), said, signatory_of=lambda _: MALLORY.key)


def test_a_broken_signature() -> None:
    raw = rejection()
    document = json.loads(raw)
    (signature,) = document["dsseEnvelope"]["signatures"]
    signature["sig"] = signature["sig"][:-8] + "AAAAAAA="
    assert not is_said_by(piece(json.dumps(document).encode()), claim(raw, key(ALICE)), signatory_of=of_alice)


def test_other_words_by_the_same_signer() -> None:
    other = sign_approval(
        Approval(decision=Decision.APPROVE, meaning="reviewed"),
        signer=KeyBundleSigner(signer=ALICE.signer),
        model=MODEL,
        manifest_digest=VERSION.artefact.digest,
    )
    assert not is_said_by(piece(other), claim(rejection(), key(ALICE)), signatory_of=of_alice)


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1]"])
def test_what_is_no_bundle(raw: bytes) -> None:
    assert not is_said_by(piece(raw), claim(rejection(), key(ALICE)), signatory_of=of_alice)


def test_a_signer_who_cannot_be_looked_up() -> None:
    """Then nobody can tell that it is his: it is not there."""

    def nobody(_: SignerName) -> Signatory:
        raise NoTrust("nothing says which root vouches for him")

    assert not is_said_by(piece(rejection()), claim(rejection(), key(ALICE)), signatory_of=nobody)


def test_how_long_a_key_counts_is_another_question() -> None:
    managed = ManagedKey(key=ALICE.key, not_after=NOW - timedelta(days=900))
    assert is_said_by(piece(rejection()), claim(rejection(), key(ALICE)), signatory_of=lambda _: managed)


def test_a_login() -> None:
    instance = PrivateSigstore()
    holder = TrustedHolder(
        name="ci",
        identity=CertificateIdentity(issuer=ISSUER, subject=SUBJECT),
        root=instance.root(),
        origin="root.json",
    )
    who = SignerName(issuer=ISSUER, subject=SUBJECT)
    payload = _in_the_name_of(who)
    said = Reviewed(claim=Digest.of(payload), signer=who)
    for subject, holds in ((SUBJECT, True), ("https://github.com/mallory/x", False)):
        signer = Holder(subject=x509.UniformResourceIdentifier(subject))
        raw = json.dumps(instance.bundle(payload=payload, holder=signer)).encode()
        assert is_said_by(piece(raw), said, signatory_of=lambda _: holder) is holds


def _in_the_name_of(who: SignerName) -> bytes:
    document = json.loads(words(rejection()).raw)
    document["predicate"]["by"] = who.to_json()
    return json.dumps(document).encode()


def test_the_key_in_a_private_authoritys_certificate() -> None:
    """Who certified it is not asked: its name is the key."""
    pki, employee = PrivatePki(), Employee()
    chain = SigningChain(leaf=pki.issue(employee), above=(pki.authority.certificate,))
    own = KeySigner(private_key=employee.key)
    signer = CertificateBundleSigner.of(KeyBundleSigner(signer=own), chain)
    raw = sign_approval(REJECTED, signer=signer, model=MODEL, manifest_digest=VERSION.artefact.digest)
    said = claim(raw, SignerName(key=own.fingerprint))
    assert is_said_by(piece(raw), said, signatory_of=of_alice)
    assert not is_said_by(piece(raw), claim(raw, key(ALICE)), signatory_of=of_alice)
    document = json.loads(raw)
    (signature,) = document["dsseEnvelope"]["signatures"]
    signature["sig"] = signature["sig"][:-8] + "AAAAAAA="
    assert not is_said_by(piece(json.dumps(document).encode()), said, signatory_of=of_alice)


def test_what_is_missing() -> None:
    raw, said = rejection(), claim(rejection(), key(ALICE))
    copy = KeyBundleSigner(signer=MALLORY.signer).sign_statement(words(raw))
    assert missing_among([piece(copy), piece(raw)], [said], signatory_of=of_alice) == ()
    assert missing_among([piece(copy)], [said], signatory_of=of_alice) == (said,)
    for keys, expected in (([ALICE.key], ()), ([MALLORY.key], ())):  # it counts in the policy, or not; it is there
        judged = judge([piece(raw)], artefact=VERSION.artefact, model=MODEL, keys=keys)
        assert missing_from(judged, [said], signatory_of=of_alice) == expected
    judged = judge([piece(copy)], artefact=VERSION.artefact, model=MODEL, keys=[MALLORY.key])
    assert missing_from(judged, [said], signatory_of=of_alice) == (said,)
