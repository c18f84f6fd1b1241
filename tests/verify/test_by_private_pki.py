"""Certificates of a private authority: each step refuses what it is there for, with its own code."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from attest.errors import AttestError, InputError, PolicyError
from attest.trust.private_pki import NameKind, PrivateAuthority, PrivateIdentity
from attest.trust.trusted_holder import PkiHolder
from attest.verify.by_private_pki import verify_pki_bundle
from attest.verify.proven import PkiSigner, TimeSource
from tests.verify.private_authority import DAY, NOON, named, usage
from tests.verify.private_fulcio import ISSUER, Holder
from tests.verify.private_keys import new_key
from tests.verify.private_pki import RELEASE, Employee, PrivatePki
from tests.verify.private_sigstore import PAYLOAD, PrivateSigstore
from tests.verify.refusals import code_of, parsed

if TYPE_CHECKING:
    from collections.abc import Callable

    from attest.verify.proven import VerifiedBundle

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def pki() -> PrivatePki:
    return PrivatePki()


def holder(pki: PrivatePki, sigstore: PrivateSigstore | None, **values: Any) -> PkiHolder:
    said: dict[str, Any] = {
        "name": "release",
        "identity": PrivateIdentity(subject=RELEASE),
        "authority": pki.pinned(),
        "origin": "ca.pem",
        "root": None if sigstore is None else sigstore.root(),
    }
    return PkiHolder(**(said | values))


def ask(pki: PrivatePki, sigstore: PrivateSigstore, bundle: dict[str, Any], **values: Any) -> VerifiedBundle:
    return verify_pki_bundle(parsed(bundle), holder=holder(pki, sigstore, **values))


def test_a_stamped_signature_by_a_named_employee(pki: PrivatePki, instance: PrivateSigstore) -> None:
    found = ask(pki, instance, pki.bundle(instance))
    assert isinstance(found.signer, PkiSigner)
    assert (found.signer.subject, found.signer.kind, found.payload) == (RELEASE, NameKind.EMAIL, PAYLOAD)
    assert [(time.moment, time.source) for time in found.times] == [(NOON, TimeSource.TIMESTAMP)]
    assert found.counts is not None
    assert NOON in found.counts


@pytest.mark.parametrize("version", [1, 2])
def test_a_log_entry_is_checked_where_there_is_one(pki: PrivatePki, instance: PrivateSigstore, version: int) -> None:
    bundle = pki.bundle(instance, version=version)
    assert ask(pki, instance, bundle).logged is not None
    other = pki.bundle(instance, version=version, payload=b'{"other":1}')
    bundle["verificationMaterial"]["tlogEntries"] = other["verificationMaterial"]["tlogEntries"]
    assert code_of(lambda: ask(pki, instance, bundle)) == "log-entry-mismatch"


def test_any_of_the_pinned_certificates_ends_the_path(pki: PrivatePki, instance: PrivateSigstore) -> None:
    authority = pki.authority
    bundles = {
        "as brought": pki.bundle(instance),
        "with the root": pki.bundle(instance, chain=(authority.certificate, authority.root)),
        "leaf alone": pki.bundle(instance, chain=()),
    }
    for bundle in (bundles["as brought"], bundles["with the root"]):
        ask(pki, instance, bundle)
    for bundle in bundles.values():
        ask(pki, instance, bundle, authority=pki.pinned(intermediate=True))
    assert code_of(lambda: ask(pki, instance, bundles["leaf alone"])) == "certificate-authority-unknown"


def test_an_authority_that_the_bundle_brings_is_not_believed(pki: PrivatePki, instance: PrivateSigstore) -> None:
    other, twin = PrivatePki("mallory ca"), PrivatePki()  # the twin has the names, and other keys
    foreign = other.bundle(instance, chain=(other.authority.certificate, other.authority.root))
    assert code_of(lambda: ask(pki, instance, foreign)) == "certificate-authority-unknown"
    assert code_of(lambda: ask(pki, instance, twin.bundle(instance))) == "certificate-chain"
    crossed = twin.bundle(instance, chain=(pki.authority.certificate,))
    assert code_of(lambda: ask(pki, instance, crossed)) == "certificate-chain"


def test_a_certificate_may_not_issue_another(pki: PrivatePki, instance: PrivateSigstore) -> None:
    """Alice has a good certificate, and issues one for the release team with it."""
    alice = Employee(names=(x509.RFC822Name("alice@acme.example"),), subject=named("acme ca"))
    issued = pki.issue(alice)
    below = PrivatePki()
    below.authority = type(below.authority)(root=pki.authority.root, certificate=issued, key=alice.key)
    bundle = below.bundle(instance, chain=(issued, pki.authority.certificate))
    assert code_of(lambda: ask(pki, instance, bundle)) == "certificate-chain"


@pytest.mark.parametrize("purpose", [None, ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
def test_a_certificate_that_is_not_for_code(
    pki: PrivatePki, instance: PrivateSigstore, purpose: x509.ObjectIdentifier | None
) -> None:
    bundle = pki.bundle(instance, Employee(purpose=purpose))
    assert code_of(lambda: ask(pki, instance, bundle)) == "certificate-usage"


def test_a_certificate_whose_key_is_for_something_else(pki: PrivatePki, instance: PrivateSigstore) -> None:
    bundle = pki.bundle(instance, Employee(usage=usage(signs_certificates=True)))
    assert code_of(lambda: ask(pki, instance, bundle)) == "certificate-usage"


NAMES = (
    x509.RFC822Name("ci@acme.example"),
    x509.UniformResourceIdentifier("spiffe://acme.example/ns/ml/sa/train"),
    x509.DNSName("train.ml.acme.example"),
)


@pytest.mark.parametrize(
    "identity",
    [
        PrivateIdentity(subject="ci@acme.example"),
        PrivateIdentity(subject_glob="*@acme.example"),
        PrivateIdentity(subject="spiffe://acme.example/ns/ml/sa/train"),
        PrivateIdentity(subject_glob="spiffe://acme.example/ns/ml/sa/*"),
        PrivateIdentity(subject_glob="spiffe://acme.example/**", kind=NameKind.URI),
        PrivateIdentity(subject="train.ml.acme.example"),
        PrivateIdentity(subject_glob="*.ml.acme.example", kind=NameKind.DNS),
        PrivateIdentity(subject="CN=train,O=acme"),
    ],
)
def test_each_of_several_names_is_the_holder_s(
    pki: PrivatePki, instance: PrivateSigstore, identity: PrivateIdentity
) -> None:
    ask(pki, instance, pki.bundle(instance, Employee(names=NAMES, subject=named("train"))), identity=identity)


@pytest.mark.parametrize(
    "identity",
    [
        PrivateIdentity(subject="release@acme.example"),
        PrivateIdentity(subject="CI@acme.example"),
        PrivateIdentity(subject="i@acme.example"),
        PrivateIdentity(subject_glob="c*@acme.exampl"),  # anchored at its end
        PrivateIdentity(subject_glob="i@acme.*"),  # and at its beginning
        PrivateIdentity(subject_glob="spiffe://acme.example/*"),  # one star stops at /
        PrivateIdentity(subject_glob="spiffe://acme.example/ns/*/train"),
        PrivateIdentity(subject="ci@acme.example", kind=NameKind.DNS),
        PrivateIdentity(subject="ci@acme.example", kind=NameKind.URI),
        PrivateIdentity(subject="train.ml.acme.example", kind=NameKind.EMAIL),
        PrivateIdentity(subject="CN=train"),
        PrivateIdentity(subject="O=acme,CN=train"),
    ],
)
def test_another_name_or_another_kind(pki: PrivatePki, instance: PrivateSigstore, identity: PrivateIdentity) -> None:
    bundle = pki.bundle(instance, Employee(names=NAMES, subject=named("train")))
    assert code_of(lambda: ask(pki, instance, bundle, identity=identity)) == "identity-mismatch"


def test_a_certificate_without_a_name(pki: PrivatePki, instance: PrivateSigstore) -> None:
    bundle = pki.bundle(instance, Employee(names=(), subject=x509.Name([])))
    assert code_of(lambda: ask(pki, instance, bundle)) == "identity-mismatch"


def test_a_name_that_cannot_be_shown(pki: PrivatePki, instance: PrivateSigstore) -> None:
    names = (x509.RFC822Name(RELEASE), x509.DNSName("a\nb"))
    assert code_of(lambda: ask(pki, instance, pki.bundle(instance, Employee(names=names)))) == "certificate-identity"


def test_more_names_than_anybody_has(pki: PrivatePki, instance: PrivateSigstore) -> None:
    names = tuple(x509.DNSName(f"h{number}.acme.example") for number in range(65))
    assert code_of(lambda: ask(pki, instance, pki.bundle(instance, Employee(names=names)))) == "certificate-identity"


def test_both_ends_of_a_certificate_s_life_belong_to_it(pki: PrivatePki, instance: PrivateSigstore) -> None:
    for good in (Employee(start=NOON), Employee(end=NOON)):
        ask(pki, instance, pki.bundle(instance, good))
    for bad in (Employee(start=NOON + SECOND), Employee(end=NOON - SECOND)):
        refused = code_of(lambda bad=bad: ask(pki, instance, pki.bundle(instance, bad)))  # type: ignore[misc]
        assert refused == "certificate-expired"


def test_the_whole_path_has_to_be_valid(instance: PrivateSigstore) -> None:
    """CVE-2026-24122: cosign looked at the leaf only."""
    expired = PrivatePki(end=NOON - SECOND)
    assert code_of(lambda: ask(expired, instance, expired.bundle(instance))) == "certificate-expired"


def test_of_two_proven_times_one_outside_refuses(pki: PrivatePki, instance: PrivateSigstore) -> None:
    bundle = pki.bundle(instance, stamps=(NOON, NOON + 31 * DAY))
    assert code_of(lambda: ask(pki, instance, bundle)) == "certificate-expired"


def test_a_proven_time_is_needed(pki: PrivatePki, instance: PrivateSigstore) -> None:
    bare = pki.bundle(instance, stamps=())
    assert code_of(lambda: ask(pki, instance, bare)) == "time-missing"
    unlogged = pki.bundle(instance, stamps=(), version=2)  # Rekor v2 says no time
    assert code_of(lambda: ask(pki, instance, unlogged)) == "time-missing"


def test_without_a_root_nothing_is_proven_and_that_is_said(pki: PrivatePki, instance: PrivateSigstore) -> None:
    stamped = pki.bundle(instance)
    with pytest.raises(AttestError) as refused:
        verify_pki_bundle(parsed(stamped), holder=holder(pki, None))
    assert (refused.value.code, refused.value.exit_status) == ("time-missing", 1)
    assert refused.value.found == "0; 1 not checked, because no trusted root is named"
    accepted = verify_pki_bundle(parsed(stamped), holder=holder(pki, None, time_required=False))
    assert (accepted.times, accepted.unchecked) == ((), 1)


def test_asking_for_no_time_accepts_no_wrong_one(pki: PrivatePki, instance: PrivateSigstore) -> None:
    late = pki.bundle(instance, stamps=(NOON + 31 * DAY,))
    assert code_of(lambda: ask(pki, instance, late, time_required=False)) == "certificate-expired"
    foreign = pki.bundle(PrivateSigstore())
    assert code_of(lambda: ask(pki, instance, foreign, time_required=False)) == "timestamp-authority-unknown"


def test_a_signature_by_another_key(pki: PrivatePki, instance: PrivateSigstore) -> None:
    bundle, other = pki.bundle(instance), pki.bundle(instance, stamps=())
    chain = other["verificationMaterial"]["x509CertificateChain"]
    bundle["verificationMaterial"]["x509CertificateChain"] = chain
    assert code_of(lambda: ask(pki, instance, bundle)) == "signature-invalid"


def test_a_key_never_stands_in_for_a_certificate(pki: PrivatePki, instance: PrivateSigstore) -> None:
    assert code_of(lambda: ask(pki, instance, instance.key_bundle(new_key()))) == "certificate-missing"


def test_a_sigstore_s_certificate_is_not_judged_without_its_issuer(instance: PrivateSigstore) -> None:
    """Fulcio's root pinned as a private authority would take the word of every login provider."""
    fulcio = PrivatePki()
    fulcio.authority = instance.fulcio.authority
    bundle = instance.bundle(holder=Holder(subject=x509.RFC822Name(RELEASE), issuer=ISSUER))
    pinned = fulcio.pinned(intermediate=True)
    assert code_of(lambda: ask(fulcio, instance, bundle, authority=pinned)) == "issuer-mismatch"


# --- what an operator can write -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        PrivateIdentity,
        lambda: PrivateIdentity(subject="a@acme.example", subject_glob="*@acme.example"),
        lambda: PrivateIdentity(subject_glob="**"),
        lambda: PrivateIdentity(subject_glob="*@*"),
        lambda: PrivateIdentity(subject_glob="spiffe://**"),
        lambda: PrivateIdentity(subject_glob="CN=*,O=acme"),
    ],
)
def test_an_identity_that_is_nobody_in_particular(make: Callable[[], object]) -> None:
    with pytest.raises(PolicyError):
        make()


def test_what_an_authority_is_read_from(pki: PrivatePki) -> None:
    both = pki.pem() + pki.pem(intermediate=True)
    assert len(PrivateAuthority.parse(both, what="ca.pem").anchors) == 2
    leaf = pki.issue(Employee()).public_bytes(Encoding.PEM)
    private = new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for raw in (b"", b"text", leaf, pki.pem() * 2, pki.pem() + private, pki.pem()[:-40], pki.pem() + leaf):
        with pytest.raises(InputError) as refused:
            PrivateAuthority.parse(raw, what="ca.pem")
        assert refused.value.code == "bad-authority"
