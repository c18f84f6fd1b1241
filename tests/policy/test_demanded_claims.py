"""Other claims that a policy demands: they have to be there, and a no is no yes."""

from __future__ import annotations

from typing import Any

import pytest

from attest.claims.predicates import APPROVAL, TEST_RESULT
from attest.policy.requirements import ClaimDemand
from tests.policy.verdicts import judged, own_policy, refused, verdict
from tests.verify.evidence import Person, Version, bundle, restated


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
