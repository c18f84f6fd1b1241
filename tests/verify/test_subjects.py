"""What a claim is about: this version under this name, by a signer whom it names, and of exactly its type."""

from __future__ import annotations

import pytest

from attest.claims.predicates import APPROVAL, MODEL_SIGNATURE, PROVENANCE
from attest.verify.verifier import verify
from tests.verify.evidence import MODEL, SAFE, Person, Version, bundle, model_files, restated
from tests.verify.key_refusal import refusal


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
