"""How far a log goes, and how fresh it is: least events, checkpoints, witnesses, and hosts without memory."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from attest.errors import AttestError, LogBroken
from attest.policy.ancestry import GivenLog, LogMark
from attest.policy.document import policy_for_keys
from attest.policy.verdict import Status
from attest_registry.digest import Digest
from attest_registry.errors import Unreachable
from tests.policy.given_log import ALICE, FRESH, HEAD, LOG, NOTARY, OPS, ROOT, checkpoint, code, given, judged, rules
from tests.verify.evidence import NOW, Person

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "root.json").write_text(ROOT)
    return tmp_path


# how far it goes


def test_a_log_that_ends_before_the_policy_knows_is_an_incident(folder: Path) -> None:
    policy = rules(folder, {"digest": str(LOG), "min-sequence": 18})
    assert code(policy, given()) == ("log-rollback", 3)
    assert code(policy, given(alias=None)) == ("log-rollback", 3)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (LogBroken("event 4 does not hold", code="log-signature"), ("log-signature", 3)),
        (LogBroken("it is older", code="log-rollback"), ("log-rollback", 3)),
        (Unreachable("nobody answered"), ("store-unreachable", 1)),
    ],
)
def test_a_log_that_does_not_hold_allows_nothing(folder: Path, error: AttestError, expected: tuple[str, int]) -> None:
    policy = rules(folder, {"digest": str(LOG)})
    assert code(policy, given(error=error)) == expected
    assert code(policy, GivenLog(alias="production", error=error)) == expected
    assert code(policy_for_keys([ALICE.key]), GivenLog(alias="production", error=error)) == expected


def test_a_log_that_nobody_read_allows_nothing(folder: Path) -> None:
    assert code(rules(folder, FRESH), GivenLog(alias="production")) == ("log-invalid", 3)


# freshness


def test_a_fresh_checkpoint_of_the_head_passes(folder: Path) -> None:
    policy = rules(folder, FRESH)
    fact = checkpoint(policy)
    finding = judged(policy, given(checkpoint=fact, mark=HEAD))
    assert finding.status is Status.PASSED
    assert "checkpoint of event 17 from 2026-11-20T21:00:00Z" in finding.summary
    assert finding.evidence == fact.evidence.digest
    assert finding.signer is not None
    assert finding.signer.startswith("ops (key ")


def test_a_fresh_checkpoint_of_an_event_before_the_head_passes(folder: Path) -> None:
    policy = rules(folder, FRESH)
    assert judged(policy, given(sequence=19, checkpoint=checkpoint(policy), mark=HEAD)).status is Status.PASSED


STALE: Final[dict[str, tuple[Person, dict[str, Any]]]] = {
    "by somebody else": (NOTARY, {}),
    "expired": (OPS, {"issued": NOW - timedelta(hours=3), "expires": NOW - timedelta(seconds=1)}),
    "too old": (OPS, {"issued": NOW - timedelta(hours=25)}),
    "from the future": (OPS, {"issued": NOW + timedelta(minutes=6)}),
}


@pytest.mark.parametrize(("person", "values"), STALE.values(), ids=STALE)
def test_a_checkpoint_that_is_not_fresh_refuses(folder: Path, person: Person, values: dict[str, Any]) -> None:
    policy = rules(folder, FRESH)
    found = given(checkpoint=checkpoint(policy, person, **values), mark=HEAD)
    assert code(policy, found) == ("log-stale", 1)
    assert "attest checkpoint" in str(judged(policy, found).hint)


def test_without_any_checkpoint_it_is_refused(folder: Path) -> None:
    assert code(rules(folder, FRESH), given()) == ("log-stale", 1)
    error = AttestError("nobody whom the policy names signed it", code="signer-not-trusted", found="key sha256:1")
    finding = judged(rules(folder, FRESH), given(checkpoint_error=error))
    assert finding.found == "nobody whom the policy names signed it; key sha256:1"


def test_a_checkpoint_by_somebody_who_does_not_count_any_more_refuses(folder: Path) -> None:
    entry = {"key": str(OPS.key.fingerprint), "since": "2026-01-01", "reason": "lost"}
    policy = rules(folder, FRESH, deny=[entry])
    finding = judged(policy, given(checkpoint=checkpoint(policy), mark=HEAD))
    assert finding.code == "log-stale"
    assert "does not count now" in str(finding.found)


def test_a_clock_that_is_a_little_behind_is_no_future(folder: Path) -> None:
    policy = rules(folder, FRESH)
    fact = checkpoint(policy, issued=NOW + timedelta(minutes=4))
    assert judged(policy, given(checkpoint=fact, mark=HEAD)).status is Status.PASSED


def test_without_a_greatest_age_it_counts_until_it_expires(folder: Path) -> None:
    policy = rules(folder, {"admins": ["alice"], "checkpoint": {"by": "ops"}})
    old = checkpoint(policy, issued=NOW - timedelta(days=300))
    assert judged(policy, given(checkpoint=old, mark=HEAD)).status is Status.PASSED


def test_who_names_a_version_needs_no_checkpoint(folder: Path) -> None:
    assert judged(rules(folder, FRESH), given(alias=None)).status is Status.PASSED


ANOTHER: Final = Digest.of(b"another")
FORKS: Final[dict[str, tuple[dict[str, Any], LogMark | None]]] = {
    "another event": ({"head": ANOTHER}, HEAD),
    "another state": ({"state": ANOTHER}, HEAD),
    "another version": ({"manifest": ANOTHER}, HEAD),
    "another log": ({"log": ANOTHER}, HEAD),
    "an event that is withheld": ({"sequence": 18}, None),
    "an event that is withheld, whatever stands there": ({"sequence": 18}, HEAD),
    "an expired one": ({"head": ANOTHER, "issued": NOW - timedelta(9), "expires": NOW - timedelta(8)}, HEAD),
}


@pytest.mark.parametrize("alias", ["production", None])
@pytest.mark.parametrize("person", [OPS, NOTARY], ids=["who has to sign", "a witness"])
@pytest.mark.parametrize(("values", "mark"), FORKS.values(), ids=FORKS)
def test_a_log_that_contradicts_a_checkpoint_is_an_incident(
    folder: Path, values: dict[str, Any], mark: LogMark | None, person: Person, alias: str | None
) -> None:
    policy = rules(folder, FRESH | {"witnesses": ["notary"]})
    found = given(alias=alias, checkpoint=checkpoint(policy, person, **values), mark=mark)
    assert code(policy, found) == ("log-fork", 3)


def test_a_checkpoint_by_somebody_who_is_no_witness_contradicts_nothing(folder: Path) -> None:
    policy = rules(folder, {"admins": ["alice"]})
    assert judged(policy, given(checkpoint=checkpoint(policy, head=ANOTHER), mark=HEAD)).status is Status.PASSED


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ({}, "; first use on this host"),
        ({"min-sequence": 3}, "; log memory: first use on this host, event 3 or later demanded instead"),
        (
            {"checkpoint": {"by": ["ops"]}},
            "; log memory: first use on this host, freshness demanded instead",
        ),
    ],
)
def test_a_host_that_remembers_nothing_says_so(folder: Path, log: dict[str, Any], words: str) -> None:
    policy = rules(folder, {"admins": ["alice"], **log})
    finding = judged(policy, given(first_use=True, checkpoint=checkpoint(policy), mark=HEAD))
    assert finding.status is Status.PASSED
    assert finding.summary.endswith(words)
    assert "first use" not in judged(policy, given(checkpoint=checkpoint(policy), mark=HEAD)).summary
