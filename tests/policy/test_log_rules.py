"""The key `log` of a policy: where it asks for anything, how it is read, and what is refused in it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from attest.errors import PolicyError
from attest.policy import explain
from attest.policy.document import load_policy
from attest.policy.log_demand import CheckpointDemand, LogDemand
from attest.policy.verdict import Status, Step
from tests.policy.given_log import FRESH, LOG, ROOT, VERSION, given, judged, rules, verdict
from tests.verify.private_fulcio import ISSUER

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "root.json").write_text(ROOT)
    return tmp_path


# where nothing is asked


def test_a_version_without_a_log_and_a_policy_without_the_key_have_no_such_finding(folder: Path) -> None:
    found = verdict(rules(folder), None)
    assert found.allowed
    assert "log" not in {finding.rule for finding in found.findings}


def test_a_log_that_the_version_was_not_reached_through_is_not_asked_about(folder: Path) -> None:
    assert "log" not in {finding.rule for finding in verdict(rules(folder), given(alias=None)).findings}


def test_the_key_asks_nothing_of_a_version_without_a_log(folder: Path) -> None:
    finding = judged(rules(folder, FRESH), None)
    assert finding.status is Status.NOT_APPLICABLE
    assert verdict(rules(folder, FRESH), None).allowed


def test_it_stands_right_after_the_reference(folder: Path) -> None:
    found = verdict(rules(folder, {"digest": str(LOG)}), given())
    assert [finding.rule for finding in found.findings][:2] == ["reference", "log"]
    assert found.findings[1].step is Step.RESOLVE


# the document


def test_the_key_is_read_whole(folder: Path) -> None:
    said = {
        "digest": str(LOG),
        "admins": ["keepers", "bob"],
        "environment": "eu",
        "checkpoint": {"by": "ops", "max-age": "36h"},
        "witnesses": "notary",
        "min-sequence": 12,
    }
    policy = rules(folder, said, roles={"keepers": ["alice"]})
    assert policy.log == LogDemand(
        digest=LOG,
        admins=("alice", "bob"),
        environment="eu",
        checkpoint=CheckpointDemand(by=("ops",), max_age=timedelta(hours=36)),
        witnesses=("notary",),
        min_sequence=12,
    )
    sentences = [each for each in explain.sentences(policy) if " log " in each]
    assert len(sentences) == 6
    assert 'signed by "ops", which is at most 36 hours old' in sentences[4]


def test_it_is_part_of_what_the_policy_is(folder: Path) -> None:
    plain, pinned = rules(folder), rules(folder, {"digest": str(LOG)})
    assert len({plain.digest, pinned.digest, rules(folder, {"min-sequence": 2}).digest}) == 3
    assert pinned.digest == rules(folder, {"digest": str(LOG)}).digest


def test_who_extends_adds_to_what_is_there(folder: Path) -> None:
    rules(folder, FRESH | {"environment": "eu"})
    (folder / "policy.yaml").rename(folder / "org.yaml")
    head = "apiVersion: attest/v1\nkind: Policy\nname: team\nextends: org.yaml\n"
    (folder / "team.yaml").write_text(head + "log: {min-sequence: 9, admins: [bob], checkpoint: {max-age: 1h}}\n")
    assert load_policy(folder / "team.yaml").log == LogDemand(
        admins=("bob",),
        environment="eu",
        checkpoint=CheckpointDemand(by=("ops",), max_age=timedelta(hours=1)),
        min_sequence=9,
    )


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ({}, "policy-empty-list"),
        ({"digets": str(LOG)}, "policy-unknown-key"),
        ({"digest": "sha256:12"}, "policy-bad-digest"),
        ({"admins": ["mallory"]}, "policy-unknown-identity"),
        ({"admins": []}, "policy-empty-list"),
        ({"admins": ["job"]}, "policy-unfit-admin"),
        ({"admins": ["alice", "job"]}, "policy-unfit-admin"),
        ({"environment": " "}, "policy-wrong-type"),
        ({"checkpoint": {"max-age": "24h"}}, "policy-missing-key"),
        ({"checkpoint": {"by": ["ops"], "max-age": "1 day"}}, "policy-bad-duration"),
        ({"checkpoint": True}, "policy-wrong-type"),
        ({"witnesses": ["nobody"]}, "policy-unknown-identity"),
        ({"min-sequence": 0}, "policy-bad-number"),
        ({"min-sequence": "12"}, "policy-bad-number"),
    ],
    ids=str,
)
def test_what_is_not_understood_is_refused(folder: Path, log: dict[str, Any], expected: str) -> None:
    job = {"issuer": ISSUER, "subject": "https://ci.example/x", "extensions": {"runner-environment": "github-hosted"}}
    with pytest.raises(PolicyError) as caught:
        rules(folder, log, identities={"job": job}, trust={"root": "root.json"})
    assert (caught.value.code, caught.value.exit_status) == (expected, 2)


def test_nobody_makes_an_exception_from_it(folder: Path) -> None:
    entry = {
        "name": "late",
        "rule": "log",
        "digest": str(VERSION.artefact.digest),
        "owner": "ann",
        "reason": "why",
        "expires": "2027-01-01",
    }
    with pytest.raises(PolicyError) as caught:
        rules(folder, FRESH, exceptions=[entry])
    assert caught.value.code == "policy-no-exception"
