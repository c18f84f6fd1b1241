"""SLSA verification summaries: what is written is read back, and what does not say one thing is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from attest.claims import vsa
from attest.claims.predicates import PROVENANCE, VERIFICATION_SUMMARY
from attest.claims.statement import Statement, Subject, check_with_library
from attest.errors import MalformedEvidence
from attest_registry.digest import Digest

MANIFEST, POLICY, BUNDLE = Digest.of(b"manifest"), Digest.of(b"policy"), Digest.of(b"bundle")
SUMMARY = vsa.Summary(
    verifier="urn:attest:verifier:gate",
    verified=datetime(2026, 11, 20, 22, 0, tzinfo=UTC),
    resource=vsa.resource_uri("acme/m", MANIFEST),
    policy_uri=vsa.policy_uri("production, strict"),
    policy_digest=POLICY,
    inputs=(BUNDLE,),
    passed=True,
    levels=(vsa.UNEVALUATED,),
)


def built(**changes: Any) -> Statement:
    return vsa.build(replace(SUMMARY, **changes), model="acme/m", manifest_digest=MANIFEST)


def said(*, without: str | None = None, **changes: Any) -> Statement:
    """A summary by somebody who writes other things."""
    predicate = {key: value for key, value in (dict(built().predicate) | changes).items() if key != without}
    subject = Subject(name="acme/m", digest=MANIFEST)
    return Statement.build(subjects=[subject], predicate_type=VERIFICATION_SUMMARY, predicate=predicate)


def test_what_is_written_is_what_the_specification_names() -> None:
    statement = built()
    check_with_library(statement)
    assert json.loads(statement.raw) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "acme/m", "digest": {"sha256": MANIFEST.hex}}],
        "predicateType": "https://slsa.dev/verification_summary/v1",
        "predicate": {
            "verifier": {"id": "urn:attest:verifier:gate"},
            "timeVerified": "2026-11-20T22:00:00Z",
            "resourceUri": f"urn:attest:model:acme/m@sha256:{MANIFEST.hex}",
            "policy": {"uri": "urn:attest:policy:production%2C%20strict", "digest": {"sha256": POLICY.hex}},
            "inputAttestations": [{"digest": {"sha256": BUNDLE.hex}}],
            "verificationResult": "PASSED",
            "verifiedLevels": ["SLSA_BUILD_LEVEL_UNEVALUATED"],
            "slsaVersion": "1.2",
        },
    }


def test_what_is_written_is_read_back() -> None:
    assert vsa.parse(built()) == SUMMARY
    failed = vsa.parse(built(passed=False))
    assert (failed.passed, failed.levels) == (False, ("FAILED",))


def test_the_order_of_the_evidence_makes_no_difference() -> None:
    other = Digest.of(b"other")
    assert built(inputs=(BUNDLE, other, BUNDLE)).raw == built(inputs=(other, BUNDLE)).raw


def test_a_summary_by_another_tool_is_read() -> None:
    summary = vsa.parse(
        said(
            without="inputAttestations",
            verifier={"id": "https://example.com/verifier", "version": {"slsa-verifier": "2.6"}},
            timeVerified="2026-11-20T23:00:00.123456789+01:00",
            policy={"uri": "https://example.com/policy"},
            verifiedLevels=["SLSA_BUILD_LEVEL_3", "ACME_REVIEWED"],
            dependencyLevels={"SLSA_BUILD_LEVEL_2": 4},
        )
    )
    assert (summary.policy_digest, summary.inputs) == (None, ())
    assert summary.verified == datetime(2026, 11, 20, 22, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    "field", ["verifier", "timeVerified", "resourceUri", "policy", "verificationResult"], ids=lambda field: field
)
def test_a_field_that_has_to_be_there_is_missing(field: str) -> None:
    with pytest.raises(MalformedEvidence) as caught:
        vsa.parse(said(without=field))
    assert caught.value.code == "malformed-evidence"
    assert field in caught.value.message


@pytest.mark.parametrize(
    "changes",
    [
        {"verificationResult": "passed"},
        {"verificationResult": True},
        {"verificationResult": "PASSED "},
        {"verifiedLevels": "SLSA_BUILD_LEVEL_3"},
        {"verifiedLevels": [3]},
        {"verifiedLevels": ["FAILED"]},
        {"verifiedLevels": ["X"] * 65},
        {"timeVerified": "2026-11-20T22:00:00"},
        {"timeVerified": "yesterday"},
        {"timeVerified": "0001-01-01T00:00:00+23:00"},
        {"timeVerified": 1_763_676_000},
        {"resourceUri": ""},
        {"resourceUri": ["a"]},
        {"verifier": "gate"},
        {"verifier": {"id": 3}},
        {"policy": {"uri": "urn:p", "digest": {"sha256": "zz"}}},
        {"policy": {"uri": "urn:p", "digest": "sha256:00"}},
        {"policy": {"digest": {"sha256": POLICY.hex}}},
        {"inputAttestations": {"digest": {}}},
        {"inputAttestations": [{"digest": {"sha256": "ff"}}]},
    ],
    ids=str,
)
def test_a_field_that_says_nothing_or_two_things_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvidence):
        vsa.parse(said(**changes))


def test_another_claim_is_no_summary() -> None:
    other = Statement.build(
        subjects=[Subject(name="m", digest=MANIFEST)], predicate_type=PROVENANCE, predicate=dict(built().predicate)
    )
    with pytest.raises(MalformedEvidence, match="no verification summary"):
        vsa.parse(other)


def test_nothing_is_written_without_the_digest_of_the_policy() -> None:
    with pytest.raises(MalformedEvidence, match="digest of its policy"):
        built(policy_digest=None)


def test_nothing_is_written_that_could_not_be_read() -> None:
    with pytest.raises(MalformedEvidence):
        built(levels=("FAILED",))
    with pytest.raises(MalformedEvidence):
        built(verifier="")
