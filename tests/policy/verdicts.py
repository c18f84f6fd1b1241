"""Verdicts over a small version by people with keys, and how a refusal among them has to look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attest.claims.predicates import ML_BOM, MODEL_SIGNATURE, PROVENANCE
from attest.policy.document import policy_for_keys
from attest.policy.evaluate import evaluate
from attest.policy.requirements import BOMDemand, ClaimDemand, FormatDemand, Identity, Policy, ProvenanceDemand
from attest.policy.verdict import Finding, Status, Verdict
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from tests.verify.evidence import MODEL, NOW, Person, Version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.claims.training import Training
    from attest.evidence.evidence import Evidence
    from attest.verify.facts import Judged


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
