"""`attest alias`: names of versions are set and removed, and policies are bound to them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.registry_people import BOB, PINNED, POLICY, alice_here, bob_here, code, events, pushed_once  # noqa: F401  # fixtures

if TYPE_CHECKING:
    from tests.end_to_end.in_process import Inside


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
