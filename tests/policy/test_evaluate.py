from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from attest.claims import mlbom, signature
from attest.claims.predicates import APPROVAL, COSIGN_SIGN, ML_BOM, MODEL_SIGNATURE, PROVENANCE, TEST_RESULT
from attest.claims.training import Input, Operation, Role, Source, Standing
from attest.errors import MalformedEvidence
from attest.evidence.evidence import Evidence
from attest.policy.document import policy_for_keys
from attest.policy.evaluate import evaluate
from attest.policy.requirements import (
    BOMDemand,
    ClaimDemand,
    FormatDemand,
    Identity,
    Lineage,
    LineageDemand,
    Policy,
    ProvenanceDemand,
    SourceState,
)
from attest.policy.verdict import Finding, Status, Verdict
from attest.verify.facts import Judged, Rejected
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from tests.verify.evidence import (
    DATASET,
    JSON,
    MODEL,
    NOW,
    PICKLE,
    SAFE,
    Person,
    Version,
    bundle,
    edited,
    model_files,
    restated,
    training,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.claims.training import Training

COMMIT = "41c9d2e" + "0" * 33
REPOSITORY = "git+https://git.example.com/acme/train"
CLEAN = Source(uri=REPOSITORY, commit=COMMIT, clean=True)


def judged(evidence: Sequence[Evidence], version: Version, *people: Person, model: str = MODEL) -> Judged:
    return judge(evidence, artefact=version.artefact, model=model, keys=[person.key for person in people])


def verdict(policy: Policy, outcome: Judged, version: Version, **values: Any) -> Verdict:
    arguments: dict[str, Any] = {
        "artefact": version.artefact,
        "reference": f"{MODEL}:1@{version.artefact.digest}",
        "now": NOW,
    }
    return evaluate(policy, outcome, **(arguments | values))


def by_key(evidence: Sequence[Evidence], version: Version, alice: Person, **values: Any) -> Verdict:
    policy = policy_for_keys([alice.key], allow_code=values.pop("allow_code", ()))
    return verdict(policy, judged(evidence, version, alice), version, **values)


def finding(found: Verdict, rule: str) -> Finding:
    (only,) = [each for each in found.findings if each.rule == rule]
    return only


def refused(found: Verdict, rule: str, code: str, *, exit_status: int = 1) -> Finding:
    """The finding that refuses; everything else about the verdict has to follow from it."""
    each = finding(found, rule)
    assert each.status is Status.FAILED
    assert (each.code, each.exit_status) == (code, exit_status)
    assert each.expected
    assert each.found
    assert not found.allowed
    assert found.exit_status >= exit_status
    return each


def own_policy(alice: Person, **values: Any) -> Policy:
    """A policy with every demand, for the tests to change one thing about."""
    defaults: dict[str, Any] = {
        "name": "team",
        "identities": {"ci": Identity(name="ci", keys=(alice.key,))},
        "digest": Digest.of(b"policy"),
        "signature": ClaimDemand(predicate_type=MODEL_SIGNATURE, by=("ci",)),
        "provenance": ProvenanceDemand(predicate_type=PROVENANCE, by=("ci",)),
        "ml_bom": BOMDemand(predicate_type=ML_BOM, by=("ci",), consistent=True),
        "formats": FormatDemand(),
    }
    return Policy(**(defaults | values))


def told(alice: Person, about: Training, policy: Policy) -> Verdict:
    """The verdict over a version whose publisher says `about`."""
    version = Version.of(about=about)
    return verdict(policy, judged(version.evidence(alice), version, alice), version)


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


# --- missing and foreign evidence ---------------------------------------------------------------------------------


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


# --- contradictions -----------------------------------------------------------------------------------------------


def test_an_ml_bom_that_contradicts_the_provenance_is_refused(version: Version, alice: Person) -> None:
    other = Input(role=Role.DATASET, name="transactions", standing=Standing.HASHED, digest=Digest.of(b"another"))
    stolen = Version.of(about=training(inputs=(other,)))
    evidence = [*version.evidence(alice)[:2], bundle(stolen.ml_bom, alice)]
    refused(by_key(evidence, version, alice), "ml-bom", "claims-disagree")


def test_of_two_ml_boms_both_have_to_hold(version: Version, alice: Person) -> None:
    other = Input(role=Role.DATASET, name="transactions", standing=Standing.HASHED, digest=Digest.of(b"another"))
    second = Version.of(about=training(inputs=(other,)))
    assert by_key(version.evidence(alice), version, alice).allowed
    for _ in range(6):  # each signing gives another digest, and so another order of the two
        evidence = [*version.evidence(alice), bundle(second.ml_bom, alice)]
        refused(by_key(evidence, version, alice), "ml-bom", "claims-disagree")


def test_a_second_ml_bom_cannot_call_a_pickle_text(alice: Person) -> None:
    files = {"model.safetensors": (b"weights", SAFE), "scaler.pkl": (b"\x80\x04", PICKLE)}
    honest = Version.of(model_files(files))
    harmless = Version.of(model_files(files | {"scaler.pkl": (b"\x80\x04", JSON)}))
    assert honest.artefact.digest == harmless.artefact.digest
    for _ in range(6):
        evidence = [*honest.evidence(alice), bundle(harmless.ml_bom, alice)]
        refused(by_key(evidence, honest, alice), "formats", "code-bearing-file")


# --- files --------------------------------------------------------------------------------------------------------


def test_a_code_bearing_file_is_refused_unless_it_is_named(alice: Person) -> None:
    files = {"model.safetensors": (b"weights", SAFE), "scaler.pkl": (b"\x80\x04", PICKLE)}
    version = Version.of(model_files(files))
    each = refused(by_key(version.evidence(alice), version, alice), "formats", "code-bearing-file")
    assert each.hint == "--allow-code scaler.pkl"
    assert each.found == "scaler.pkl (pickle)"
    named = by_key(version.evidence(alice), version, alice, allow_code=["scaler.pkl"])
    assert named.allowed
    assert finding(named, "formats").summary == "safetensors, pickle (scaler.pkl: named, can run code)"
    other = by_key(version.evidence(alice), version, alice, allow_code=["other.pkl"])
    refused(other, "formats", "code-bearing-file")


def test_every_code_bearing_file_is_shown_at_once(alice: Person) -> None:
    files = {name: (name.encode(), PICKLE) for name in ("a.pkl", "b.pkl", "c.pkl", "d.pkl")}
    version = Version.of(model_files({"model.safetensors": (b"w", SAFE), **files}))
    each = refused(by_key(version.evidence(alice), version, alice), "formats", "code-bearing-file")
    assert each.found == "a.pkl (pickle); b.pkl (pickle); c.pkl (pickle) (and 1 more)"
    assert str(each.hint).count("--allow-code") == 4


def test_a_kind_that_the_policy_does_not_list_is_refused(version: Version, alice: Person) -> None:
    from attest.model.manifest import FileKind

    policy = own_policy(alice, formats=FormatDemand(allow=(FileKind.SAFETENSORS,)))
    found = verdict(policy, judged(version.evidence(alice), version, alice), version)
    assert refused(found, "formats", "format-not-allowed").found == "config.json (json)"


def test_a_file_that_the_ml_bom_does_not_list_is_refused(alice: Person) -> None:
    files = {"config.json": (b"{}", JSON), "model.safetensors": (b"weights", SAFE)}
    version = Version.of(model_files(files))
    fewer = model_files({"model.safetensors": (b"weights", SAFE)})
    short = mlbom.build(
        training(),
        fewer,
        model=MODEL,
        manifest_digest=version.artefact.digest,
        oms_root=version.manifest.oms_root,
        timestamp="2026-11-20T21:04:05Z",
        serial="urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
    )
    evidence = [*version.evidence(alice)[:2], bundle(short, alice)]
    refused(by_key(evidence, version, alice), "formats", "file-not-in-bom")


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"config.json": (b"[]", JSON), "model.safetensors": (b"weights", SAFE)}, "digest-mismatch"),
        (
            {"config.json": (b"{}", JSON), "extra.json": (b"1", JSON), "model.safetensors": (b"weights", SAFE)},
            "file-missing",
        ),
    ],
)
def test_an_ml_bom_about_other_files_is_an_incident(files: Any, code: str, version: Version, alice: Person) -> None:
    other = mlbom.build(
        training(),
        model_files(files),
        model=MODEL,
        manifest_digest=version.artefact.digest,
        oms_root=version.manifest.oms_root,
        timestamp="2026-11-20T21:04:05Z",
        serial="urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
    )
    evidence = [*version.evidence(alice)[:2], bundle(other, alice)]
    refused(by_key(evidence, version, alice), "formats", code, exit_status=3)


# --- provenance and lineage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("demand", "code"),
    [
        ({"builders": ("https://ci.example/1",)}, "builder-not-accepted"),
        ({"operations": (Operation.DISTILL,)}, "operation-not-accepted"),
        ({"repositories": ("github.com/acme/train",)}, "source-not-accepted"),
        ({"clean": True}, "source-not-clean"),
    ],
)
def test_an_expectation_that_is_not_met_is_refused(
    demand: dict[str, Any], code: str, version: Version, alice: Person
) -> None:
    policy = own_policy(alice, provenance=ProvenanceDemand(predicate_type=PROVENANCE, by=("ci",), **demand))
    found = verdict(policy, judged(version.evidence(alice), version, alice), version)
    refused(found, "provenance", code)


def test_expectations_that_are_met_are_allowed(alice: Person) -> None:
    demand = ProvenanceDemand(
        predicate_type=PROVENANCE,
        by=("ci",),
        builders=("urn:attest:builders:local:v1",),
        operations=(Operation.TRAIN,),
        repositories=("git.example.com/acme/train.git",),
        clean=True,
    )
    assert told(alice, training(source=CLEAN), own_policy(alice, provenance=demand)).allowed


@pytest.mark.parametrize("source", [None, Source(uri=REPOSITORY), Source(uri=REPOSITORY, commit=COMMIT)])
def test_a_source_that_nobody_stated_is_not_clean(source: Source | None, alice: Person) -> None:
    policy = own_policy(alice, lineage=LineageDemand(source=SourceState.CLEAN))
    code = "source-not-clean" if source is not None and source.commit else "source-unknown"
    refused(told(alice, training(source=source), policy), "lineage", code)


def test_a_dirty_source_is_known_but_not_clean(alice: Person) -> None:
    assert told(alice, training(), own_policy(alice, lineage=LineageDemand(source=SourceState.KNOWN))).allowed
    refused(
        told(alice, training(), own_policy(alice, lineage=LineageDemand(source=SourceState.CLEAN))),
        "lineage",
        "source-not-clean",
    )


def test_an_unknown_dataset_is_refused_where_datasets_have_to_be_known(alice: Person) -> None:
    legacy = Input(role=Role.DATASET, name="legacy", standing=Standing.UNKNOWN)
    about = training(inputs=(DATASET, legacy))
    policy = own_policy(alice, lineage=LineageDemand(inputs={Role.DATASET: Lineage.KNOWN}))
    each = refused(told(alice, about, policy), "lineage", "lineage-unknown")
    assert each.found == "datasets: legacy of unknown origin"
    assert told(alice, about, own_policy(alice)).allowed


@pytest.mark.parametrize(
    ("operation", "inputs", "role"),
    [
        (Operation.TRAIN, (), Role.DATASET),
        (Operation.FINE_TUNE, (DATASET,), Role.BASE_MODEL),
        (Operation.DISTILL, (DATASET,), Role.TEACHER_MODEL),
        (Operation.QUANTIZE, (), Role.BASE_MODEL),
        (Operation.UNSPECIFIED, (), Role.DATASET),
        (Operation.UNSPECIFIED, (), Role.TEACHER_MODEL),
    ],
)
def test_silence_about_what_an_operation_needs_is_refused(
    operation: Operation, inputs: tuple[Input, ...], role: Role, alice: Person
) -> None:
    policy = own_policy(alice, lineage=LineageDemand(inputs={role: Lineage.KNOWN}))
    refused(told(alice, training(operation=operation, inputs=inputs), policy), "lineage", "lineage-unknown")


def test_known_lineage_is_allowed_and_counted(alice: Person) -> None:
    policy = own_policy(
        alice,
        lineage=LineageDemand(
            inputs={Role.DATASET: Lineage.KNOWN, Role.BASE_MODEL: Lineage.KNOWN}, source=SourceState.CLEAN
        ),
    )
    found = told(alice, training(source=CLEAN), policy)
    assert found.allowed
    assert finding(found, "lineage").summary == "datasets known (1), base-model none, source clean"


# --- other claims -------------------------------------------------------------------------------------------------


def claim(version: Version, predicate_type: str, predicate: dict[str, Any], by: Person) -> Any:
    own = {"by": {"key": {"sha256": by.key.fingerprint.hex}}} if predicate_type == APPROVAL else {}
    return restated(version.cosign, predicateType=predicate_type, predicate=own | predicate)


def test_a_demanded_claim_has_to_be_there(version: Version, alice: Person) -> None:
    policy = own_policy(alice, claims=(ClaimDemand(predicate_type=TEST_RESULT, by=("ci",)),))
    refused(verdict(policy, judged(version.evidence(alice), version, alice), version), "claims", "evidence-missing")
    passed = bundle(claim(version, TEST_RESULT, {"result": "PASSED", "configuration": []}, alice), alice)
    assert verdict(policy, judged([*version.evidence(alice), passed], version, alice), version).allowed


@pytest.mark.parametrize(
    ("predicate_type", "predicate"),
    [
        (TEST_RESULT, {"result": "FAILED"}),
        (TEST_RESULT, {"result": "WARNED"}),
        (TEST_RESULT, {}),
        (APPROVAL, {"decision": "reject"}),
        (APPROVAL, {"decision": ["approve"]}),
    ],
)
def test_a_claim_that_says_no_does_not_count_as_yes(
    predicate_type: str, predicate: dict[str, Any], version: Version, alice: Person
) -> None:
    policy = own_policy(alice, claims=(ClaimDemand(predicate_type=predicate_type, by=("ci",)),))
    evidence = [*version.evidence(alice), bundle(claim(version, predicate_type, predicate, alice), alice)]
    refused(verdict(policy, judged(evidence, version, alice), version), "claims", "claim-negative")


def test_a_later_yes_does_not_hide_a_no(version: Version, alice: Person) -> None:
    policy = own_policy(alice, claims=(ClaimDemand(predicate_type=APPROVAL, by=("ci",)),))
    both = [bundle(claim(version, APPROVAL, {"decision": word}, alice), alice) for word in ("approve", "reject")]
    refused(
        verdict(policy, judged([*version.evidence(alice), *both], version, alice), version), "claims", "claim-negative"
    )


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


def test_formats_without_an_ml_bom_to_read_them_from_are_unknown_and_so_not_allowed(
    version: Version, alice: Person
) -> None:
    found = verdict(own_policy(alice, ml_bom=None), judged(version.evidence(alice), version, alice), version)
    assert finding(found, "formats").status is Status.UNKNOWN
    assert (found.word, found.exit_status) == ("UNDECIDED", 1)
