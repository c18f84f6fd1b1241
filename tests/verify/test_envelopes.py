"""Who signed, and what: hints that lie, payloads that were changed, and words that are no statement."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attest.evidence.evidence import Evidence
from attest.signing.fingerprint import cosign_hint, oms_hint
from tests.verify.evidence import Person, Version, bundle, edited, signed_payload
from tests.verify.key_refusal import refusal

# --- who signed ---------------------------------------------------------------------------------------------------


def test_a_good_signature_by_somebody_else_is_not_trusted(version: Version, alice: Person, mallory: Person) -> None:
    error = refusal(bundle(version.provenance, mallory), version, [alice.key])
    assert (error.code, error.exit_status) == ("signer-not-trusted", 1)
    assert mallory.key.fingerprint.short in str(error.found)
    assert alice.key.fingerprint.short in str(error.expected)


def test_without_any_trusted_key_nothing_is_believed(version: Version, alice: Person) -> None:
    assert refusal(bundle(version.signature, alice), version, []).code == "signer-not-trusted"


@pytest.mark.parametrize("form", [cosign_hint, oms_hint])
def test_a_hint_at_a_trusted_key_with_another_keys_signature_is_an_incident(
    form: Any, version: Version, alice: Person, mallory: Person
) -> None:
    def lie(document: dict[str, Any]) -> None:
        hint = form(alice.signer.public_key)
        document["verificationMaterial"]["publicKey"]["hint"] = hint
        document["dsseEnvelope"]["signatures"][0]["keyid"] = hint

    error = refusal(edited(bundle(version.provenance, mallory), lie), version, [alice.key])
    assert (error.code, error.exit_status) == ("signature-invalid", 3)


def test_a_certificate_never_stands_in_for_a_key(version: Version, alice: Person) -> None:
    def swap(document: dict[str, Any]) -> None:
        document["verificationMaterial"] = {
            "certificate": {"rawBytes": base64.b64encode(b"DER").decode()},
            "tlogEntries": [],
        }

    error = refusal(edited(bundle(version.provenance, alice), swap), version, [alice.key])
    assert (error.code, error.exit_status) == ("certificate-unsupported", 1)


# --- what was signed ----------------------------------------------------------------------------------------------


def test_a_payload_changed_by_one_byte_is_an_incident(version: Version, alice: Person) -> None:
    def flip(document: dict[str, Any]) -> None:
        payload = bytearray(base64.b64decode(document["dsseEnvelope"]["payload"]))
        payload[-3] ^= 1
        document["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()

    error = refusal(edited(bundle(version.provenance, alice), flip), version, [alice.key])
    assert (error.code, error.exit_status) == ("signature-invalid", 3)


def test_a_payload_of_other_evidence_under_a_good_signature_is_an_incident(version: Version, alice: Person) -> None:
    other = json.loads(bundle(version.ml_bom, alice).raw)["dsseEnvelope"]["payload"]
    evidence = edited(
        bundle(version.provenance, alice), lambda document: document["dsseEnvelope"].update(payload=other)
    )
    assert refusal(evidence, version, [alice.key]).code == "signature-invalid"


@pytest.mark.parametrize(
    "signatures",
    [[], None, "x", [{"sig": ""}], [{}]],
)
def test_a_stripped_signature_is_malformed(signatures: Any, version: Version, alice: Person) -> None:
    evidence = edited(
        bundle(version.provenance, alice), lambda document: document["dsseEnvelope"].update(signatures=signatures)
    )
    assert refusal(evidence, version, [alice.key]).code == "malformed-evidence"


def test_two_signatures_are_refused_even_if_both_hold(version: Version, alice: Person) -> None:
    def double(document: dict[str, Any]) -> None:
        document["dsseEnvelope"]["signatures"] *= 2

    assert refusal(edited(bundle(version.provenance, alice), double), version, [alice.key]).code == "malformed-evidence"


@pytest.mark.parametrize(
    "payload_type",
    ["application/vnd.in-toto+json; charset=utf-8", "application/vnd.in-toto+JSON", "text/plain", "application/json"],
)
def test_another_payload_type_is_refused_though_its_signature_holds(
    payload_type: str, version: Version, alice: Person
) -> None:
    evidence = signed_payload(version.provenance.raw, alice, payload_type=payload_type)
    assert refusal(evidence, version, [alice.key]).code == "malformed-evidence"


def test_the_payload_type_is_part_of_what_is_signed(version: Version, alice: Person) -> None:
    """A verifier that hard-codes the type in the PAE reads a text/plain envelope as in-toto."""
    evidence = edited(
        signed_payload(version.provenance.raw, alice, payload_type="text/plain"),
        lambda document: document["dsseEnvelope"].update(payloadType="application/vnd.in-toto+json"),
    )
    assert refusal(evidence, version, [alice.key]).code == "signer-not-trusted"


def test_duplicate_keys_in_a_bundle_are_refused(version: Version, alice: Person) -> None:
    raw = bundle(version.provenance, alice).raw
    doubled = raw.replace(b'"mediaType":', b'"mediaType":"x","mediaType":', 1)
    assert refusal(Evidence(raw=doubled, origin="x"), version, [alice.key]).code == "malformed-evidence"


def test_duplicate_keys_in_a_signed_statement_are_refused(version: Version, alice: Person) -> None:
    payload = version.provenance.raw.replace(b'"_type":', b'"subject":[],"_type":', 1)
    assert refusal(signed_payload(payload, alice), version, [alice.key]).code == "malformed-evidence"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"x","predicate":{}}',
        b'{"_type":"https://in-toto.io/Statement/v0.1","subject":[{"name":"a","digest":{"sha256":"'
        + b"0" * 64
        + b'"}}],"predicateType":"https://slsa.dev/provenance/v1"}',
        b'{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"a","digest":{"md5":"00"}}],"predicateType":"x"}',
        b'{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"a","digest":{"sha256":"ZZ"}}],"predicateType":"x"}',
        b"\xff",
        b"[" * 10_000,
    ],
)
def test_signed_words_that_are_no_statement_are_malformed(payload: bytes, version: Version, alice: Person) -> None:
    assert refusal(signed_payload(payload, alice), version, [alice.key]).code == "malformed-evidence"


@pytest.mark.parametrize(
    "media_type",
    ["application/vnd.dev.sigstore.bundle+json;version=0.1", "application/vnd.dev.sigstore.bundle.v0.4+json", None],
)
def test_another_bundle_version_is_refused(media_type: str | None, version: Version, alice: Person) -> None:
    evidence = edited(bundle(version.provenance, alice), lambda document: document.update(mediaType=media_type))
    assert refusal(evidence, version, [alice.key]).code == "malformed-evidence"


def test_an_oversized_bundle_is_refused_before_it_is_parsed(
    version: Version, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from attest_registry import limits

    evidence = bundle(version.provenance, alice)
    monkeypatch.setattr(limits, "BUNDLE_BYTES", len(evidence.raw) - 1)
    assert refusal(evidence, version, [alice.key]).code == "malformed-evidence"


@given(data=st.binary(max_size=300))
@settings(max_examples=50)
def test_any_bytes_are_refused_with_an_error_of_ours(data: bytes) -> None:
    version = Version.of()
    error = refusal(Evidence(raw=data, origin="fuzz"), version, [])
    assert error.code == "malformed-evidence"
