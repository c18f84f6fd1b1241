"""`attest resolve` for those who mean one log and no other: by a key, an identity or a policy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import attest
from attest.errors import AttestError
from tests.end_to_end.registry_people import PINNED, alice_here, bob_here, code, public, pushed_once  # noqa: F401  # fixtures

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.in_process import Inside

POLICY = """\
apiVersion: attest/v1
kind: Policy
name: production
identities:
  alice: {key: alice/attest.pub}
  bob: {key: bob/attest.pub}
require:
  signature: {by: [alice]}
formats: any
"""


@pytest.fixture(autouse=True)
def promoted(alice: Inside) -> None:
    alice.attest("promote", "m:1", "--to", "champion", "-q")


@pytest.fixture
def policy(alice: Inside) -> Callable[[str], tuple[str, str]]:
    def written(more: str) -> tuple[str, str]:
        (alice.folder / "policy.yaml").write_text(POLICY + more)
        return "--policy", "policy.yaml"

    return written


def test_the_log_of_the_named_key(alice: Inside) -> None:
    printed = alice.attest("resolve", "m@champion", *public("alice"))
    assert PINNED.fullmatch(printed.out)
    assert "pinned by the key or identity of the command line" in printed.err
    assert json.loads(alice.attest("resolve", "m@champion", *public("alice"), "--json").out)["pinned"] is True
    assert json.loads(alice.attest("resolve", "m@champion", "--json").out)["pinned"] is False


def test_the_log_of_somebody_else(alice: Inside, bob: Inside) -> None:
    refused = alice.attest("resolve", "m@champion", *public("bob"), expect=3)
    assert code(refused) == "log-transplant"
    assert refused.out == ""
    alice.attest("role", "grant", "m", "admin", "bob/attest.pub", "-q")  # now it is bob's as well
    assert PINNED.fullmatch(bob.attest("resolve", "m@champion", *public("bob"), "-q").out)


def test_the_log_that_a_policy_pins(alice: Inside, policy: Callable[[str], tuple[str, str]]) -> None:
    digest = json.loads(alice.attest("resolve", "m@champion", "--json").out)["log"]
    for pin in (
        "log: {admins: [alice]}\n",
        f'log: {{digest: "{digest}"}}\n',
        "log: {admins: [alice], min-sequence: 3}\n",
    ):
        assert PINNED.fullmatch(alice.attest("resolve", "m@champion", *policy(pin), "-q").out)


@pytest.mark.parametrize(
    ("pin", "status", "expected"),
    [
        ("", 1, "log-not-pinned"),
        ("log: {admins: [bob]}\n", 3, "log-transplant"),
        (f'log: {{digest: "sha256:{"0" * 64}"}}\n', 3, "log-transplant"),
        ("log: {admins: [alice], environment: production-eu}\n", 3, "log-transplant"),
        ("log: {admins: [alice], min-sequence: 99}\n", 3, "log-rollback"),
        ("log: {admins: [alice], checkpoint: {by: [alice], max-age: 1h}}\n", 1, "log-stale"),
    ],
)
def test_a_log_that_a_policy_does_not_mean(
    alice: Inside, policy: Callable[[str], tuple[str, str]], pin: str, status: int, expected: str
) -> None:
    refused = alice.attest("resolve", "m@champion", *policy(pin), "-q", expect=status)
    assert code(refused) == expected
    assert refused.out == ""


def test_what_cannot_be_asked_together(alice: Inside) -> None:
    assert code(alice.attest("resolve", "m@champion", *public("alice"), "--policy", "x.yaml", expect=2)) == "usage"
    assert code(alice.attest("resolve", "m@champion", *public("alice"), "--from-catalogue", expect=2)) == "usage"
    assert code(alice.attest("resolve", "m@champion", "--key", "none.pub", expect=2)) == "key-not-found"


def test_from_python(alice: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(alice.folder)
    monkeypatch.setenv("ATTEST_HOME", str(alice.folder / "home"))
    assert attest.resolve("m@champion", key="alice/attest.pub").number == 1
    with pytest.raises(AttestError) as refused:
        attest.resolve("m@champion", key="bob/attest.pub")
    assert (refused.value.code, refused.value.exit_status) == ("log-transplant", 3)
