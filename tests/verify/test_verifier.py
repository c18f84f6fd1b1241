"""Evidence by trusted keys becomes facts, and whatever else lies beside it spoils none of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from attest.claims.mlbom import MLBOM
from attest.claims.predicates import PROVENANCE, STATEMENT_V1
from attest.claims.provenance import Provenance
from attest.claims.signature import ModelSignature
from attest.claims.statement import Statement
from attest.errors import AttestError, MalformedEvidence
from attest.evidence.evidence import Evidence
from attest.signing.fingerprint import cosign_hint
from attest.signing.signer import KeySigner
from attest.trust.identity import TrustedKey
from attest.verify.facts import Fact
from attest.verify.verifier import judge, verify
from tests.verify.evidence import (
    DATASET,
    JSON,
    MODEL,
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
from tests.verify.key_refusal import refusal

# --- honest evidence ----------------------------------------------------------------------------------------------


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
