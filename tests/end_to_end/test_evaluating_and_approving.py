"""`attest evaluate`, `attest approve` and `attest reject`: what they sign and record, and what does not count."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.registry_people import BOB, PINNED, alice_here, bob_here, code, events, public, pushed_once  # noqa: F401  # fixtures

if TYPE_CHECKING:
    from tests.end_to_end.in_process import Inside


def test_an_evaluation_is_signed_attached_and_recorded_once(alice: Inside) -> None:
    printed = alice.attest("evaluate", "m:1", "--from", "eval.json", "-m", "nightly")
    assert PINNED.fullmatch(printed.out)
    assert "metric   auc 0.913   on golden sha256:" in printed.err
    assert "recorded evaluation of golden: passed" in printed.err
    again = alice.attest("evaluate", "m:1", "--from", "eval.json")
    assert "already there" in again.err
    assert again.out == printed.out
    assert events(alice)[2:] == ["record"]
    shown = json.loads(alice.attest("show", "m:1", "--json", *public("alice")).out)
    assert "evaluation" in json.dumps(shown)


def test_a_command_is_an_evaluation_with_measured_times(alice: Inside) -> None:
    script = "import json, os; print(json.dumps({'metrics': {'auc': '0.9', 'p99': {'value': 412, 'unit': 'ms'}}}))"
    script += "; assert os.environ['ATTEST_REFERENCE'].startswith('m:2@sha256:'); assert 'ATTEST_KEY' not in os.environ"
    line = ("evaluate", "m:2", "--suite", "load", "--dataset", "golden=golden.csv", "--better", "higher")
    document = json.loads(alice.attest(*line, "--json", "--", sys.executable, "-c", script).out)
    assert document["metrics"] == {"auc": "0.9", "p99": "412"}
    assert document["event"]["action"] == "record"
    assert not document["already"]


def test_what_is_typed_goes_before_what_a_document_says(alice: Inside) -> None:
    line = ("evaluate", "m:1", "--from", "eval.json", "--result", "failed", "--metric", "p99=412:ms", "--suite", "gold")
    printed = alice.attest(*line)
    assert "recorded evaluation of gold: failed" in printed.err
    assert "metric   p99 412 ms   on no named data" in printed.err


def test_a_rehearsed_evaluation_records_nothing(alice: Inside) -> None:
    printed = alice.attest("evaluate", "m:1", "--metric", "auc=0.5", "--dry-run")
    assert "dry run: nothing was changed" in printed.err
    assert events(alice) == ["register", "register"]


@pytest.mark.parametrize(
    ("text", "line", "expected", "status"),
    [
        ("{}", (), "usage", 2),
        ("{", ("--from", "bad.json"), "bad-evaluation", 2),
        ("[]", ("--from", "bad.json"), "bad-evaluation", 2),
        ("{}", ("--from", "bad.json"), "bad-evaluation", 2),
        ('{"metrics": {"auc": "1e-3"}}', ("--from", "bad.json"), "bad-evaluation", 2),
        ('{"metrics": {"auc": true}}', ("--from", "bad.json"), "bad-evaluation", 2),
        ('{"metrics": {"auc": 1}, "metric": 2}', ("--from", "bad.json"), "bad-evaluation", 2),
        ('{"metrics": {"auc": 1}, "by": {}}', ("--from", "bad.json"), "bad-evaluation", 2),
        ('{"metrics": [{"name": "auc"}]}', ("--from", "bad.json"), "bad-evaluation", 2),
        ('{"metrics": {"auc": 1}, "result": "good"}', ("--from", "bad.json"), "bad-evaluation", 2),
        ('{"metrics": {"auc": 1}, "dataset": 3}', ("--from", "bad.json"), "bad-evaluation", 2),
        ('{"metrics": {"auc": 1}, "dataset": "golden=none.csv"}', ("--from", "bad.json"), "input-not-found", 2),
        ('{"metrics": {"auc": 1}}', ("--from", "bad.json", "--metric", "auc=2"), "bad-evaluation", 2),
        ("{}", ("--from", "none.json"), "cannot-read", 2),
        ("{}", ("--metric", "auc"), "bad-metric", 2),
        ("{}", ("--metric", "auc=x"), "bad-evaluation", 2),
        ("{}", ("--metric", "auc=1", "--dataset", "golden=unknown"), "bad-dataset", 2),
        ("{}", ("--from", "bad.json", "--", "true"), "usage", 2),
        ("{}", ("--", "false"), "evaluation-command", 2),
        ("{}", ("--", "no-such-program"), "evaluation-command", 2),
        ("{}", ("--", "true"), "bad-evaluation", 2),
        ("{}", ("--metric", "auc=1", *BOB), "role-missing", 1),
    ],
)
def test_what_is_no_evaluation_is_refused(
    alice: Inside, text: str, line: tuple[str, ...], expected: str, status: int
) -> None:
    (alice.folder / "bad.json").write_text(text)
    assert code(alice.attest("evaluate", "m:1", *line, expect=status)) == expected
    assert events(alice) == ["register", "register"]


def test_a_file_of_results_is_not_taken_for_a_command(alice: Inside) -> None:
    refused = alice.attest("evaluate", "m:1", "eval.json", expect=2).complaint
    assert refused.code == "evaluation-command"
    assert refused.hint == "attest evaluate NAME:VERSION --from eval.json"


def test_whoever_may_not_record_is_told_before_the_long_work(alice: Inside) -> None:
    line = ("evaluate", "m:1", *BOB, "--", "touch", "ran")
    assert code(alice.attest(*line, expect=1)) == "role-missing"
    assert not (alice.folder / "ran").exists()


# ---- decisions


def test_an_approval_covers_what_was_there_and_is_signed_once(alice: Inside, bob: Inside) -> None:
    alice.attest("role", "grant", "m", "approver", "bob/attest.pub")
    alice.attest("evaluate", "m:1", "--from", "eval.json", "-q")
    printed = bob.attest("approve", "m:1", "--for", "production", "-m", "holds on golden")
    assert printed.err.count("reviewed ") == 5 + 1
    assert "reviewed and approved for production use, over 5 claims" in printed.err
    assert "already there" in bob.attest("approve", "m:1", "--for", "production", "-m", "holds on golden").err
    longer = json.loads(bob.attest("approve", "m:1", "--expires", "90d", "--meaning", "checked", "--json").out)
    assert (longer["meaning"], longer["reviewed"], longer["decision"]) == ("checked", 5, "approve")
    assert events(alice)[2:] == ["grant", "record", "record", "record"]


def test_a_rejection_is_named_in_the_log(alice: Inside) -> None:
    printed = alice.attest("reject", "m:2", "-m", "no bias report")
    assert "rejected m:2: reviewed and rejected for use, over 4 claims" in printed.err
    assert "no bias report" in alice.attest("history", "m").out
    assert "would sign for m:2" in alice.attest("reject", "m:2", "-m", "again", "--dry-run").err
    assert events(alice)[2:] == ["record"]


@pytest.mark.parametrize(
    ("line", "expected", "status"),
    [
        (("approve", "m:1", *BOB), "role-missing", 1),
        (("reject", "m:1"), "reason-missing", 2),
        (("reject", "m:1", "-m", "  "), "reason-missing", 2),
        (("reject", "m:1", "-m", "no", *BOB), "role-missing", 1),
        (("approve", "m"), "version-missing", 2),
        (("approve", "m:7"), "version-unregistered", 2),
        (("approve", "m:1", "--for", "latest"), "name-reserved", 2),
        (("approve", "m:1", "--expires", "2020-01-01T00:00Z"), "usage", 2),
        (("approve", "m:1", "--expires", "2099-01-01"), "time-zone-missing", 2),
        (("approve", "m:1", "--expires", "soon"), "usage", 2),
    ],
)
def test_a_decision_that_does_not_count_is_refused(
    alice: Inside, line: tuple[str, ...], expected: str, status: int
) -> None:
    assert code(alice.attest(*line, expect=status)) == expected
    assert events(alice) == ["register", "register"]


def test_nothing_is_approved_where_nothing_holds(alice: Inside) -> None:
    """Bob may approve, and nobody whom the log knows any more has signed anything."""
    for role in ("contributor", "evaluator", "approver"):
        alice.attest("role", "grant", "m", role, "carol/attest.pub")
    alice.attest("role", "grant", "m", "admin", "carol/attest.pub")
    for role in ("contributor", "evaluator", "approver", "admin"):
        alice.attest("role", "revoke", "m", role, "alice/attest.pub", "--key", "carol/attest.key")
    assert code(alice.attest("approve", "m:1", "--key", "carol/attest.key", expect=1)) == "evidence-missing"
