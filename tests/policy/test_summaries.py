"""A fresh verdict in place of the evaluation: accepted only as the policy says; in all other cases all is evaluated."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from attest.claims import vsa
from attest.claims.predicates import VERIFICATION_SUMMARY
from attest.errors import PolicyError
from attest.evidence.evidence import Evidence
from attest.policy import durations
from attest.policy.document import load_policy
from attest.policy.evaluate import evaluate
from attest.policy.explain import sentences
from attest.policy.requirements import Policy
from attest.policy.summaries import SummaryDemand
from attest.policy.verdict import Finding, Status, Verdict
from attest.trust.managed_key import ManagedKey, TimeDemand
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from tests.verify.evidence import MODEL, NOW, Person, Version, bundle, restated
from tests.verify.private_authority import NOON
from tests.verify.private_sigstore import PrivateSigstore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from attest.trust.signatory import Signatory

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
GATE, OTHER = Person.named("gate.pub"), Person.named("other.pub")
ALICE, VERSION = Person.named("alice.pub"), Version.of()
ELSEWHERE = Digest.of(b"another policy")


def policy_with(gate: Signatory = GATE.key, **values: Any) -> Policy:
    """What `alice` has to have signed, or `gate` judged."""
    from attest.policy.requirements import ClaimDemand, Identity

    people = {
        "alice": Identity(name="alice", keys=(ALICE.key,)),
        "gate": Identity(name="gate", keys=(gate,)),
        "other": Identity(name="other", keys=(OTHER.key,)),
    }
    demand = SummaryDemand(
        **({"predicate_type": VERIFICATION_SUMMARY, "by": ("gate",), "max_age": DAY} | values)  # type: ignore[arg-type]
    )
    signature = ClaimDemand(predicate_type="https://model_signing/signature/v1.0", by=("alice",))
    return Policy(name="serving", identities=people, digest=Digest.of(b"serving"), signature=signature, summary=demand)


POLICY = policy_with()


def summary(**changes: Any) -> vsa.Summary:
    said = vsa.Summary(
        verifier="urn:attest:verifier:gate",
        verified=NOW - 10 * MINUTE,
        resource=vsa.resource_uri(MODEL, VERSION.artefact.digest),
        policy_uri="urn:attest:policy:serving",
        policy_digest=POLICY.digest,
        passed=True,
        levels=(vsa.UNEVALUATED,),
    )
    return replace(said, **changes)


def verdict_by(person: Person = GATE, **changes: Any) -> Evidence:
    return bundle(vsa.build(summary(**changes), model=MODEL, manifest_digest=VERSION.artefact.digest), person)


def judged(evidence: Sequence[Evidence], policy: Policy = POLICY, *, now: datetime = NOW) -> Verdict:
    outcome = judge(evidence, artefact=VERSION.artefact, model=MODEL, keys=policy.keys)
    return evaluate(policy, outcome, artefact=VERSION.artefact, reference=f"{MODEL}:1", now=now)


def about_it(verdict: Verdict) -> Finding:
    (found,) = [finding for finding in verdict.findings if finding.rule == "vsa"]
    return found


def test_a_fresh_verdict_stands_in_and_the_finding_says_so() -> None:
    evidence = verdict_by()
    verdict = judged([evidence])
    found = about_it(verdict)
    assert verdict.allowed
    assert found.evidence == evidence.digest
    assert found.status is Status.PASSED
    assert found.summary == "passed this policy 10 minutes ago, by a signed verdict; not evaluated again"
    assert found.signer is not None
    assert found.signer.startswith("gate ")
    assert [finding.rule for finding in verdict.findings] == ["reference", "vsa", "bytes", "time"]
    assert "2026-11-20 21:50 UTC, claimed by the signer" in verdict.findings[-1].summary


def test_a_reference_to_another_digest_is_still_an_incident() -> None:
    outcome = judge([verdict_by()], artefact=VERSION.artefact, model=MODEL, keys=POLICY.keys)
    wrong = f"{MODEL}:1@{Digest.of(b'wrong')}"
    verdict = evaluate(POLICY, outcome, artefact=VERSION.artefact, reference=wrong, now=NOW)
    assert (verdict.allowed, verdict.exit_status) == (False, 3)


def test_without_any_verdict_all_is_evaluated() -> None:
    verdict = judged(VERSION.evidence(ALICE))
    assert verdict.allowed
    assert about_it(verdict).status is Status.NOT_APPLICABLE
    assert about_it(verdict).code == "evidence-missing"
    assert not judged([]).allowed
    assert judged([]).hints == ()


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("claim-negative", {"passed": False}),
    ("verdict-stale", {"verified": NOW - DAY - MINUTE}),
    ("verdict-time", {"verified": NOW + 6 * MINUTE}),
    ("verdict-other-policy", {"policy_digest": ELSEWHERE}),
    ("verdict-other-resource", {"resource": vsa.resource_uri("acme/other", VERSION.artefact.digest)}),
    ("verdict-other-resource", {"resource": vsa.resource_uri(MODEL, Digest.of(b"other version"))}),
    ("verdict-other-resource", {"resource": "https://example.com/models/credit-risk"}),
]


@pytest.mark.parametrize(("code", "changes"), REFUSED, ids=str)
def test_a_verdict_that_does_not_fit_stands_in_for_nothing(code: str, changes: dict[str, Any]) -> None:
    verdict = judged([verdict_by(**changes)])
    found = about_it(verdict)
    assert (verdict.allowed, found.status, found.code) == (False, Status.NOT_APPLICABLE, code)
    assert found.summary.startswith("no verdict stands in, so all was evaluated: ")
    (failed,) = [finding for finding in verdict.findings if finding.stands_in_the_way]
    assert (failed.rule, failed.code) == ("signature", "evidence-missing")
    assert judged([verdict_by(**changes), *VERSION.evidence(ALICE)]).allowed  # it refuses nothing either


@pytest.mark.parametrize("person", [OTHER, ALICE, Person.named("stranger")], ids=["named", "publisher", "stranger"])
def test_a_verdict_by_anybody_else_stands_in_for_nothing(person: Person) -> None:
    verdict = judged([verdict_by(person)])
    assert not verdict.allowed
    assert about_it(verdict).code == "signer-not-trusted"


def test_a_verdict_about_another_version_or_name_is_no_evidence_here() -> None:
    for model, digest in ((MODEL, Digest.of(b"other")), ("acme/other", VERSION.artefact.digest)):
        foreign = bundle(vsa.build(summary(), model=model, manifest_digest=digest), GATE)
        verdict = judged([foreign])
        assert not verdict.allowed
        assert about_it(verdict).code in {"subject-mismatch", "name-mismatch"}


def test_a_verdict_without_the_digest_of_its_policy_stands_in_for_nothing() -> None:
    said = vsa.build(summary(), model=MODEL, manifest_digest=VERSION.artefact.digest)
    predicate = dict(said.predicate) | {"policy": {"uri": "urn:attest:policy:serving"}}
    verdict = judged([bundle(restated(said, predicate=predicate), GATE)])
    assert not verdict.allowed
    assert about_it(verdict).code == "verdict-other-policy"


def test_a_verdict_that_cannot_be_read_stands_in_for_nothing() -> None:
    said = vsa.build(summary(), model=MODEL, manifest_digest=VERSION.artefact.digest)
    spoilt = restated(said, predicate=dict(said.predicate) | {"verificationResult": "ok"})
    verdict = judged([bundle(spoilt, GATE)])
    assert not verdict.allowed
    assert about_it(verdict).code == "malformed-evidence"


def test_the_newest_verdict_decides() -> None:
    older: dict[str, Any]
    newer: dict[str, Any]
    older, newer = {"verified": NOW - 20 * MINUTE}, {"verified": NOW - MINUTE}
    assert not judged([verdict_by(**older), verdict_by(passed=False, **newer)]).allowed
    assert judged([verdict_by(passed=False, **older), verdict_by(**newer)]).allowed
    assert not judged([verdict_by(), verdict_by(passed=False)]).allowed  # of one moment, the one that says no


def test_one_under_another_policy_takes_nothing_from_the_right_one() -> None:
    other = verdict_by(policy_digest=ELSEWHERE, passed=False, verified=NOW)
    assert judged([verdict_by(), other]).allowed


def test_a_policy_can_name_the_digest_and_the_verifier() -> None:
    named = policy_with(policy=ELSEWHERE, verifiers=("urn:attest:verifier:gate",))
    assert judged([verdict_by(policy_digest=ELSEWHERE)], named).allowed
    same = judged([verdict_by()], named)
    assert (same.allowed, about_it(same).code) == (False, "verdict-other-policy")
    other = judged([verdict_by(policy_digest=ELSEWHERE, verifier="urn:somebody")], named)
    assert (other.allowed, about_it(other).code) == (False, "verdict-other-verifier")


def test_its_last_moment_counts() -> None:
    assert judged([verdict_by(verified=NOW - DAY)]).allowed
    assert not judged([verdict_by(verified=NOW - DAY)], now=NOW + timedelta(seconds=1)).allowed


# --- what nothing stands in for -----------------------------------------------------------------------------------


def test_what_is_denied_is_denied_under_a_fresh_verdict(tmp_path: Path) -> None:
    """Row of the deny list: the version itself, or the verifier whose key was found by somebody."""
    _write_keys(tmp_path)
    digest, gate = VERSION.artefact.digest, GATE.key.fingerprint
    text = 'since: 2026-11-01, reason: "found by somebody"'
    assert judged([verdict_by()], written(tmp_path, _SAME)).allowed
    for denied, code in (
        (f"manifest: '{digest}', scope: self", "version-revoked"),
        (f"key: '{gate}'", "signer-revoked"),
    ):
        verdict = judged([verdict_by()], written(tmp_path, f"{_SAME}\ndeny: [{{{denied}, {text}}}]"))
        assert not verdict.allowed
        assert code in {finding.code for finding in verdict.findings}


_SAME = f"vsa: {{by: [gate], policy: '{POLICY.digest}', max-age: 24h}}"


def _write_keys(folder: Path) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    for name, person in (("alice", ALICE), ("gate", GATE)):
        pem = person.signer.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / f"{name}.pub").write_bytes(pem)


# --- proven times -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def instance() -> PrivateSigstore:
    return PrivateSigstore()


def stamped(instance: PrivateSigstore, at: datetime, **changes: Any) -> Evidence:
    said = vsa.build(summary(**changes), model=MODEL, manifest_digest=VERSION.artefact.digest)
    found = instance.key_bundle(GATE.signer.private_key, payload=said.raw, stamps=(at,))  # type: ignore[arg-type]
    return Evidence(raw=json.dumps(found).encode(), origin="stamped")


@pytest.mark.parametrize(
    ("verified", "stamp", "now", "code"),
    [
        (NOON, NOON, NOON + 10 * MINUTE, None),
        (NOON - 2 * MINUTE, NOON, NOON + 10 * MINUTE, None),
        (NOON + 3 * MINUTE, NOON, NOON + 10 * MINUTE, None),  # clocks differ a little
        (NOON + 20 * MINUTE, NOON, NOON + 30 * MINUTE, "verdict-time"),  # said to be newer than it is
        (NOON - 2 * DAY, NOON, NOON, "verdict-stale"),  # stamping it again makes nothing fresh
        (NOON + 4 * MINUTE, NOON, NOON + DAY + 2 * MINUTE, "verdict-stale"),  # counted from the earlier of the two
    ],
)
def test_its_age_is_held_against_a_proven_time(
    instance: PrivateSigstore, verified: datetime, stamp: datetime, now: datetime, code: str | None
) -> None:
    gate = ManagedKey(key=GATE.key, root=instance.root(), time=TimeDemand.REQUIRED)
    verdict = judged([stamped(instance, stamp, verified=verified)], policy_with(gate), now=now)
    assert (verdict.allowed, about_it(verdict).code) == (code is None, code)
    if code is None:
        assert verdict.proven_time is not None
        assert verdict.proven_time.moment == stamp


def test_where_a_proven_time_is_demanded_one_without_stands_in_for_nothing(instance: PrivateSigstore) -> None:
    gate = ManagedKey(key=GATE.key, root=instance.root(), time=TimeDemand.REQUIRED)
    verdict = judged([verdict_by(verified=NOON)], policy_with(gate), now=NOON)
    assert not verdict.allowed
    assert about_it(verdict).code == "time-missing"


# --- written ------------------------------------------------------------------------------------------------------


def written(folder: Path, vsa_key: str) -> Policy:
    from attest.signing.keyfile import generate

    for name in ("alice", "gate"):
        if not (folder / f"{name}.pub").exists():
            generate(folder / f"{name}.key", folder / f"{name}.pub", passphrase=None)
    (folder / "policy.yaml").write_text(
        "apiVersion: attest/v1\nkind: Policy\nname: serving\n"
        "identities: {alice: {key: alice.pub}, gate: {key: gate.pub}}\n"
        f"require: {{signature: {{by: [alice]}}}}\nformats: any\n{vsa_key}\n"
    )
    return load_policy(folder / "policy.yaml")


def test_a_policy_that_says_so_is_read_and_explained(tmp_path: Path) -> None:
    policy = written(tmp_path, "vsa: {by: [gate], policy: same, max-age: 24h, verifier: 'urn:gate'}")
    assert policy.summary == SummaryDemand(
        predicate_type=VERIFICATION_SUMMARY, by=("gate",), max_age=DAY, verifiers=("urn:gate",)
    )
    (sentence,) = [text for text in sentences(policy) if "verdict" in text]
    assert sentence == (
        'or, instead of all that, there is a verdict that it passed this very policy, signed by "gate" as urn:gate, '
        "at most 24 hours old"
    )
    assert policy.digest != written(tmp_path, "").digest


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("vsa: {by: [gate], policy: same}", "policy-missing-key"),
        ("vsa: {by: [gate], max-age: 1h}", "policy-missing-key"),
        ("vsa: {policy: same, max-age: 1h}", "policy-missing-key"),
        ("vsa: {by: [], policy: same, max-age: 1h}", "policy-empty-list"),
        ("vsa: {by: [mallory], policy: same, max-age: 1h}", "policy-unknown-identity"),
        ("vsa: {by: [gate], policy: any, max-age: 1h}", "policy-unknown-word"),
        ("vsa: {by: [gate], policy: 'sha256:00', max-age: 1h}", "policy-unknown-word"),
        ("vsa: {by: [gate], policy: same, max-age: 0h}", "policy-bad-duration"),
        ("vsa: {by: [gate], policy: same, max-age: 1 hour}", "policy-bad-duration"),
        ("vsa: {by: [gate], policy: same, max-age: 60}", "policy-bad-duration"),
        ("vsa: {by: [gate], policy: same, max-age: 1h, fresh: true}", "policy-unknown-key"),
        ("vsa: gate", "policy-wrong-type"),
    ],
)
def test_a_key_that_is_not_sound_is_refused(key: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        written(tmp_path, key)
    assert caught.value.code == code


def test_lengths_of_time_are_said_in_the_largest_unit_that_fits_twice() -> None:
    said = [durations.in_words(length) for length in (MINUTE, 90 * MINUTE, 180 * MINUTE, DAY, 3 * DAY, -DAY)]
    assert said == ["1 minute", "90 minutes", "3 hours", "24 hours", "3 days", "0 minutes"]


# --- properties ---------------------------------------------------------------------------------------------------

POOL = [
    *VERSION.evidence(ALICE)[:1],
    verdict_by(),
    verdict_by(OTHER),
    verdict_by(policy_digest=ELSEWHERE),
    verdict_by(verified=NOW - 3 * DAY),
    verdict_by(verified=NOW + DAY),
]


@settings(max_examples=100, deadline=None)
@given(kept=st.sets(st.sampled_from(range(len(POOL)))), gone=st.data())
def test_taking_evidence_away_allows_nothing(kept: set[int], gone: st.DataObject) -> None:
    """But for what says no or is newer, which a store can always hide; neither is in this pool but the future one."""
    fewer = gone.draw(st.sets(st.sampled_from(sorted(kept)))) if kept else set()
    if 5 in kept - fewer:
        fewer = fewer | {5}
    if judged([POOL[number] for number in sorted(fewer)]).allowed:
        assert judged([POOL[number] for number in sorted(kept)]).allowed


@settings(max_examples=60, deadline=None)
@given(order=st.permutations(range(len(POOL))), count=st.integers(0, len(POOL)))
def test_the_same_evidence_gives_the_same_verdict_byte_for_byte(order: list[int], count: int) -> None:
    some = order[:count]
    one = judged([POOL[number] for number in some])
    other = judged([POOL[number] for number in sorted(some)])
    assert json.dumps(one.to_json()) == json.dumps(other.to_json())
    assert one.to_json()["policy"]["digest"] == str(POLICY.digest)
