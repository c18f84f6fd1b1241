"""Which log a policy means: by its first event, by its admins, by the key that was typed; any other is an incident."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attest.policy.document import policy_for_keys
from attest.policy.verdict import Status
from attest_registry.digest import Digest
from tests.policy.given_log import (
    ALICE,
    BOB,
    HEAD,
    LOG,
    MALLORY,
    ROOT,
    TEAM,
    checkpoint,
    code,
    given,
    judged,
    login,
    rules,
    verdict,
    who,
)
from tests.verify.evidence import NOW
from tests.verify.private_fulcio import ISSUER

if TYPE_CHECKING:
    from pathlib import Path

    from attest.policy.ancestry import GivenLog


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "root.json").write_text(ROOT)
    return tmp_path


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ({"digest": str(LOG)}, given(first=None, admins=())),
        ({"digest": str(LOG)}, given(environment="staging")),
        ({"admins": ["alice"]}, given()),
        ({"admins": ["alice", "bob"]}, given(first=who(MALLORY), admins=(who(BOB), who(ALICE)))),
        ({"admins": ["alice"]}, given(admins=(who(MALLORY),))),  # he began it, and gave it to somebody else
        ({"admins": ["alice"], "environment": "eu"}, given(environment="eu")),
        ({"digest": str(LOG), "admins": ["bob"]}, given(first=who(BOB))),
        ({"min-sequence": 17, "digest": str(LOG)}, given()),
    ],
)
def test_the_log_that_the_policy_means_passes(folder: Path, log: dict[str, Any], found: GivenLog) -> None:
    finding = judged(rules(folder, log), found)
    assert finding.status is Status.PASSED
    assert finding.summary.startswith("@production, event 17 of the log ")
    assert verdict(rules(folder, log), found).allowed


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ({"digest": str(Digest.of(b"another"))}, given()),
        ({"digest": str(Digest.of(b"another")), "admins": ["alice"]}, given()),
        ({"digest": str(LOG), "admins": ["bob"]}, given()),
        ({"admins": ["bob"]}, given()),
        ({"admins": ["bob"]}, given(admins=(who(BOB), who(ALICE)))),  # one stranger among the admins is enough
        ({"admins": ["bob"]}, given(admins=())),
        ({"admins": ["bob"]}, given(first=None, admins=())),
        ({"admins": ["alice"], "environment": "eu"}, given(environment="us")),
        ({"admins": ["alice"], "environment": "eu"}, given()),
        ({"digest": str(LOG), "environment": "eu"}, given(environment="us")),
        ({"admins": ["alice"]}, given(first=login("alice"), admins=(login("alice"),))),
        ({"admins": ["bob"]}, given(alias=None)),  # a pin that is written down goes for every version
    ],
)
def test_another_log_is_an_incident(folder: Path, log: dict[str, Any], found: GivenLog) -> None:
    assert code(rules(folder, log), found) == ("log-transplant", 3)


def test_an_alias_means_nothing_in_a_log_that_nothing_pins(folder: Path) -> None:
    finding = judged(rules(folder), given(environment="eu"))
    assert code(rules(folder), given()) == ("log-not-pinned", 1)
    assert finding.hint is not None
    assert f'log: {{digest: "{LOG}"}}' in finding.hint
    assert "log: {admins: [alice], environment: eu}" in finding.hint
    assert "NAME" in str(judged(rules(folder), given(first=who(MALLORY), admins=())).hint)


def test_freshness_alone_pins_nothing(folder: Path) -> None:
    policy = rules(folder, {"checkpoint": {"by": ["ops"]}, "min-sequence": 1, "environment": "eu"})
    assert code(policy, given(environment="eu", checkpoint=checkpoint(policy), mark=HEAD)) == ("log-not-pinned", 1)


def test_admins_of_several_registries_pin_a_log_with_its_environment_only(folder: Path) -> None:
    finding = judged(rules(folder, {"admins": ["alice"]}), given(environment="eu"))
    assert (finding.code, finding.exit_status) == ("log-not-pinned", 1)
    assert "environment: eu" in str(finding.hint)


def test_the_role_of_admins_pins_where_the_key_names_nobody(folder: Path) -> None:
    roles = {"admin": ["alice", "bob"]}
    assert judged(rules(folder, roles=roles), given()).status is Status.PASSED
    assert judged(rules(folder, {"min-sequence": 3}, roles=roles), given()).status is Status.PASSED
    assert code(rules(folder, roles={"admin": "bob"}), given()) == ("log-transplant", 3)
    assert code(rules(folder, {"admins": ["bob"]}, roles=roles), given()) == ("log-transplant", 3)
    assert judged(rules(folder, {"digest": str(LOG)}, roles={"admin": "bob"}), given()).status is Status.PASSED


@pytest.mark.parametrize(
    "found", [given(), given(first=who(BOB), admins=(who(BOB), who(ALICE))), given(environment="eu")]
)
def test_the_key_that_was_typed_pins_its_own_log(found: GivenLog) -> None:
    policy = policy_for_keys([ALICE.key])
    assert judged(policy, found).status is Status.PASSED
    assert "pinned by the key or identity of the command line" in judged(policy, found).summary
    assert verdict(policy, found).allowed


def test_the_key_that_was_typed_pins_no_other() -> None:
    others = given(first=who(BOB), admins=(who(MALLORY),))
    assert code(policy_for_keys([ALICE.key]), others) == ("log-transplant", 3)


@pytest.mark.parametrize(
    ("identity", "subject", "pins"),
    [
        (TEAM, "ann@acme.example", True),
        (TEAM, "ann@evil.example", False),
        (TEAM | {"kind": "email"}, "ann@acme.example", True),
        (TEAM | {"kind": "username"}, "ann@acme.example", False),
        ({"issuer": ISSUER, "subject": "https://ci.example/x", "kind": "uri"}, "https://ci.example/x", True),
        ({"issuer": ISSUER, "subject": "https://ci.example/x"}, "https://ci.example/y", False),
        ({"issuer": ISSUER, "subject": "ann!acme", "kind": "username"}, "ann!acme", True),
    ],
)
def test_logins_pin_by_issuer_and_subject(folder: Path, identity: dict[str, Any], subject: str, pins: bool) -> None:
    policy = rules(folder, {"admins": ["team"]}, identities={"team": identity}, trust={"root": "root.json"})
    found = judged(policy, given(first=login(subject)))
    assert found.code == (None if pins else "log-transplant")
    assert judged(policy, given(first=login(subject, "https://evil.example"))).code == "log-transplant"


def test_somebody_whose_key_is_denied_pins_nothing(folder: Path) -> None:
    """Who found it could begin a log in his name; the people whom he gave the log to are as good as before."""
    entry = {"key": str(ALICE.key.fingerprint), "since": "2026-01-01", "reason": "laptop stolen"}
    require = {"require": {"signature": {"by": ["alice"]}}}
    policy = rules(folder, {"admins": ["alice", "bob"]}, deny=[entry], **require)
    assert judged(policy, given()).code == "log-transplant"
    assert judged(policy, given(admins=(who(BOB),))).status is Status.PASSED


def test_a_login_that_is_denied_pins_nothing(folder: Path) -> None:
    entry = {"identity": {"issuer": ISSUER, "subject": "ann@acme.example"}, "since": "2026-01-01", "reason": "left"}
    values: dict[str, Any] = {"identities": {"team": TEAM}, "trust": {"root": "root.json"}, "deny": [entry]}
    policy = rules(folder, {"admins": ["team"]}, **values)
    assert judged(policy, given(first=login("ann@acme.example"), admins=())).code == "log-transplant"
    assert judged(policy, given(first=login("eve@acme.example"), admins=())).status is Status.PASSED


def test_a_key_that_has_run_out_pins_nothing(folder: Path) -> None:
    pem = MALLORY.signer.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    old = {"old": {"key": pem, "not-after": "2025-12-31", "time": "not-required"}}
    policy = rules(folder, {"admins": ["old"]}, identities=old)
    assert judged(policy, given(first=who(MALLORY))).code == "log-transplant"
    assert judged(policy, given(first=who(MALLORY)), now=NOW - timedelta(days=400)).status is Status.PASSED
