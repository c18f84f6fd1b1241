"""`attest.resolve`, `promote`, `rollback` and `history`: what they give, and what they raise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import attest
from attest.errors import IllegalEvent, InputError, LogBroken
from attest.signing.keyfile import generate
from attest_registry.errors import NotFound

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model with two versions, whose admin is Alice; Bob has a key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ATTEST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ATTEST_KEY", "alice.key")
    for name in ("alice", "bob"):
        generate(tmp_path / f"{name}.key", tmp_path / f"{name}.pub", passphrase=None)
    for number in (1, 2):
        (tmp_path / f"model{number}").mkdir()
        (tmp_path / f"model{number}/config.json").write_text(json.dumps({"number": number}))
        attest.push(tmp_path / f"model{number}", "m", label=f"1.{number}")
    return tmp_path


def test_a_name_is_moved_back_and_forth_and_its_story_told(pushed: Path) -> None:
    first = attest.promote("m:1", to="production", reason="first")
    assert (first.number, first.before, first.already, first.event) == (1, None, False, 3)
    again = attest.promote("m:1.1", to="production")
    assert (again.already, again.event, again.reference) == (True, 3, first.reference)
    assert attest.promote("m:2", to="production").before == 1
    assert attest.rollback("m@production", reason="slow").reference == first.reference
    assert attest.rollback("m@production", to=2).number == 2
    found = attest.resolve("m@production")
    assert (found.number, found.alias, found.revoked, found.first_use) == (2, "production", False, False)
    story = attest.history("m")
    assert [event.sequence for event in story] == [6, 5, 4, 3, 2, 1]
    assert [event.action for event in attest.history("m@production")] == ["rollback", "rollback", "promote", "promote"]
    assert (story[-1].label, story[-1].number, story[-1].proven) == ("1.1", 1, False)
    assert story[1].reason == "slow"
    assert story[0].by.startswith("key sha256:")
    assert {event.stage for event in story} == {None}


def test_a_stage_is_entered_without_an_alias(pushed: Path) -> None:
    assert attest.promote("m:1", stage="staging").before is None
    assert attest.history("m")[0].stage == "staging"


def test_a_gate_that_refuses_raises_its_verdict(pushed: Path) -> None:
    """Somebody who is no contributor any more has signed the version."""
    from attest.claims.log_state import RoleName
    from attest.cli.main import main

    assert main(["role", "grant", "m", "approver", "bob.pub", "-q"]) == 0
    assert main(["role", "grant", "m", "contributor", "bob.pub", "-q"]) == 0
    assert main(["role", "revoke", "m", RoleName.CONTRIBUTOR.value, "alice.pub", "-q"]) == 0
    with pytest.raises(attest.Denied) as refused:
        attest.promote("m:1", to="production", key="bob.key")
    assert not refused.value.verdict.allowed
    assert refused.value.exit_status == 1
    with pytest.raises(NotFound) as unknown:
        attest.resolve("m@production")
    assert unknown.value.code == "alias-unknown"


def test_what_cannot_be_meant_is_refused(pushed: Path) -> None:
    for call in (
        lambda: attest.resolve("m:1"),
        lambda: attest.rollback("m:1"),
        lambda: attest.promote("m:1"),
        lambda: attest.promote("m:1", to="production", stage="staging"),
    ):
        with pytest.raises(InputError) as typed:
            call()
        assert typed.value.code == "usage"


@pytest.mark.parametrize(
    ("reference", "key", "code"),
    [
        ("m:1", "bob.key", "role-missing"),
        ("m:7", "alice.key", "version-unregistered"),
        ("none:1", "alice.key", "log-unknown"),
        ("m:1", "none.key", "key-not-found"),
    ],
)
def test_a_promotion_that_may_not_be_is_refused(pushed: Path, reference: str, key: str, code: str) -> None:
    with pytest.raises(attest.AttestError) as refused:
        attest.promote(reference, to="production", key=key)
    assert refused.value.code == code
    assert [event.action for event in attest.history("m")] == ["register", "register"]


def test_there_is_nothing_to_roll_back_to(pushed: Path) -> None:
    attest.promote("m:1", to="production")
    with pytest.raises(IllegalEvent) as refused:
        attest.rollback("m@production")
    assert refused.value.code == "rollback-target"
    with pytest.raises(IllegalEvent) as never:
        attest.rollback("m@production", to=2)
    assert never.value.code == "rollback-target"


def test_a_log_that_is_gone_is_not_taken_for_none(pushed: Path) -> None:
    attest.promote("m:1", to="production")
    (pushed / "home/store/m/.attest/tags/attest-log").unlink()
    with pytest.raises(LogBroken) as refused:
        attest.resolve("m@production")
    assert refused.value.code == "log-rollback"
    with pytest.raises(LogBroken):
        attest.push(pushed / "model1", "m")


def test_a_push_by_somebody_else_stores_nothing(pushed: Path) -> None:
    (pushed / "model1/config.json").write_text("{}")
    with pytest.raises(IllegalEvent) as refused:
        attest.push(pushed / "model1", "m", key="bob.key")
    assert refused.value.code == "role-missing"
    assert attest.push(pushed / "model1", "m").number == 3
