from __future__ import annotations

import base64
import copy
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from attest.claims.predicates import MODEL_SIGNATURE, PAYLOAD_TYPE
from attest.claims.statement import Statement, Subject
from attest.errors import MalformedEvidence, SignatureInvalid
from attest.signing.algorithms import check_signature
from attest.signing.bundle import Bundle, CertificateMaterial, KeyMaterial, sign_statement
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from attest.signing.signer import KeySigner, Signer

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def changed(raw: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    document = copy.deepcopy(json.loads(raw))
    change(document)
    return json.dumps(document).encode()


def refuse(raw: bytes) -> MalformedEvidence:
    with pytest.raises(MalformedEvidence) as caught:
        Bundle.parse(raw)
    assert caught.value.code == "malformed-evidence"
    assert caught.value.exit_status == 3
    return caught.value


@pytest.fixture
def raw(statement: Statement, signer: Signer) -> bytes:
    return sign_statement(statement, signer)


def test_what_was_signed_comes_back_byte_for_byte(statement: Statement, any_signer: KeySigner) -> None:
    bundle = Bundle.parse(sign_statement(statement, any_signer))
    assert bundle.payload == statement.raw
    assert bundle.payload_type == PAYLOAD_TYPE
    assert (bundle.log_entries, bundle.timestamps) == (0, 0)
    check_signature(any_signer.public_key, bundle.signature, bundle.signed_bytes, what="the claim")


def test_the_signature_covers_the_payload_type(raw: bytes, signer: Signer) -> None:
    bundle = Bundle.parse(changed(raw, lambda d: d["dsseEnvelope"].update(payloadType="application/other")))
    with pytest.raises(SignatureInvalid):
        check_signature(signer.public_key, bundle.signature, bundle.signed_bytes, what="the claim")


def test_one_signature_without_key_id_and_an_empty_log(raw: bytes) -> None:
    document = json.loads(raw)
    assert document["mediaType"] == MEDIA_TYPE
    assert document["verificationMaterial"]["tlogEntries"] == []  # sigstore-models refuses bundles without the list
    (signature,) = document["dsseEnvelope"]["signatures"]
    assert set(signature) == {"sig"}  # cosign refuses every key id that is not its own fingerprint of the key


def test_other_claims_carry_the_hint_of_cosign(raw: bytes, signer: Signer) -> None:
    der = signer.public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    expected = base64.b64encode(hashlib.sha256(der).digest()).decode()
    assert Bundle.parse(raw).material == KeyMaterial(hint=expected)


def test_model_signatures_carry_the_hint_of_model_signing(signer: Signer) -> None:
    subject = Subject(name="m", digest=Digest.of(b"root"))
    statement = Statement.build(subjects=[subject], predicate_type=MODEL_SIGNATURE, predicate={"resources": []})
    pem = signer.public_key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    bundle = Bundle.parse(sign_statement(statement, signer))
    assert bundle.material == KeyMaterial(hint=hashlib.sha256(pem).hexdigest())


def test_a_hint_may_be_left_out(raw: bytes) -> None:
    bundle = Bundle.parse(changed(raw, lambda d: d["verificationMaterial"].update(publicKey={})))
    assert bundle.material == KeyMaterial(hint=None)


def test_an_empty_log_may_be_left_out_as_protojson_does(raw: bytes) -> None:
    assert Bundle.parse(changed(raw, lambda d: d["verificationMaterial"].pop("tlogEntries"))).log_entries == 0


def test_a_key_that_a_bundle_brings_along_is_not_looked_at(raw: bytes) -> None:
    brought = {"rawBytes": "not base64", "keyDetails": "PKIX_ECDSA_P256_SHA_256"}
    bundle = Bundle.parse(changed(raw, lambda d: d["verificationMaterial"].update(publicKey=brought)))
    assert bundle.material == KeyMaterial(hint=None)


def test_the_other_spelling_of_the_version_is_read(raw: bytes) -> None:
    other = changed(raw, lambda d: d.update(mediaType="application/vnd.dev.sigstore.bundle+json;version=0.3"))
    assert Bundle.parse(other) == Bundle.parse(raw)


def _material(raw: bytes, **material: Any) -> bytes:
    return changed(raw, lambda d: d.update(verificationMaterial=material))


def test_a_certificate_is_read_as_one(raw: bytes) -> None:
    parsed = Bundle.parse(_material(raw, certificate={"rawBytes": "AAAA"}, tlogEntries=[{}]))
    assert parsed.material == CertificateMaterial(certificates=(b"\0\0\0",))
    assert parsed.log_entries == 1
    chain = {"certificates": [{"rawBytes": "AAAA"}, {"rawBytes": "AAAB"}]}
    parsed = Bundle.parse(_material(raw, x509CertificateChain=chain))
    assert parsed.material == CertificateMaterial(certificates=(b"\0\0\0", b"\0\0\1"))


MALFORMED: dict[str, Callable[[dict[str, Any]], object]] = {
    "another version": lambda d: d.update(mediaType="application/vnd.dev.sigstore.bundle+json;version=0.1"),
    "no version": lambda d: d.pop("mediaType"),
    "a field nobody knows": lambda d: d.update(extra=1),
    "a bare signature": lambda d: d.update(messageSignature={}),
    "no envelope": lambda d: d.pop("dsseEnvelope"),
    "an envelope that is a list": lambda d: d.update(dsseEnvelope=[]),
    "an unknown envelope field": lambda d: d["dsseEnvelope"].update(extra=1),
    "no payload": lambda d: d["dsseEnvelope"].pop("payload"),
    "a payload that is a number": lambda d: d["dsseEnvelope"].update(payload=1),
    "an empty payload": lambda d: d["dsseEnvelope"].update(payload=""),
    "a payload with a line break": lambda d: d["dsseEnvelope"].update(payload=d["dsseEnvelope"]["payload"] + "\n"),
    "no payload type": lambda d: d["dsseEnvelope"].update(payloadType=""),
    "no signatures": lambda d: d["dsseEnvelope"].update(signatures=[]),
    "signatures missing": lambda d: d["dsseEnvelope"].pop("signatures"),
    "two signatures": lambda d: d["dsseEnvelope"]["signatures"].append(d["dsseEnvelope"]["signatures"][0]),
    "a signature that is text": lambda d: d["dsseEnvelope"].update(signatures=["x"]),
    "an empty signature": lambda d: d["dsseEnvelope"]["signatures"][0].update(sig=""),
    "a signature with junk": lambda d: d["dsseEnvelope"]["signatures"][0].update(sig="AA*A"),
    "an unknown signature field": lambda d: d["dsseEnvelope"]["signatures"][0].update(cert="x"),
    "a key id that is a number": lambda d: d["dsseEnvelope"]["signatures"][0].update(keyid=1),
    "a key id of another key": lambda d: d["dsseEnvelope"]["signatures"][0].update(keyid="other"),
    "no material": lambda d: d.pop("verificationMaterial"),
    "material without a way": lambda d: d["verificationMaterial"].pop("publicKey"),
    "a key and a certificate": lambda d: d["verificationMaterial"].update(certificate={"rawBytes": "AAAA"}),
    "an unknown material": lambda d: d["verificationMaterial"].update(extra=1),
    "a key field nobody knows": lambda d: d["verificationMaterial"]["publicKey"].update(extra=1),
    "a hint that is a number": lambda d: d["verificationMaterial"]["publicKey"].update(hint=1),
    "a log that is an object": lambda d: d["verificationMaterial"].update(tlogEntries={}),
    "an endless log": lambda d: d["verificationMaterial"].update(tlogEntries=[{}] * 33),
    "timestamps that are text": lambda d: d["verificationMaterial"].update(timestampVerificationData="x"),
    "endless timestamps": lambda d: d["verificationMaterial"].update(
        timestampVerificationData={"rfc3161Timestamps": [{}] * 33}
    ),
    "a certificate without bytes": lambda d: d.update(verificationMaterial={"certificate": {}}),
    "a chain without certificates": lambda d: d.update(
        verificationMaterial={"x509CertificateChain": {"certificates": []}}
    ),
    "a chain of text": lambda d: d.update(verificationMaterial={"x509CertificateChain": {"certificates": ["x"]}}),
    "an endless chain": lambda d: d.update(
        verificationMaterial={"x509CertificateChain": {"certificates": [{"rawBytes": "AAAA"}] * 17}}
    ),
}


@pytest.mark.parametrize("change", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_bundle_is_refused(raw: bytes, change: Callable[[dict[str, Any]], object]) -> None:
    refuse(changed(raw, change))


def test_a_bundle_that_says_one_thing_twice_is_refused(raw: bytes) -> None:
    refuse(raw.replace(b'"mediaType"', b'"mediaType":"x","mediaType"'))


def test_trailing_bytes_are_refused(raw: bytes) -> None:
    refuse(raw + b"{}")


def test_a_huge_bundle_is_refused_before_it_is_parsed() -> None:
    refuse(b" " * (32 * 1024 * 1024 + 1))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda v: (
            st.lists(v)
            | st.dictionaries(
                st.sampled_from(
                    ["mediaType", "verificationMaterial", "publicKey", "hint", "dsseEnvelope", "payload", "x"]
                ),
                v,
            )
        ),
    )
)
def test_any_other_document_is_refused_and_nothing_else_happens(value: Any) -> None:
    refuse(json.dumps(value).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_and_nothing_else_happens(data: bytes) -> None:
    refuse(data)
