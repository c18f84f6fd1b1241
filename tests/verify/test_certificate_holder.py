"""Whom a certificate names, who vouched for it, and what an operator may ask about both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from attest.trust.certificate_identity import CertificateIdentity, SubjectKind
from attest.verify.fulcio import CertificateSigner
from tests.verify import der
from tests.verify.private_fulcio import ISSUER, SUBJECT, Holder
from tests.verify.refusals import ask, code_of

if TYPE_CHECKING:
    from tests.verify.private_sigstore import PrivateSigstore


@pytest.mark.parametrize(
    ("identity", "code"),
    [
        (CertificateIdentity(issuer="https://accounts.example.com", subject=SUBJECT), "issuer-mismatch"),
        (CertificateIdentity(issuer=ISSUER + "/", subject=SUBJECT), "issuer-mismatch"),
        (CertificateIdentity(issuer=ISSUER, subject=SUBJECT[:-1]), "identity-mismatch"),
        (CertificateIdentity(issuer=ISSUER, subject=SUBJECT + "2"), "identity-mismatch"),
        (CertificateIdentity(issuer=ISSUER, subject=SUBJECT, kind=SubjectKind.EMAIL), "identity-mismatch"),
        (
            CertificateIdentity(issuer=ISSUER, subject=SUBJECT, extensions=(("build_trigger", "push"),)),
            "extension-mismatch",
        ),
    ],
)
def test_another_identity(instance: PrivateSigstore, identity: CertificateIdentity, code: str) -> None:
    assert code_of(lambda: ask(instance, instance.bundle(), identity=identity)) == code


SUBJECTS = [
    (x509.RFC822Name("alice@example.com"), "alice@example.com", SubjectKind.EMAIL),
    (
        x509.UniformResourceIdentifier("spiffe://acme.example/ci/train"),
        "spiffe://acme.example/ci/train",
        SubjectKind.URI,
    ),
    (
        x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.7"), der.text("alice!acme.example")),
        "alice!acme.example",
        SubjectKind.USERNAME,
    ),
]


@pytest.mark.parametrize(("name", "subject", "kind"), SUBJECTS)
def test_the_kinds_of_subjects(
    instance: PrivateSigstore, name: x509.GeneralName, subject: str, kind: SubjectKind
) -> None:
    identity = CertificateIdentity(issuer=ISSUER, subject=subject, kind=kind)
    signer = ask(instance, instance.bundle(holder=Holder(subject=name)), identity=identity).signer
    assert isinstance(signer, CertificateSigner)
    assert (signer.subject, signer.kind, signer.issuer) == (subject, kind, ISSUER)


@pytest.mark.parametrize(
    "name",
    [
        None,
        x509.DNSName("example.com"),
        x509.OtherName(x509.ObjectIdentifier("1.2.3"), der.text("alice")),
        x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.7"), b"\x16\x05alice"),
        x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.7"), der.text("alice\u202e")),
    ],
)
def test_subjects_that_are_none(instance: PrivateSigstore, name: x509.GeneralName | None) -> None:
    bundle = instance.bundle(holder=Holder(subject=name))
    assert code_of(lambda: ask(instance, bundle)) == "certificate-identity"


def test_github_s_claims_can_be_asked_for(instance: PrivateSigstore) -> None:
    said = {12: "https://github.com/acme/models", 15: "4711", 11: "github-hosted", 20: "push"}
    wanted = (("source_repository_identifier", "4711"), ("runner_environment", "github-hosted"))
    identity = CertificateIdentity(issuer=ISSUER, subject=SUBJECT, extensions=wanted)
    signer = ask(instance, instance.bundle(holder=Holder(extensions=said)), identity=identity).signer
    assert isinstance(signer, CertificateSigner)
    assert signer.extensions.get("source_repository_uri") == "https://github.com/acme/models"
    said[15] = "4712"
    other = instance.bundle(holder=Holder(extensions=said))
    assert code_of(lambda: ask(instance, other, identity=identity)) == "extension-mismatch"


def test_two_issuers_in_one_certificate(instance: PrivateSigstore) -> None:
    holder = Holder(old_issuer="https://accounts.example.com")
    assert code_of(lambda: ask(instance, instance.bundle(holder=holder))) == "certificate-identity"


@pytest.mark.parametrize(("issuer", "old_issuer"), [(ISSUER, None), (None, ISSUER)])
def test_the_issuer_in_either_extension(instance: PrivateSigstore, issuer: str | None, old_issuer: str | None) -> None:
    ask(instance, instance.bundle(holder=Holder(issuer=issuer, old_issuer=old_issuer)))


def test_no_issuer_at_all(instance: PrivateSigstore) -> None:
    holder = Holder(issuer=None, old_issuer=None)
    assert code_of(lambda: ask(instance, instance.bundle(holder=holder))) == "certificate-identity"


def test_a_certificate_with_two_subjects_names_nobody_in_particular(instance: PrivateSigstore) -> None:
    holder = Holder(more_subjects=(x509.RFC822Name("mallory@example.com"),))
    assert code_of(lambda: ask(instance, instance.bundle(holder=holder))) == "certificate-identity"
