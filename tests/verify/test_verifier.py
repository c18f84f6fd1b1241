from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from attest.claims.mlbom import MLBOM
from attest.claims.predicates import APPROVAL, MODEL_SIGNATURE, PROVENANCE, STATEMENT_V1
from attest.claims.provenance import Provenance
from attest.claims.signature import ModelSignature
from attest.claims.statement import Statement
from attest.errors import AttestError, MalformedEvidence
from attest.evidence.evidence import Evidence
from attest.signing.fingerprint import cosign_hint, oms_hint
from attest.signing.signer import KeySigner
from attest.trust.identity import TrustedKey
from attest.verify.facts import Fact
from attest.verify.verifier import judge, verify
from attest_registry.digest import Digest
from tests.verify.evidence import (
    DATASET,
    JSON,
    MODEL,
    SAFE,
    Person,
    Version,
    artefact_of,
    bundle,
    edited,
    model_files,
    restated,
    signed_payload,
    training,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def refusal(evidence: Evidence, version: Version, keys: Sequence[TrustedKey], **values: Any) -> AttestError:
    """The error that the evidence is refused with; the honest version of the same evidence is accepted elsewhere."""
    with pytest.raises(AttestError) as caught:
        verify(evidence, artefact=version.artefact, model=MODEL, keys=keys, **values)
    assert caught.value.exit_status in {1, 3}
    return caught.value


# --- honest evidence ---------------------------------------------------------------------------------------------


def test_every_claim_of_a_version_becomes_a_typed_fact(version: Version, alice: Person) -> None:
    facts = [
        verify(piece, artefact=version.artefact, model=MODEL, keys=[alice.key]) for piece in version.evidence(alice)
    ]
    assert [type(fact.claim) for fact in facts] == [ModelSignature, Provenance, MLBOM, type(None)]
    assert {fact.signer.name for fact in facts} == {"alice"}
    assert facts[2].claimed_time == "2026-11-20T21:04:05Z"
    assert facts[1].claimed_time == "2026-11-20T21:04:00Z"


@pytest.mark.parametrize("private", [ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()])
def test_the_algorithm_follows_the_key(private: Any, version: Version) -> None:
    signer = KeySigner(private_key=private)
    key = TrustedKey(name="k", public_key=signer.public_key, fingerprint=signer.fingerprint, origin="k")
    evidence = bundle(version.provenance, Person(signer=signer, key=key))
    assert verify(evidence, artefact=version.artefact, model=MODEL, keys=[key]).signer is key


def test_every_trusted_key_is_tried_and_a_missing_hint_matters_not(
    version: Version, alice: Person, mallory: Person
) -> None:
    evidence = signed_payload(version.provenance.raw, alice)
    assert verify(evidence, artefact=version.artefact, model=MODEL, keys=[mallory.key, alice.key]).signer is alice.key


def test_a_lying_hint_cannot_make_a_good_signature_bad(version: Version, alice: Person, mallory: Person) -> None:
    def lie(document: dict[str, Any]) -> None:
        document["verificationMaterial"]["publicKey"]["hint"] = cosign_hint(mallory.signer.public_key)

    evidence = edited(bundle(version.provenance, alice), lie)
    fact = verify(evidence, artefact=version.artefact, model=MODEL, keys=[mallory.key, alice.key])
    assert fact.signer is alice.key


def test_an_unknown_predicate_type_is_kept_as_a_fact_without_type(version: Version, alice: Person) -> None:
    statement = restated(version.cosign, predicateType="https://example.com/scan/v1", predicate={"ok": True})
    fact = verify(bundle(statement, alice), artefact=version.artefact, model=MODEL, keys=[alice.key])
    assert fact.claim is None
    assert fact.statement.predicate == {"ok": True}


def test_cosign_may_name_its_subject_as_it_likes(version: Version, alice: Person) -> None:
    statement = restated(version.cosign, subject=[{"digest": {"sha256": version.artefact.digest.hex}}])
    fact = verify(bundle(statement, alice), artefact=version.artefact, model=MODEL, keys=[alice.key])
    assert fact.statement.raw == statement.raw


def test_another_name_counts_where_the_operator_lists_it(alice: Person) -> None:
    copied = Version.of(model="old-team/risk")
    assert refusal(bundle(copied.provenance, alice), copied, [alice.key]).code == "name-mismatch"
    fact = verify(
        bundle(copied.provenance, alice),
        artefact=copied.artefact,
        model=MODEL,
        keys=[alice.key],
        other_names=["old-team/risk"],
    )
    assert fact.statement.subjects[0].name == "old-team/risk"


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


# --- what it is about ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", ["provenance", "ml_bom", "cosign"])
def test_evidence_of_another_version_is_refused(claim: str, version: Version, alice: Person) -> None:
    other = Version.of(model_files({"model.safetensors": (b"other weights", SAFE)}))
    error = refusal(bundle(getattr(other, claim), alice), version, [alice.key])
    assert (error.code, error.exit_status) == ("subject-mismatch", 3)
    assert error.found == str(other.artefact.digest)


def test_a_matching_second_subject_does_not_make_up_for_the_first(version: Version, alice: Person) -> None:
    subjects = [
        {"name": MODEL, "digest": {"sha256": "0" * 64}},
        {"name": MODEL, "digest": {"sha256": version.artefact.digest.hex}},
    ]
    statement = restated(version.provenance, subject=subjects)
    assert refusal(bundle(statement, alice), version, [alice.key]).code == "subject-mismatch"


@pytest.mark.parametrize("by", [None, "alice", {}, {"key": {"sha256": "0" * 64}}, {"issuer": "x", "subject": "alice"}])
def test_our_own_claims_name_their_signer(by: object, version: Version, alice: Person) -> None:
    own = {"key": {"sha256": alice.key.fingerprint.hex}}
    approval = restated(version.cosign, predicateType=APPROVAL, predicate={"by": own, "decision": "approve"})
    accepted = verify(bundle(approval, alice), artefact=version.artefact, model=MODEL, keys=[alice.key])
    assert accepted.signer == alice.key
    error = refusal(
        bundle(restated(approval, predicate={"by": by, "decision": "approve"}), alice), version, [alice.key]
    )
    assert (error.code, error.exit_status) == ("signer-mismatch", 3)


@pytest.mark.parametrize(
    "name", ["acme/credit-risk-2", "credit-risk", "", "ghcr.io/acme/credit-risk", "Acme/credit-risk"]
)
def test_a_claim_about_another_models_name_is_refused(name: str, version: Version, alice: Person) -> None:
    subject = [{"name": name, "digest": {"sha256": version.artefact.digest.hex}}]
    error = refusal(bundle(restated(version.provenance, subject=subject), alice), version, [alice.key])
    assert (error.code, error.exit_status) == ("name-mismatch", 3)


def test_a_model_signature_over_another_models_files_is_refused(version: Version, alice: Person) -> None:
    """With it, a policy that asks for the signature alone allowed any model of the signer under any name."""
    other = Version.of(model="acme/toxicity")
    assert refusal(bundle(other.signature, alice), version, [alice.key]).code == "name-mismatch"
    fact = verify(
        bundle(other.signature, alice),
        artefact=version.artefact,
        model=MODEL,
        keys=[alice.key],
        other_names=["acme/toxicity"],
    )
    assert fact.claim is not None


def test_an_oms_root_as_first_subject_binds_no_version(version: Version, alice: Person) -> None:
    subject = [{"name": MODEL, "digest": {"sha256": version.manifest.oms_root.hex}}]
    assert (
        refusal(bundle(restated(version.provenance, subject=subject), alice), version, [alice.key]).code
        == "subject-mismatch"
    )


def test_one_predicate_under_the_type_of_another_is_malformed(version: Version, alice: Person) -> None:
    """CVE-2022-35929: any attestation satisfied --type."""
    statement = restated(version.ml_bom, predicateType=PROVENANCE)
    assert refusal(bundle(statement, alice), version, [alice.key]).code == "malformed-evidence"


def test_a_provenance_called_a_model_signature_is_malformed(version: Version, alice: Person) -> None:
    statement = restated(version.provenance, predicateType=MODEL_SIGNATURE)
    assert refusal(bundle(statement, alice), version, [alice.key]).exit_status == 3


def test_predicate_types_are_compared_exactly(version: Version, alice: Person) -> None:
    statement = restated(version.provenance, predicateType=PROVENANCE + "/")
    fact = verify(bundle(statement, alice), artefact=version.artefact, model=MODEL, keys=[alice.key])
    assert fact.claim is None  # kept, and no rule about provenance will ever see it


# --- model signatures ---------------------------------------------------------------------------------------------


def test_a_file_that_is_not_signed_is_refused(version: Version, alice: Person) -> None:
    files = {
        "config.json": (b"{}", JSON),
        "model.safetensors": (b"weights", SAFE),
        "adapter_config.json": (b"[]", JSON),
    }
    grown = Version.of(model_files(files))
    error = refusal(bundle(version.signature, alice), grown, [alice.key])
    assert (error.code, error.exit_status) == ("unsigned-file", 3)
    assert "adapter_config.json" in error.message


def test_a_signed_file_that_is_missing_is_refused(version: Version, alice: Person) -> None:
    shrunk = Version.of(model_files({"model.safetensors": (b"weights", SAFE)}))
    error = refusal(bundle(version.signature, alice), shrunk, [alice.key])
    assert (error.code, error.exit_status) == ("file-missing", 3)


def test_a_file_with_other_bytes_is_refused(version: Version, alice: Person) -> None:
    other = Version.of(model_files({"config.json": (b"{ }", JSON), "model.safetensors": (b"weights", SAFE)}))
    error = refusal(bundle(version.signature, alice), other, [alice.key])
    assert (error.code, error.exit_status) == ("digest-mismatch", 3)


def test_files_with_swapped_names_are_refused_though_the_root_is_the_same(alice: Person) -> None:
    """Threats row 32: renaming files in order keeps the OMS root digest."""
    honest = Version.of(model_files({"a.safetensors": (b"1", SAFE), "b.json": (b"2", JSON)}))
    renamed = Version.of(model_files({"a.safetensors": (b"1", SAFE), "dropper.py": (b"2", JSON)}))
    assert honest.manifest.oms_root == renamed.manifest.oms_root
    assert refusal(bundle(honest.signature, alice), renamed, [alice.key]).code == "unsigned-file"


def test_one_file_swapped_between_two_signed_models_is_refused(alice: Person) -> None:
    """Threats row 4: mix and match."""
    mixed = Version.of(model_files({"config.json": (b"B", JSON), "model.safetensors": (b"A", SAFE)}))
    for own in (b"A", b"B"):
        signed = Version.of(model_files({"config.json": (own, JSON), "model.safetensors": (own, SAFE)}))
        assert refusal(bundle(signed.signature, alice), mixed, [alice.key]).code == "digest-mismatch"


def test_an_empty_signature_fits_nothing(version: Version, alice: Person) -> None:
    """Threats row 31: an empty list verifies any folder in the reference implementation."""
    empty = restated(
        version.signature,
        subject=[{"name": "x", "digest": {"sha256": Digest.of(b"").hex}}],
        predicate={
            "resources": [],
            "serialization": {"method": "files", "hash_type": "sha256", "allow_symlinks": False, "ignore_paths": ["."]},
        },
    )
    error = refusal(bundle(empty, alice), version, [alice.key])
    assert error.exit_status == 3
    assert isinstance(error, MalformedEvidence)


def test_a_signed_ignore_list_hides_no_file(version: Version, alice: Person) -> None:
    """Threats row 10: the signer's ignore list is not the verifier's."""
    predicate = json.loads(version.signature.raw)["predicate"]
    predicate["serialization"]["ignore_paths"] = ["model.py"]
    statement = restated(version.signature, predicate=predicate)
    fact = verify(bundle(statement, alice), artefact=version.artefact, model=MODEL, keys=[alice.key])
    assert fact.statement.raw == statement.raw
    files = {"config.json": (b"{}", JSON), "model.safetensors": (b"weights", SAFE), "model.py": (b"import os", JSON)}
    planted = Version.of(model_files(files))
    assert refusal(bundle(statement, alice), planted, [alice.key]).code == "unsigned-file"


def test_a_signature_whose_subject_is_not_its_root_is_refused(version: Version, alice: Person) -> None:
    statement = restated(version.signature, subject=[{"name": "x", "digest": {"sha256": "0" * 64}}])
    assert refusal(bundle(statement, alice), version, [alice.key]).code == "root-mismatch"


def test_a_signature_with_a_second_subject_is_refused(version: Version, alice: Person) -> None:
    subject = json.loads(version.signature.raw)["subject"]
    assert (
        refusal(bundle(restated(version.signature, subject=subject * 2), alice), version, [alice.key]).exit_status == 3
    )


# --- all evidence of a version ------------------------------------------------------------------------------------


def judged(evidence: list[Evidence], version: Version, *people: Person) -> Any:
    return judge(evidence, artefact=version.artefact, model=MODEL, keys=[person.key for person in people])


def test_bad_evidence_spoils_nothing_but_itself(version: Version, alice: Person, mallory: Person) -> None:
    bad = [
        Evidence(raw=b"{", origin="garbage"),
        bundle(version.provenance, mallory),
        bundle(Version.of(about=training(inputs=())).provenance, mallory),
    ]
    outcome = judged([*bad, *version.evidence(alice)], version, alice)
    assert len(outcome.facts) == 4
    assert sorted(each.error.code for each in outcome.rejected) == [
        "malformed-evidence",
        "signer-not-trusted",
        "signer-not-trusted",
    ]


def test_rejected_evidence_says_what_it_claims_to_be(version: Version, alice: Person, mallory: Person) -> None:
    (rejected,) = judged([bundle(version.provenance, mallory)], version, alice).rejected
    assert rejected.predicate_type == PROVENANCE
    assert mallory.key.fingerprint.short in rejected.key_hint


def test_the_order_of_the_evidence_changes_nothing(version: Version, alice: Person, mallory: Person) -> None:
    evidence = [*version.evidence(alice), *version.evidence(mallory), Evidence(raw=b"x", origin="x")]
    there, back = judged(evidence, version, alice), judged(evidence[::-1], version, alice)
    assert there.facts == back.facts
    assert [(each.evidence, each.error.code) for each in there.rejected] == [
        (each.evidence, each.error.code) for each in back.rejected
    ]


def test_one_claim_in_several_bundles_counts_once(version: Version, alice: Person, mallory: Person) -> None:
    copies = [bundle(version.provenance, alice), bundle(version.provenance, alice), bundle(version.provenance, mallory)]
    assert copies[0].raw != copies[1].raw  # ECDSA signatures differ each time
    facts = judged(copies, version, alice, mallory).facts
    assert sorted(fact.signer.name for fact in facts) == ["alice", "mallory"]


def test_too_much_evidence_is_refused_whole(version: Version, alice: Person) -> None:
    flood = [Evidence(raw=str(number).encode(), origin="flood") for number in range(1_001)]
    with pytest.raises(MalformedEvidence) as caught:
        judged(flood, version, alice)
    assert caught.value.code == "too-much-evidence"


def test_facts_cannot_be_made_outside_the_verifier(version: Version, alice: Person) -> None:
    with pytest.raises(TypeError, match=r"attest\.verify"):
        Fact(statement=version.provenance, signer=alice.key, evidence=bundle(version.provenance, alice))


def test_an_artefact_without_files_is_covered_by_no_signature(version: Version, alice: Person) -> None:
    empty = artefact_of(model_files({"x.json": (b"1", JSON)}))
    bare = type(empty)(manifest=empty.manifest, files=())
    with pytest.raises(AttestError) as caught:
        verify(bundle(version.signature, alice), artefact=bare, model=MODEL, keys=[alice.key])
    assert caught.value.code == "file-missing"


def test_a_statement_is_never_written_again(version: Version, alice: Person) -> None:
    spelt = json.dumps(json.loads(version.provenance.raw), indent=3).encode()
    fact = verify(signed_payload(spelt, alice), artefact=version.artefact, model=MODEL, keys=[alice.key])
    assert fact.statement.raw == spelt
    assert Statement.parse(spelt).predicate == version.provenance.predicate
    assert STATEMENT_V1.encode() in spelt
    assert DATASET.name.encode() in spelt
