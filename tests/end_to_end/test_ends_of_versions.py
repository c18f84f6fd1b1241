"""`attest archive`, `attest revoke` and `attest rm`: how versions and models end, and what is asked before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.registry_people import BOB, PINNED, alice_here, code, events, public, pushed_once  # noqa: F401  # fixtures

if TYPE_CHECKING:
    from tests.end_to_end.in_process import Inside


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
