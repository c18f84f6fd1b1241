"""Evidence that is missing, or that is somebody else's, another version's or damaged, refuses by its own code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from attest.claims.predicates import COSIGN_SIGN, MODEL_SIGNATURE, PROVENANCE
from attest.errors import MalformedEvidence
from attest.evidence.evidence import Evidence
from attest.policy.document import policy_for_keys
from attest.policy.requirements import Identity
from attest.policy.verdict import Status
from attest.verify.facts import Judged, Rejected
from tests.policy.verdicts import by_key, finding, judged, own_policy, refused, verdict
from tests.verify.evidence import JSON, SAFE, Person, Version, bundle, edited, model_files


def test_without_evidence_every_rule_that_needs_it_fails(version: Version, alice: Person) -> None:
    found = by_key([], version, alice)
    for rule in ("signature", "provenance", "ml-bom"):
        assert refused(found, rule, "evidence-missing").found == "none signed"
    assert found.word == "DENIED"
    assert found.exit_status == 1
    assert finding(found, "formats").status is Status.NOT_REACHED


@pytest.mark.parametrize(
    ("left_out", "rule"), [("signature", "signature"), ("provenance", "provenance"), ("ml_bom", "ml-bom")]
)
def test_each_required_claim_is_missed(left_out: str, rule: str, version: Version, alice: Person) -> None:
    gone = getattr(version, left_out).predicate_type
    found = by_key([each for each in version.evidence(alice) if each.origin != gone], version, alice)
    refused(found, rule, "evidence-missing")
    assert found.exit_status == 1


def test_evidence_by_somebody_else_is_named_as_that(version: Version, alice: Person, mallory: Person) -> None:
    found = by_key(version.evidence(mallory), version, alice)
    each = refused(found, "signature", "signer-not-trusted")
    assert alice.key.fingerprint.short in str(each.expected)
    assert "PEM digest" in str(each.found)  # model_signing's hint says nothing about our form of fingerprint
    assert mallory.key.fingerprint.short in str(finding(found, "provenance").found)
    assert (found.word, found.exit_status) == ("DENIED", 1)


def test_a_trusted_identity_that_the_rule_does_not_name_is_refused(
    version: Version, alice: Person, mallory: Person
) -> None:
    policy = own_policy(
        alice,
        identities={
            "ci": Identity(name="ci", keys=(alice.key,)),
            "evaluator": Identity(name="evaluator", keys=(mallory.key,)),
        },
    )
    found = verdict(policy, judged(version.evidence(mallory), version, alice, mallory), version)
    each = refused(found, "signature", "signer-not-trusted")
    assert each.expected == f"model signature by ci (key {alice.key.fingerprint.short})"
    assert each.found == f"model signature by evaluator (key {mallory.key.fingerprint.short})"


def test_a_borrowed_name_on_a_foreign_key_is_not_believed(version: Version, alice: Person, mallory: Person) -> None:
    """Facts are matched by fingerprint: what a key is called where it was loaded counts for nothing."""
    impostor = Person(signer=mallory.signer, key=replace(mallory.key, name=alice.key.name))
    found = verdict(own_policy(alice), judged(version.evidence(impostor), version, impostor), version)
    refused(found, "signature", "signer-not-trusted")


def test_one_of_three_claims_by_somebody_else_is_enough_to_refuse(
    version: Version, alice: Person, mallory: Person
) -> None:
    evidence = [bundle(version.signature, alice), bundle(version.provenance, mallory), bundle(version.ml_bom, alice)]
    found = by_key(evidence, version, alice)
    refused(found, "provenance", "signer-not-trusted")
    assert finding(found, "signature").status is Status.PASSED


@pytest.mark.parametrize(
    ("other", "rule", "code"),
    [
        ("provenance", "provenance", "subject-mismatch"),
        ("ml_bom", "ml-bom", "subject-mismatch"),
        ("signature", "signature", "digest-mismatch"),
    ],
)
def test_swapped_evidence_is_an_incident(other: str, rule: str, code: str, version: Version, alice: Person) -> None:
    files = {"config.json": (b"{}", JSON), "model.safetensors": (b"others", SAFE)}
    stolen = getattr(Version.of(model_files(files)), other)
    kept = [each for each in version.evidence(alice) if each.origin != stolen.predicate_type]
    found = by_key([*kept, bundle(stolen, alice)], version, alice)
    refused(found, rule, code, exit_status=3)
    assert (found.word, found.exit_status) == ("TAMPERED", 3)


def test_evidence_of_another_model_name_is_an_incident(version: Version, alice: Person) -> None:
    copied = Version.of(model="acme/other")
    found = by_key([*copied.evidence(alice)], copied, alice)
    refused(found, "provenance", "name-mismatch", exit_status=3)
    refused(found, "ml-bom", "name-mismatch", exit_status=3)


def test_an_invalid_signature_is_an_incident_though_a_stranger_signed_one_too(
    version: Version, alice: Person, mallory: Person
) -> None:
    def change(document: dict[str, Any]) -> None:
        other = json.loads(bundle(version.provenance, mallory).raw)["dsseEnvelope"]["signatures"][0]["sig"]
        document["dsseEnvelope"]["signatures"][0]["sig"] = other

    forged = edited(bundle(version.provenance, alice), change)
    kept = [each for each in version.evidence(alice) if each.origin != PROVENANCE]
    found = by_key([*kept, forged, bundle(version.provenance, mallory)], version, alice)
    each = refused(found, "provenance", "signature-invalid", exit_status=3)
    assert "1 more" in str(each.found)


def test_evidence_that_cannot_be_read_explains_what_is_missing(version: Version, alice: Person) -> None:
    kept = [each for each in version.evidence(alice) if each.origin != PROVENANCE]
    found = by_key([*kept, Evidence(raw=b"{", origin="x")], version, alice)
    refused(found, "provenance", "malformed-evidence", exit_status=3)


def test_damage_found_by_the_collector_counts_where_evidence_is_missing(version: Version, alice: Person) -> None:
    damaged = Rejected(
        evidence=Evidence(raw=b"", origin="sha256:00"), error=MalformedEvidence("damaged", code="digest-mismatch")
    )
    complete = judged(version.evidence(alice), version, alice)
    assert verdict(policy_for_keys([alice.key]), Judged(facts=complete.facts, rejected=(damaged,)), version).allowed
    found = verdict(policy_for_keys([alice.key]), Judged(facts=(), rejected=(damaged,)), version)
    refused(found, "signature", "digest-mismatch", exit_status=3)


def test_a_certificate_bundle_in_key_mode_is_refused_by_name(version: Version, alice: Person) -> None:
    def swap(document: dict[str, Any]) -> None:
        document["verificationMaterial"] = {"certificate": {"rawBytes": "REVS"}, "tlogEntries": []}

    evidence = [edited(each, swap) for each in version.evidence(alice)]
    found = by_key(evidence, version, alice)
    refused(found, "signature", "certificate-unsupported")
    assert found.exit_status == 1


def test_cosigns_claim_is_no_model_signature(version: Version, alice: Person) -> None:
    kept = [each for each in version.evidence(alice) if each.origin != MODEL_SIGNATURE]
    assert COSIGN_SIGN in {each.origin for each in kept}
    refused(by_key(kept, version, alice), "signature", "evidence-missing")
