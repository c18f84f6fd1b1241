"""Keys and certificates that count for a while, judged: with proofs of time, without them, and before the clock."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims.predicates import MODEL_SIGNATURE
from attest.evidence.evidence import Evidence
from attest.policy.evaluate import evaluate
from attest.policy.requirements import ClaimDemand, Identity, Policy
from attest.policy.verdict import Status
from attest.trust.managed_key import ManagedKey, TimeDemand
from attest.trust.private_pki import PrivateIdentity
from attest.trust.trusted_holder import PkiHolder
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from tests.verify.evidence import MODEL, bundle
from tests.verify.private_authority import DAY, NOON
from tests.verify.private_pki import RELEASE, Employee, PrivatePki
from tests.verify.private_sigstore import PrivateSigstore

if TYPE_CHECKING:
    from datetime import datetime

    from attest.policy.verdict import Finding, Verdict
    from attest.trust.signatory import Signatory
    from tests.verify.evidence import Person, Version

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def instance() -> PrivateSigstore:
    return PrivateSigstore()


@dataclass(frozen=True, kw_only=True)
class Court:
    """Somebody named by a policy that demands a model signature alone."""

    version: Version
    signatory: Signatory

    def judge(self, *bundles: Any, now: datetime = NOON) -> Verdict:
        evidence = [
            each if isinstance(each, Evidence) else Evidence(raw=json.dumps(each).encode(), origin=f"bundle {index}")
            for index, each in enumerate(bundles)
        ]
        judged = judge(evidence, artefact=self.version.artefact, model=MODEL, keys=[self.signatory])
        policy = Policy(
            name="test",
            identities={"ci": Identity(name="ci", keys=(self.signatory,))},
            digest=Digest.of(b""),
            signature=ClaimDemand(predicate_type=MODEL_SIGNATURE, by=("ci",)),
        )
        return evaluate(policy, judged, artefact=self.version.artefact, reference=f"{MODEL}:1", now=now)

    def code(self, *bundles: Any, now: datetime = NOON) -> str | None:
        verdict = self.judge(*bundles, now=now)
        found = finding(verdict, "signature")
        assert verdict.allowed is (found.code is None)
        return found.code


def finding(verdict: Verdict, rule: str) -> Finding:
    (found,) = (each for each in verdict.findings if each.rule == rule)
    return found


def managed(alice: Person, instance: PrivateSigstore | None, **values: Any) -> ManagedKey:
    return ManagedKey(key=alice.key, root=None if instance is None else instance.root(), **values)


def signed(
    instance: PrivateSigstore, alice: Person, version: Version, *, rekor: int | None = None, **values: Any
) -> dict[str, Any]:
    return instance.key_bundle(alice.signer.private_key, payload=version.signature.raw, version=rekor, **values)  # type: ignore[arg-type]


def without(part: str, found: dict[str, Any]) -> dict[str, Any]:
    stripped = copy.deepcopy(found)
    del stripped["verificationMaterial"][part]
    return stripped


def test_a_proven_time_is_in_the_verdict_with_its_source(
    instance: PrivateSigstore, alice: Person, version: Version
) -> None:
    court = Court(version=version, signatory=managed(alice, instance))
    verdict = court.judge(signed(instance, alice, version, stamps=(NOON,)))
    assert verdict.allowed
    time = finding(verdict, "time")
    assert time.status is Status.PASSED
    assert time.summary == (
        "proven: 2026-06-01T12:00:00Z (timestamp authority https://tsa.acme.example/api/v1/timestamp)"
    )
    assert verdict.to_json()["proven_time"] == {
        "moment": "2026-06-01T12:00:00Z",
        "source": "timestamp authority",
        "witness": "https://tsa.acme.example/api/v1/timestamp",
    }


def test_a_logs_promise_proves_a_time_too(instance: PrivateSigstore, alice: Person, version: Version) -> None:
    court = Court(version=version, signatory=managed(alice, instance))
    verdict = court.judge(signed(instance, alice, version, rekor=1))
    assert verdict.to_json()["proven_time"]["source"] == "transparency log"


def test_without_a_root_proofs_are_said_not_to_be_checked(
    instance: PrivateSigstore, alice: Person, version: Version
) -> None:
    for signatory in (alice.key, managed(alice, None)):
        verdict = Court(version=version, signatory=signatory).judge(
            signed(instance, alice, version, rekor=1, stamps=(NOON,))
        )
        assert verdict.allowed
        assert verdict.to_json()["proven_time"] is None
        time = finding(verdict, "time")
        assert time.status is Status.NOT_REACHED
        assert time.summary.endswith("2 log entries and timestamps not checked, because no trusted root is named")


def test_both_ends_of_a_key_s_time_belong_to_it(instance: PrivateSigstore, alice: Person, version: Version) -> None:
    stamped = signed(instance, alice, version, stamps=(NOON,))
    for span in ({"not_before": NOON}, {"not_after": NOON}):
        assert Court(version=version, signatory=managed(alice, instance, **span)).code(stamped) is None
    for span in ({"not_before": NOON + SECOND}, {"not_after": NOON - SECOND}):
        assert Court(version=version, signatory=managed(alice, instance, **span)).code(stamped) == "key-window"


def test_a_key_that_ran_out_counts_for_what_it_signed_before(
    instance: PrivateSigstore, alice: Person, version: Version
) -> None:
    court = Court(version=version, signatory=managed(alice, instance, not_after=NOON))
    assert court.code(signed(instance, alice, version, stamps=(NOON,)), now=NOON + 900 * DAY) is None


@pytest.mark.parametrize("demand", [{"not_after": NOON + DAY}, {"time": TimeDemand.REQUIRED}])
def test_where_a_time_is_needed_none_is_a_refusal(
    instance: PrivateSigstore, alice: Person, version: Version, demand: dict[str, Any]
) -> None:
    court = Court(version=version, signatory=managed(alice, instance, **demand))
    whole = signed(instance, alice, version, stamps=(NOON,))
    assert court.code(whole) is None
    assert court.code(without("timestampVerificationData", whole)) == "time-missing"
    assert court.code(bundle(version.signature, alice)) == "time-missing"
    assert court.code(signed(instance, alice, version, rekor=2)) == "time-missing"  # Rekor v2 says no time


def test_a_stripped_copy_does_not_hide_the_whole_one(
    instance: PrivateSigstore, alice: Person, version: Version
) -> None:
    whole = signed(instance, alice, version, stamps=(NOON,))
    copies = [without("timestampVerificationData", whole) | {"mediaType": text} for text in _SPELLINGS]
    lax = managed(alice, instance, not_after=NOON, time=TimeDemand.NOT_REQUIRED)
    for signatory in (lax, managed(alice, instance)):
        verdict = Court(version=version, signatory=signatory).judge(whole, *copies, now=NOON + DAY)
        assert verdict.allowed
        assert verdict.proven_time is not None


_SPELLINGS = (
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
)


def test_where_no_time_is_required_the_key_has_to_count_now(
    instance: PrivateSigstore, alice: Person, version: Version
) -> None:
    lax = managed(alice, None, not_before=NOON, not_after=NOON + DAY, time=TimeDemand.NOT_REQUIRED)
    court = Court(version=version, signatory=lax)
    bare = bundle(version.signature, alice)
    for now in (NOON, NOON + DAY):
        assert court.code(bare, now=now) is None
    for now in (NOON - SECOND, NOON + DAY + SECOND):
        assert court.code(bare, now=now) == "signer-not-in-force"
    assert court.judge(bare, now=NOON + 2 * DAY).exit_status == 1


def test_requiring_no_time_accepts_no_wrong_one(instance: PrivateSigstore, alice: Person, version: Version) -> None:
    lax = managed(alice, instance, not_after=NOON - SECOND, time=TimeDemand.NOT_REQUIRED)
    court = Court(version=version, signatory=lax)
    assert court.code(signed(instance, alice, version, stamps=(NOON,)), now=NOON - DAY) == "key-window"


@pytest.mark.parametrize(
    ("part", "code"), [("timestampVerificationData", "timestamp-invalid"), ("tlogEntries", "log-entry-mismatch")]
)
def test_a_proof_that_nobody_asked_for_has_to_hold(
    instance: PrivateSigstore, alice: Person, version: Version, part: str, code: str
) -> None:
    court = Court(version=version, signatory=managed(alice, instance))
    whole = signed(instance, alice, version, rekor=2, stamps=(NOON,))
    assert court.code(whole) is None
    other = instance.key_bundle(alice.signer.private_key, version=2, stamps=(NOON,))  # type: ignore[arg-type]
    whole["verificationMaterial"][part] = other["verificationMaterial"][part]
    verdict = court.judge(whole)
    assert (finding(verdict, "signature").code, verdict.exit_status) == (code, 3)


def test_witnesses_that_the_root_does_not_name_are_not_passed_over(
    instance: PrivateSigstore, alice: Person, version: Version
) -> None:
    court = Court(version=version, signatory=managed(alice, instance))
    other = PrivateSigstore()
    assert court.code(signed(other, alice, version, stamps=(NOON,))) == "timestamp-authority-unknown"
    assert court.code(signed(other, alice, version, rekor=2)) == "log-unknown"


# --- certificates of a private authority --------------------------------------------------------------------------


def of_acme(pki: PrivatePki, instance: PrivateSigstore | None, *, time_required: bool = True) -> PkiHolder:
    return PkiHolder(
        name="release",
        identity=PrivateIdentity(subject=RELEASE),
        authority=pki.pinned(),
        origin="ca.pem",
        root=None if instance is None else instance.root(),
        time_required=time_required,
    )


def test_a_certificate_counts_at_its_proven_time(instance: PrivateSigstore, version: Version) -> None:
    pki = PrivatePki()
    court = Court(version=version, signatory=of_acme(pki, instance))
    stamped = pki.bundle(instance, payload=version.signature.raw)
    verdict = court.judge(stamped, now=NOON + 900 * DAY)
    assert verdict.allowed
    assert f"{RELEASE} by authority sha256:" in str(finding(verdict, "signature").signer)
    assert verdict.proven_time is not None
    assert court.code(pki.bundle(payload=version.signature.raw)) == "time-missing"
    stranger = Employee(names=())
    assert court.code(pki.bundle(instance, stranger, payload=version.signature.raw)) == "identity-mismatch"


def test_a_certificate_without_a_proven_time_has_to_be_valid_now(version: Version) -> None:
    pki = PrivatePki()
    court = Court(version=version, signatory=of_acme(pki, None, time_required=False))
    bare = pki.bundle(payload=version.signature.raw)
    for now in (NOON - 30 * DAY, NOON + 30 * DAY):
        assert court.code(bare, now=now) is None
    for now in (NOON - 30 * DAY - SECOND, NOON + 30 * DAY + SECOND):
        assert court.code(bare, now=now) == "signer-not-in-force"
