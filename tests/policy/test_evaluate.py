"""A version judged as a whole: in the words of the transcript, whatever its reference, its time, or a part of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from attest.claims import signature
from attest.claims.predicates import COSIGN_SIGN, ML_BOM, MODEL_SIGNATURE, PROVENANCE
from attest.evidence.evidence import Evidence
from attest.policy.document import policy_for_keys
from attest.policy.verdict import Status
from attest.verify.facts import Judged
from attest_registry.digest import Digest
from tests.policy.verdicts import by_key, finding, judged, own_policy, refused, verdict
from tests.verify.evidence import DATASET, MODEL, NOW, Person, Version, bundle

# --- the honest case ----------------------------------------------------------------------------------------------


def test_an_honest_version_is_allowed_in_the_words_of_the_transcript(version: Version, alice: Person) -> None:
    found = by_key(version.evidence(alice), version, alice)
    assert found.word == "ALLOWED"
    assert found.exit_status == 0
    assert found.policy_name == "--key alice.pub"
    assert [(each.rule, each.status.value, each.summary) for each in found.findings] == [
        ("reference", "passed", "version 1 of acme/credit-risk"),
        ("signature", "passed", "model signature over 2 files"),
        ("provenance", "passed", f"git 41c9d2e, not clean; dataset transactions {DATASET.digest.short}"),  # type: ignore[union-attr]
        ("ml-bom", "passed", "CycloneDX 1.6, agrees with the provenance"),
        ("formats", "passed", "safetensors, json"),
        ("bytes", "not-reached", "not read (pull, load and exec check every byte; here: --full)"),
        ("time", "not-reached", "2026-11-20 21:04 UTC, claimed by the signer, not proven"),
    ]
    assert finding(found, "signature").signer == f"key {alice.key.fingerprint.short} (alice.pub)"


def test_the_verdict_is_the_same_whatever_the_order_of_the_evidence(version: Version, alice: Person) -> None:
    evidence = [*version.evidence(alice), Evidence(raw=b"{", origin="x")]
    assert by_key(evidence, version, alice).to_json() == by_key(evidence[::-1], version, alice).to_json()


def test_bad_evidence_beside_good_does_not_decide(version: Version, alice: Person, mallory: Person) -> None:
    evidence = [*version.evidence(alice), *version.evidence(mallory), Evidence(raw=b"{", origin="x")]
    assert by_key(evidence, version, alice).allowed


# --- reference, time and the whole --------------------------------------------------------------------------------


def test_a_reference_to_another_digest_is_an_incident(version: Version, alice: Person) -> None:
    other = Digest.of(b"other")
    found = by_key(version.evidence(alice), version, alice, reference=f"{MODEL}@{other}")
    refused(found, "reference", "digest-mismatch", exit_status=3)


@pytest.mark.parametrize(
    ("reference", "status", "summary"),
    [
        ("ghcr.io/acme/x:1.4.0", Status.PASSED, "label 1.4.0 of ghcr.io/acme/x"),
        ("acme/x", Status.PASSED, "a version of acme/x, named by its digest"),
        ("./folder", Status.NOT_APPLICABLE, "./folder"),
    ],
)
def test_references_are_said_in_words(
    reference: str, status: Status, summary: str, version: Version, alice: Person
) -> None:
    each = finding(by_key(version.evidence(alice), version, alice, reference=reference), "reference")
    assert (each.status, each.summary) == (status, summary)


def test_a_claimed_time_in_the_future_is_said_and_proves_nothing(version: Version, alice: Person) -> None:
    found = by_key(version.evidence(alice), version, alice, now=NOW - timedelta(days=1))
    assert finding(found, "time").summary == "2026-11-20 21:04 UTC, in the future, claimed by the signer, not proven"
    assert finding(by_key([], version, alice), "time").summary == "not claimed by the signer, not proven"


def test_a_policy_that_names_nobody_allows_nothing(version: Version, alice: Person) -> None:
    from attest.policy.document import load_shipped

    found = verdict(load_shipped("key"), judged(version.evidence(alice), version), version)
    assert not found.allowed
    refused(found, "signature", "signer-not-trusted")


def test_a_reference_that_passes_is_no_judgement(version: Version, alice: Person) -> None:
    policy = own_policy(alice, provenance=None, ml_bom=None, formats=None)
    assert not verdict(policy, judged([], version, alice), version).allowed


PIECES = (MODEL_SIGNATURE, PROVENANCE, ML_BOM, COSIGN_SIGN)


@given(kept=st.sets(st.sampled_from(PIECES)))
@settings(max_examples=16, deadline=None)
def test_taking_evidence_away_never_allows_more(kept: set[str]) -> None:
    alice = Person.named("alice.pub")
    version = Version.of()
    evidence = [each for each in version.evidence(alice) if each.origin in kept]
    assert by_key(evidence, version, alice).allowed == (kept >= set(PIECES[:3]))


def test_the_model_signature_alone_binds_the_files(alice: Person) -> None:
    version = Version.of()
    policy = own_policy(alice, provenance=None, ml_bom=None, formats=None)
    evidence = [bundle(signature.build(version.manifest, name=MODEL), alice)]
    assert verdict(policy, judged(evidence, version, alice), version).allowed


def test_the_model_signature_alone_binds_the_name(alice: Person) -> None:
    """A store that gives another model of the same signer out under this name (docs/threats.md row 70)."""
    other = Version.of(model="acme/toxicity")
    policy = own_policy(alice, provenance=None, ml_bom=None, formats=None)
    found = verdict(policy, judged(other.evidence(alice), other, alice), other)
    assert not found.allowed
    assert finding(found, "signature").code == "name-mismatch"


@pytest.mark.parametrize("text", ["yesterday", "2026-11-20T21:04:00", "", "0001-01-01T00:00:00+23:59"])
def test_a_time_that_cannot_be_read_in_one_way_is_not_shown(text: str, version: Version, alice: Person) -> None:
    facts = judged(version.evidence(alice), version, alice).facts
    spoilt = Judged(facts=tuple(replace(fact, claimed_time=text) for fact in facts), rejected=())
    found = verdict(policy_for_keys([alice.key]), spoilt, version)
    assert finding(found, "time").summary == "not claimed by the signer, not proven"
