"""`attest role` and `attest whoami`: who may do what with a model, and who one is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.registry_people import BOB, alice_here, bob_here, code, events, pushed_once  # noqa: F401  # fixtures

if TYPE_CHECKING:
    from tests.end_to_end.in_process import Inside


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
