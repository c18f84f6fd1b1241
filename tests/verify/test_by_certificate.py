"""Each step of the verifier for certificates refuses what it is there for, with its own code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from attest.errors import Incident, Refusal
from attest.signing.dsse import encode_base64
from attest.verify.about_file import bind_file
from attest.verify.demands import Demands
from attest_registry.digest import Digest
from tests.verify.private_authority import Authority
from tests.verify.private_fulcio import CertificateIssuer, CertificateLog, Holder
from tests.verify.private_keys import new_key, spki
from tests.verify.private_sigstore import PrivateSigstore
from tests.verify.refusals import ask, changed, code_of

if TYPE_CHECKING:
    from cryptography import x509


@pytest.mark.parametrize("part", ["fulcio", "certificate_log", "rekor", "tsa"])
def test_each_part_of_another_instance(instance: PrivateSigstore, part: str) -> None:
    other = PrivateSigstore()
    code = {
        "fulcio": "certificate-chain",  # of the same name, with another key
        "certificate_log": "sct-log-unknown",
        "rekor": "log-unknown",
        "tsa": "timestamp-authority-unknown",
    }[part]
    mixed = PrivateSigstore()
    for name in ("fulcio", "certificate_log", "rekor", "tsa"):
        setattr(mixed, name, getattr(other if name == part else instance, name))
    if part in {"fulcio", "certificate_log"}:
        mixed.fulcio = CertificateIssuer(mixed.fulcio.authority, mixed.certificate_log)
    ask(mixed, mixed.bundle())
    assert code_of(lambda: ask(instance, mixed.bundle())) == code


def test_an_authority_of_another_name(instance: PrivateSigstore) -> None:
    other = PrivateSigstore()
    other.certificate_log = instance.certificate_log
    other.fulcio = CertificateIssuer(Authority.make("another"), instance.certificate_log)
    other.rekor, other.tsa = instance.rekor, instance.tsa
    assert code_of(lambda: ask(instance, other.bundle())) == "certificate-authority-unknown"


@pytest.mark.parametrize("scts", [0, 2])
def test_not_exactly_one_sct(instance: PrivateSigstore, scts: int) -> None:
    bundle = instance.bundle(holder=Holder(scts=scts))
    assert code_of(lambda: ask(instance, bundle)) == "sct-missing"


def test_an_instance_without_a_certificate_log_is_a_decision(instance: PrivateSigstore) -> None:
    demands = Demands(accept_without_sct=True)
    ask(instance, instance.bundle(holder=Holder(scts=0)), demands=demands)
    assert code_of(lambda: ask(instance, instance.bundle(holder=Holder(scts=2)), demands=demands)) == "sct-missing"
    wrong = instance.bundle(holder=Holder(sct_issuer=b"another issuer"))
    assert code_of(lambda: ask(instance, wrong, demands=demands)) == "sct-invalid"


def test_an_sct_for_the_same_certificate_by_another_issuer(instance: PrivateSigstore) -> None:
    holder = Holder(sct_issuer=spki(new_key().public_key()))
    assert code_of(lambda: ask(instance, instance.bundle(holder=holder))) == "sct-invalid"


def test_an_sct_by_another_key_under_the_log_s_id(instance: PrivateSigstore) -> None:
    impostor = CertificateLog()
    impostor.log_id = instance.certificate_log.log_id
    other = PrivateSigstore()
    other.fulcio = CertificateIssuer(instance.fulcio.authority, impostor)
    other.rekor, other.tsa = instance.rekor, instance.tsa
    assert code_of(lambda: ask(instance, other.bundle())) == "sct-invalid"


def test_an_sct_that_names_another_algorithm(instance: PrivateSigstore) -> None:
    other = CertificateLog()
    other.key, other.log_id = instance.certificate_log.key, instance.certificate_log.log_id
    other.algorithm = b"\4\1"  # SHA-256 and RSA
    mixed = PrivateSigstore()
    mixed.fulcio = CertificateIssuer(instance.fulcio.authority, other)
    mixed.rekor, mixed.tsa = instance.rekor, instance.tsa
    assert code_of(lambda: ask(instance, mixed.bundle())) == "sct-invalid"


def test_a_certificate_for_servers(instance: PrivateSigstore) -> None:
    holder = Holder(purpose=ExtendedKeyUsageOID.SERVER_AUTH)
    assert code_of(lambda: ask(instance, instance.bundle(holder=holder))) == "certificate-usage"


def test_a_bundle_that_brings_certificates_of_the_root(instance: PrivateSigstore) -> None:
    def chained(*certificates: x509.Certificate) -> dict[str, Any]:
        def change(bundle: dict[str, Any]) -> None:
            material = bundle["verificationMaterial"]
            brought = [{"rawBytes": encode_base64(each.public_bytes(Encoding.DER))} for each in certificates]
            material["x509CertificateChain"] = {"certificates": [material.pop("certificate"), *brought]}

        return changed(instance.bundle(), change)

    authority = instance.fulcio.authority
    ask(instance, chained())
    assert code_of(lambda: ask(instance, chained(authority.certificate, authority.root))) == "certificate-chain"
    assert code_of(lambda: ask(instance, chained(authority.root))) == "certificate-chain"
    unknown = "certificate-authority-unknown"
    assert code_of(lambda: ask(instance, chained(authority.certificate))) == unknown
    assert code_of(lambda: ask(instance, chained(Authority.make("other").certificate))) == unknown


def test_a_private_intermediate_that_only_the_bundle_brings(instance: PrivateSigstore) -> None:
    """A root of trust that names the company's root alone: the intermediate comes with the bundle."""

    def root_only(root: dict[str, Any]) -> None:
        chain = root["certificateAuthorities"][0]["certChain"]["certificates"]
        del chain[0]

    def brought(bundle: dict[str, Any]) -> None:
        material = bundle["verificationMaterial"]
        between = encode_base64(instance.fulcio.authority.certificate.public_bytes(Encoding.DER))
        material["x509CertificateChain"] = {"certificates": [material.pop("certificate"), {"rawBytes": between}]}

    bundle = changed(instance.bundle(), brought)
    ask(instance, bundle, root=root_only)
    assert code_of(lambda: ask(instance, instance.bundle(), root=root_only)) == "certificate-authority-unknown"


def test_a_key_never_stands_in_for_a_certificate(instance: PrivateSigstore) -> None:
    assert code_of(lambda: ask(instance, instance.key_bundle(new_key(), version=1))) == "certificate-missing"


def test_a_signature_by_another_key(instance: PrivateSigstore) -> None:
    bundle = instance.bundle()
    other = instance.bundle(stamps=())
    bundle["verificationMaterial"]["certificate"] = other["verificationMaterial"]["certificate"]
    assert code_of(lambda: ask(instance, bundle)) == "signature-invalid"


@pytest.mark.parametrize("kind", ["text/plain", "application/vnd.in-toto+json; x=1", "application/vnd.in-toto"])
def test_another_payload_type_is_never_read_as_in_toto(instance: PrivateSigstore, kind: str) -> None:
    assert code_of(lambda: ask(instance, instance.bundle(payload_type=kind))) == "payload-type"


@pytest.mark.parametrize("count", [0, 2])
def test_not_exactly_one_signature(instance: PrivateSigstore, count: int) -> None:
    bundle = instance.bundle()
    bundle["dsseEnvelope"]["signatures"] *= count
    assert code_of(lambda: ask(instance, bundle)) == "signature-count"


def test_the_subject_is_the_caller_s_to_bind(instance: PrivateSigstore) -> None:
    verified = ask(instance, instance.bundle())
    assert bind_file(verified, Digest.of(b"weights")) is not None
    assert code_of(lambda: bind_file(verified, Digest.of(b"other weights"))) == "subject-mismatch"


def test_refusals_and_incidents_differ_in_their_exit_status() -> None:
    assert Refusal.exit_status != Incident.exit_status
