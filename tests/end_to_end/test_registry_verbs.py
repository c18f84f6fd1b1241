"""The verbs of the registry as they are typed: what they write into a model's log, print, and refuse."""

from __future__ import annotations

import json
import re
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from attest.claims.event import Action
from tests.end_to_end.in_process import Inside
from tests.services.docker_registry import running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.shell import Printed

ALICE, BOB = ("--key", "alice/attest.key"), ("--key", "bob/attest.key")
EVALUATION = {"suite": "golden", "metrics": {"auc": 0.913}, "dataset": "golden=golden.csv"}
PINNED = re.compile(r"m:[12]@sha256:[0-9a-f]{64}\n")


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Inside:
    """Alice's model with two versions; she is its admin. Bob has a key, and no role."""
    person = Inside(folder=tmp_path_factory.mktemp("pushed"), environment={"ATTEST_KEY": "alice/attest.key"})
    for name in ("alice", "bob", "carol"):
        person.attest("keygen", "--out", name)
    for number in (1, 2):
        model = person.folder / f"model{number}"
        model.mkdir()
        (model / "config.json").write_text(json.dumps({"number": number}))
        person.attest("push", f"model{number}", "m", "-q")
    (person.folder / "golden.csv").write_text("x,y\n")
    (person.folder / "eval.json").write_text(json.dumps(EVALUATION))
    return person


@pytest.fixture
def alice(pushed: Inside, tmp_path: Path) -> Inside:
    return pushed.copied(tmp_path / "alice")


@pytest.fixture
def bob(alice: Inside) -> Inside:
    """The same machine, with Bob's key."""
    return Inside(folder=alice.folder, environment={"ATTEST_KEY": "bob/attest.key"})


def code(printed: Printed) -> str:
    return printed.complaint.code


def events(person: Inside) -> list[str]:
    """What happened, oldest first."""
    items = json.loads(person.attest("history", "m", "--json").out)["items"]
    return [item["action"] for item in reversed(items)]


def test_roles_are_given_widened_listed_and_taken_away(alice: Inside) -> None:
    assert (
        "granted  approver of @production"
        in alice.attest("role", "grant", "m", "approver", "bob/attest.pub", "--alias", "production").err
    )
    alice.attest("role", "grant", "m", "approver", "bob/attest.pub", "--alias", "staging", "-m", "both")
    again = alice.attest("role", "grant", "m", "approver", "bob/attest.pub", "--alias", "staging")
    assert "already there" in again.err
    rows = [line.split("\t") for line in alice.attest("role", "ls", "m").out.splitlines()]
    assert [row[2] for row in rows if row[0] == "approver"] == ["all", "production staging"]
    items = json.loads(alice.attest("role", "ls", "m", "--json").out)["items"]
    assert {item["role"] for item in items} == {"admin", "approver", "contributor", "evaluator"}
    alice.attest("role", "revoke", "m", "approver", "bob/attest.pub", "-m", "left")
    assert "production staging" not in alice.attest("role", "ls", "m").out
    assert events(alice)[2:] == ["grant", "grant", "grant"]


def test_a_login_gets_a_role_by_subject_and_issuer(alice: Inside) -> None:
    line = ("role", "grant", "m", "evaluator", "bot@ci.example", "--issuer", "https://login.example")
    assert json.loads(alice.attest(*line, "--json").out)["who"] == {
        "issuer": "https://login.example",
        "subject": "bot@ci.example",
    }
    assert "bot@ci.example via https://login.example" in alice.attest("role", "ls", "m").out


@pytest.mark.parametrize(
    ("line", "expected", "status"),
    [
        (("role", "grant", "m", "approver", "bot@ci.example"), "usage", 2),
        (("role", "grant", "m", "approver", "*@ci.example", "--issuer", "https://login.example"), "usage", 2),
        (("role", "grant", "m", "approver", "a@b", "--issuer", "login.example"), "usage", 2),
        (("role", "grant", "m", "king", "bob/attest.pub"), "usage", 2),
        (("role", "grant", "m", "approver", "bob/attest.key"), "private-key-given", 2),
        (("role", "grant", "m", "approver", "nobody.pub"), "key-not-found", 2),
        (("role", "grant", "m", "approver", f"sha256:{'0' * 64}"), "key-unknown", 2),
        (("role", "grant", "m", "approver", "bob/attest.pub", *BOB), "role-missing", 1),
        (("role", "revoke", "m", "approver", "bob/attest.pub"), "role-unknown", 2),
        (("role", "revoke", "m", "admin", "alice/attest.pub"), "last-admin", 1),
        (("role", "ls", "none"), "log-unknown", 2),
    ],
)
def test_a_role_that_cannot_be_given_or_taken_is_refused(
    alice: Inside, line: tuple[str, ...], expected: str, status: int
) -> None:
    assert code(alice.attest(*line, expect=status)) == expected
    assert events(alice) == ["register", "register"]


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


def public(name: str) -> tuple[str, str]:
    return "--key", f"{name}/attest.pub"


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


def test_whoever_may_not_record_is_told_before_the_long_work(alice: Inside) -> None:
    line = ("evaluate", "m:1", *BOB, "--", "touch", "ran")
    assert code(alice.attest(*line, expect=1)) == "role-missing"
    assert not (alice.folder / "ran").exists()


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


def test_aliases_are_set_listed_and_removed_like_promotions(alice: Inside) -> None:
    assert PINNED.fullmatch(alice.attest("alias", "set", "m:1", "champion", "-m", "first").out)
    alice.attest("alias", "set", "m:2", "champion")
    (row,) = alice.attest("alias", "ls", "m").out.splitlines()[1:]
    assert row.split("\t")[:2] == ["champion", "2"]
    assert row.endswith("built-in gate")
    (item,) = json.loads(alice.attest("alias", "ls", "m", "--json").out)["items"]
    assert (item["number"], item["event"], item["revoked"], item["policy"]) == (2, 4, False, None)
    assert alice.attest("alias", "ls", "m", "-q").out == alice.attest("resolve", "m@champion", "-q").out
    assert "version 2 -> nothing" in alice.attest("alias", "rm", "m@champion").err
    assert events(alice)[2:] == ["promote", "promote", "demote"]


POLICY = """\
apiVersion: attest/v1
kind: Policy
name: production
identities:
  alice: {key: alice/attest.pub}
  bob: {key: bob/attest.pub}
require:
  signature: {by: [alice]}
  provenance: {by: [alice]}
  ml-bom: {by: [alice]}
  evaluations: [{by: [alice], metric: auc, minimum: "0.9"}]
  approvals: [{by: [bob], alias: production}]
"""


def test_a_bound_policy_is_the_gate_from_then_on(alice: Inside, bob: Inside) -> None:
    (alice.folder / "production.yaml").write_text(POLICY)
    line = ("alias", "bind", "m@production", "--policy", "production.yaml")
    digest = alice.attest(*line, "-m", "board").out
    assert re.fullmatch(r"sha256:[0-9a-f]{64}\n", digest)
    assert "already there" in alice.attest(*line).err
    (alice.folder / "production.yaml").unlink()
    printed = alice.attest("promote", "m:1", "--to", "production", expect=1)
    assert "attest evaluate m:1 --from eval.json" in printed.err
    assert "attest approve m:1 --for production" in printed.err
    assert "recorded: refusal sha256:" in printed.err
    alice.attest("role", "grant", "m", "approver", "bob/attest.pub", "-q")
    alice.attest("evaluate", "m:1", "--from", "eval.json", "-q")
    assert "evaluation" in bob.attest("approve", "m:1", "--for", "production").err
    alice.attest("alias", "set", "m:1", "production", "-q")
    assert digest.strip() in alice.attest("alias", "ls", "m").out
    assert json.loads(alice.attest("log", "verify", "m", "--json").out)["verdict"] == "verified"
    bob.attest("reject", "m:1", "-m", "drifts", "-q")
    assert alice.attest("alias", "bind", "m@production", "--none").out == ""


@pytest.mark.parametrize(
    ("text", "expected", "status"),
    [
        ("apiVersion: attest/v1\nkind: Policy\nname: x\nrequire: {sig: {by: [a]}}\n", "policy-unknown-key", 2),
        (POLICY.replace("alice/attest.pub", "none.pub"), "policy-key-not-found", 2),
        ("{", "policy-syntax", 2),
    ],
)
def test_a_policy_that_is_not_understood_whole_is_not_bound(
    alice: Inside, text: str, expected: str, status: int
) -> None:
    (alice.folder / "bad.yaml").write_text(text)
    found = code(alice.attest("alias", "bind", "m@production", "--policy", "bad.yaml", expect=status))
    assert found.startswith("policy-") or found == expected
    assert events(alice) == ["register", "register"]


@pytest.mark.parametrize(
    ("line", "expected", "status"),
    [
        (("alias", "set", "m:1", "v1"), "bad-alias", 1),
        (("alias", "set", "m", "champion"), "version-missing", 2),
        (("alias", "set", "m:1", "champion", *BOB), "role-missing", 1),
        (("alias", "rm", "m"), "usage", 2),
        (("alias", "rm", "m@champion"), "alias-unknown", 2),
        (("alias", "bind", "m@production"), "usage", 2),
        (("alias", "bind", "m@production", "--none", "--policy", "p.yaml"), "usage", 2),
        (("alias", "bind", "m", "--none"), "usage", 2),
        (("alias", "bind", "m@production", "--none", *BOB), "role-missing", 1),
        (("alias", "ls", "none"), "log-unknown", 2),
    ],
)
def test_an_alias_that_cannot_be_changed_is_refused(
    alice: Inside, line: tuple[str, ...], expected: str, status: int
) -> None:
    assert code(alice.attest(*line, expect=status)) == expected
    assert events(alice) == ["register", "register"]


def test_an_archived_version_leaves_its_stage(alice: Inside) -> None:
    alice.attest("promote", "m:1", "--stage", "staging", "-q")
    assert PINNED.fullmatch(alice.attest("archive", "m:1", "-m", "old").out)
    alice.attest("alias", "set", "m:2", "champion", "-q")
    assert code(alice.attest("archive", "m:2", expect=1)) == "alias-in-use"
    assert code(alice.attest("archive", "m:1", *BOB, expect=1)) == "role-missing"
    assert code(alice.attest("archive", "m:9", expect=2)) == "version-unregistered"
    assert events(alice)[2:] == ["promote", "archive", "promote"]


def test_a_revoked_version_is_refused_everywhere(alice: Inside) -> None:
    alice.attest("alias", "set", "m:1", "champion", "-q")
    assert (
        "would revoke m:1, and @champion will admit nothing"
        in alice.attest("revoke", "m:1", "-m", "leak", "--dry-run").err
    )
    printed = alice.attest("revoke", "m:1", "-m", "leaked data", "--yes")
    assert "next: attest demote m@champion" in printed.err
    assert "already there" in alice.attest("revoke", "m:1", "-m", "leaked data").err
    assert "version-revoked" in alice.attest("verify", "m:1", *public("alice"), "--json", expect=1).out
    assert "version-revoked" in alice.attest("verify", "m@champion", *public("alice"), "--json", expect=1).out
    assert code(alice.attest("alias", "set", "m:1", "production", expect=1)) == "version-revoked"
    assert "1 (revoked)" in alice.attest("alias", "ls", "m").out


def test_a_revocation_goes_into_a_feed_too(alice: Inside) -> None:
    alice.attest("revocations", "init", "./feed.json", "-q")
    printed = alice.attest("revoke", "m:1", "-m", "leaked data", "--yes", "--feed", "./feed.json")
    assert "issued   feed.json, number 2" in printed.err
    again = alice.attest("revoke", "m:1", "-m", "leaked data", "--yes", "--feed", "./feed.json")
    assert "already in" in again.err
    listed = json.loads(alice.attest("revocations", "show", "./feed.json", *public("alice"), "--json").out)
    assert printed.out.split("@sha256:")[1].strip() in json.dumps(listed)


@pytest.mark.parametrize(
    ("line", "expected", "status"),
    [
        (("revoke", "m:1"), "reason-missing", 2),
        (("revoke", "m:1", "-m", "leak"), "not-confirmed", 2),
        (("revoke", "m:1", "-m", "leak", "--yes", *BOB), "role-missing", 1),
        (("revoke", "m:9", "-m", "leak", "--yes"), "version-unregistered", 2),
        (("revoke", "m", "-m", "leak", "--yes"), "version-missing", 2),
        (("rm", "m", "--yes"), "reason-missing", 2),
        (("rm", "m", "-m", "old"), "not-confirmed", 2),
        (("rm", "m:1", "-m", "old", "--yes"), "usage", 2),
        (("rm", "m", "-m", "old", "--yes", *BOB), "role-missing", 1),
        (("rm", "none", "-m", "old", "--yes"), "log-unknown", 2),
    ],
)
def test_what_cannot_be_undone_needs_a_reason_and_a_yes(
    alice: Inside, line: tuple[str, ...], expected: str, status: int
) -> None:
    assert code(alice.attest(*line, expect=status)) == expected
    assert events(alice) == ["register", "register"]


def test_a_person_is_asked_why_and_whether(alice: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attest.cli.render.on_terminal", lambda: True)
    declined = alice.attest("revoke", "m:1", given="leaked data\nn\n", expect=130)
    assert "Why is it revoked" in declined.err
    assert "m:1 cannot be used again by anybody. Revoke it? [y/N]" in declined.err
    assert events(alice) == ["register", "register"]
    assert "revoked  m:1" in alice.attest("revoke", "m:1", given="leaked data\ny\n").err
    assert "leaked data" in alice.attest("history", "m").out
    assert "error[reason-missing]" in alice.attest("reject", "m:2", given="\n", expect=2).err
    assert alice.attest("rm", "m", "-m", "old", given="no\n", expect=130).out == ""


def test_a_feed_that_is_not_there_does_not_take_the_revocation_back(alice: Inside) -> None:
    line = ("revoke", "m:1", "-m", "leak", "--yes", "--feed", "./none.json")
    assert code(alice.attest(*line, expect=1)) == "revocations-missing"
    alice.attest("revocations", "init", "./none.json", "-q")
    assert "nothing to do in the log" in alice.attest(*line).err
    assert events(alice)[2:] == ["revoke"]


def test_a_deleted_name_is_never_used_again(alice: Inside) -> None:
    alice.attest("alias", "set", "m:1", "champion", "-q")
    assert code(alice.attest("rm", "m", "-m", "old", "--yes", expect=1)) == "alias-in-use"
    alice.attest("alias", "rm", "m@champion")
    assert "would delete m, with 2 versions" in alice.attest("rm", "m", "-m", "old", "--dry-run").err
    alice.attest("rm", "m", "-m", "old", "--yes")
    assert "already there" in alice.attest("rm", "m", "-m", "old", "--yes").err
    (alice.folder / "model1/config.json").write_text('{"number": 3}')
    for line in (("push", "model1", "m"), ("register", "m:2"), ("evaluate", "m:1", "--metric", "auc=1")):
        expected = 0 if line[0] == "register" else 1
        printed = alice.attest(*line, expect=expected)
        assert "already there" in printed.err if expected == 0 else code(printed) == "model-deleted"
    assert alice.attest("ls", "m", "-q").out.count("\n") == 2, "what the log refuses is not stored first"
    assert "delete" in alice.attest("history", "m").out


def test_versions_from_before_the_log_are_registered_in_order(alice: Inside, bob: Inside) -> None:
    without_log(alice)
    assert "would register 2 versions" in bob.attest("register", "m", "--dry-run").err
    first = bob.attest("register", "m:1")
    assert "its admin from now on" in first.err
    assert PINNED.fullmatch(first.out)
    rest = json.loads(bob.attest("register", "m", "--json").out)
    assert [item["number"] for item in rest["items"]] == [2]
    assert "already there" in bob.attest("register", "m").err
    assert code(alice.attest("register", "m:3", expect=2)) == "name-unknown"
    assert code(alice.attest("register", "none", expect=2)) == "name-unknown"
    assert code(alice.attest("register", "m@champion", expect=2)) == "usage"
    (alice.folder / "model1/config.json").write_text('{"number": 3}')
    assert code(alice.attest("push", "model1", "m", expect=1)) == "role-missing"
    assert alice.attest("ls", "m", "-q").out.count("\n") == 2


def without_log(person: Inside) -> None:
    """A store as it was before there were logs, and a machine that never saw one."""
    (person.folder / "home/store/m/.attest/tags/attest-log").unlink()
    for place in ("state/logs", "state", "store/../state"):
        shutil.rmtree(person.folder / "home" / place, ignore_errors=True)
    for path in (person.folder / "home").rglob("*catalogue*"):
        path.unlink()


def test_whoami_names_the_signer_his_roles_and_his_logins(alice: Inside, bob: Inside) -> None:
    assert "logged in  nowhere" in alice.attest("whoami").out
    printed = alice.attest("whoami", "m").out
    assert "admin, approver, contributor, evaluator, in the log of m" in printed
    assert "roles      none" in bob.attest("whoami", "m").out
    document = json.loads(alice.attest("whoami", "m", "--json").out)
    assert {role["role"] for role in document["roles"]} == {"admin", "approver", "contributor", "evaluator"}
    assert re.fullmatch(r"key sha256:[0-9a-f]{64}\n", alice.attest("whoami", "-q").out)
    nobody = alice.attest("whoami", ATTEST_KEY=None)
    assert "nobody: no key is set" in nobody.out
    (alice.folder / "docker").mkdir()
    (alice.folder / "docker/config.json").write_text('{"auths": {"ghcr.io": {"auth": "YTpi"}}}')
    assert "logged in  ghcr.io" in alice.attest("whoami").out
    assert "YTpi" not in alice.attest("whoami", "--json").out


def test_whoami_of_a_key_or_model_that_is_not_there_is_refused(alice: Inside) -> None:
    assert code(alice.attest("whoami", "--key", "none.key", expect=2)) == "key-not-found"
    assert code(alice.attest("whoami", "none", expect=2)) == "log-unknown"


def test_every_act_has_been_done_by_some_verb(alice: Inside, bob: Inside) -> None:
    """All of them but the end of a fork, which has a file of its own."""
    (alice.folder / "any.yaml").write_text(POLICY)
    alice.attest("alias", "bind", "m@other", "--policy", "any.yaml", "-q")
    alice.attest("role", "grant", "m", "approver", "bob/attest.pub", "-q")
    alice.attest("evaluate", "m:1", "--from", "eval.json", "-q")
    for number in (1, 2):
        bob.attest("promote", f"m:{number}", "--to", "champion", "-q")
    bob.attest("rollback", "m@champion", "-q")
    bob.attest("demote", "m@champion", "-q")
    alice.attest("archive", "m:1", "-q")
    alice.attest("revoke", "m:1", "-m", "leak", "--yes", "-q")
    alice.attest("rm", "m", "-m", "old", "--yes", "-q")
    done = set(events(alice))
    assert set(Action) - done == {Action.RESOLVE_FORK}


def test_in_a_registry_that_others_use_writers_need_a_shared_catalogue(alice: Inside, tmp_path: Path) -> None:
    root = tmp_path / "registry"
    root.mkdir()
    with running(root) as registry:
        name = f"{registry.host}/m"
        assert "warning[catalogue-not-shared]" in alice.attest("push", "model1", name).err
        for line in (("promote", f"{name}:1", "--to", "champion"), ("role", "grant", name, "admin", "bob/attest.pub")):
            assert code(alice.attest(*line, expect=2)) == "catalogue-not-shared"
        configuration = alice.folder / json.loads(alice.attest("info", "--json").out)["configuration"]
        (configuration / "config.toml").write_text("single_writer = true\n")
        alice.attest("evaluate", f"{name}:1", "--from", "eval.json", "-q")
        alice.attest("promote", f"{name}:1", "--to", "champion", "-q")
        assert alice.attest("alias", "ls", name, "-q").out.startswith(f"{name}:1@sha256:")
        assert json.loads(alice.attest("log", "verify", name, "--json").out)["verdict"] == "verified"
