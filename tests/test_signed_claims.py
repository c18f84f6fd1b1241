from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509

from attest.claims import approval, evaluation, scan
from attest.claims.approval import Approval, Decision
from attest.claims.evaluation import Evaluation, Measured
from attest.claims.scan import Scan
from attest.claims.signer_name import SignerName
from attest.claims.statement import Statement
from attest.errors import MalformedEvidence
from attest.evidence.evidence import Evidence
from attest.signed_claims import name_of, reviewed, sign_approval, sign_evaluation, sign_scan
from attest.signing.bundle import Bundle
from attest.signing.bundle_signer import KeyBundleSigner
from attest.signing.certificate_chain import SigningChain
from attest.signing.certificate_signer import CertificateBundleSigner
from attest.signing.signer import KeySigner
from attest.trust.certificate_identity import CertificateIdentity
from attest.trust.trusted_holder import TrustedHolder
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from tests.verify.evidence import MODEL, NOW, Person, Version, bundle
from tests.verify.private_fulcio import ISSUER, SUBJECT
from tests.verify.private_pki import RELEASE, Employee, PrivatePki
from tests.verify.private_sigstore import PrivateSigstore

if TYPE_CHECKING:
    from attest.signing.signer import KeyWarning

ALICE = Person.named("alice")
VERSION = Version.of()
ROOT = Digest.of(b"oms root")
SAID = Approval(decision=Decision.APPROVE, meaning="reviewed")


def statement_of(raw: bytes) -> Statement:
    return Statement.parse(Bundle.parse(raw).payload)


def test_each_claim_names_its_signer_and_both_digests_of_the_version() -> None:
    signer = KeyBundleSigner(signer=ALICE.signer)
    about: dict[str, Any] = {
        "signer": signer,
        "model": MODEL,
        "manifest_digest": VERSION.artefact.digest,
        "oms_root": ROOT,
    }
    measured = Evaluation(passed=True, finished=NOW, metrics=(Measured(name="f1", value=Decimal("0.5")),))
    found = Scan(scanner="picklescan", finished=NOW, findings=())
    pieces = [
        (sign_evaluation(measured, **about), evaluation.parse, measured),
        (sign_scan(found, **about), scan.parse, found),
        (sign_approval(SAID, **about), approval.parse, SAID),
    ]
    for raw, parse, said in pieces:
        statement = statement_of(raw)
        assert parse(statement) == said
        assert statement.predicate["by"] == {"key": {"sha256": ALICE.key.fingerprint.hex}}
        assert [each.digest for each in statement.subjects] == [VERSION.artefact.digest, ROOT]
        (fact,) = judge([Evidence(raw=raw, origin="x")], artefact=VERSION.artefact, model=MODEL, keys=[ALICE.key]).facts
        assert fact.statement.raw == statement.raw


def test_what_was_reviewed_is_named_by_its_words_and_signer() -> None:
    evidence = bundle(VERSION.provenance, ALICE)
    facts = judge([evidence], artefact=VERSION.artefact, model=MODEL, keys=[ALICE.key]).facts
    (seen,) = reviewed(facts)
    assert seen.claim == Digest.of(VERSION.provenance.raw)
    assert seen.signer == SignerName(key=ALICE.key.fingerprint)


def test_a_claim_by_a_private_authoritys_certificate_is_in_its_keys_name() -> None:
    pki = PrivatePki(start=NOW - timedelta(days=90), end=NOW + timedelta(days=90))
    employee = Employee(start=NOW - timedelta(days=30), end=NOW + timedelta(days=30))
    chain = SigningChain(leaf=pki.issue(employee), above=(pki.authority.certificate,))
    key = KeySigner(private_key=employee.key)
    signer = CertificateBundleSigner.of(KeyBundleSigner(signer=key), chain)
    assert name_of(signer) == SignerName(key=key.fingerprint)
    raw = sign_approval(SAID, signer=signer, model=MODEL, manifest_digest=VERSION.artefact.digest)
    judged = judge([Evidence(raw=raw, origin="x")], artefact=VERSION.artefact, model=MODEL, keys=[signer.trusted])
    (fact,) = judged.facts
    assert fact.proven is not None
    assert getattr(fact.proven.signer, "subject", None) == RELEASE
    assert x509.RFC822Name(RELEASE) in employee.names


@dataclass(frozen=True)
class Login:
    """Somebody with a login; what a Sigstore would do besides is no part of this."""

    trusted: TrustedHolder
    description: str = "login"
    warnings: tuple[KeyWarning, ...] = ()

    def sign_statement(self, statement: Statement) -> bytes:
        return statement.raw


def test_a_login_is_named_by_issuer_and_subject() -> None:
    identity = CertificateIdentity(issuer=ISSUER, subject=SUBJECT)
    holder = TrustedHolder(name="me", identity=identity, root=PrivateSigstore().root(), origin="root.json")
    assert name_of(Login(holder)) == SignerName(issuer=ISSUER, subject=SUBJECT)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"issuer": ISSUER},
        {"subject": SUBJECT},
        {"key": {}},
        {"key": {"sha256": "A" * 64}},
        {"key": {"sha256": "a" * 64}, "subject": SUBJECT},
        {"issuer": ISSUER, "subject": SUBJECT, "kind": "uri"},
    ],
)
def test_half_a_signer_is_none(value: dict[str, object]) -> None:
    with pytest.raises(MalformedEvidence):
        SignerName.parse(value)
