"""`attest revocations show`: verified where somebody is trusted, and safe to look at where nobody is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from attest_registry.digest import Digest
from tests.end_to_end.issuing_scene import FEED, made_once, own_copy, verb  # noqa: F401  # fixtures

if TYPE_CHECKING:
    from tests.end_to_end.lineage_scene import Scene


@pytest.mark.parametrize(
    ("spoil", "options", "status", "code"),
    [
        (None, [], 0, ""),
        (None, ["--key", "security.pub"], 0, ""),
        (None, ["--key", "mallory.pub"], 1, "revocations-unsigned"),
        (None, ["--policy", "silent.yaml"], 2, "no-trust"),
        (None, ["--key", "security.pub", "--policy", "silent.yaml"], 2, "usage"),
        (lambda _: b"{}", ["--key", "security.pub"], 3, "malformed-evidence"),
        (lambda _: b"{}", [], 3, "malformed-evidence"),
    ],
)
def test_what_is_shown_is_verified_where_somebody_is_trusted(  # noqa: PLR0917
    scene: Scene, run: Any, spoil: Any, options: list[str], status: int, code: str
) -> None:
    scene.policy(name="silent.yaml")
    run("init", FEED)
    if spoil is not None:
        Path(FEED).write_bytes(spoil(Path(FEED).read_bytes()))
    shown = run("show", FEED, *options)
    assert (shown.status, shown.code) == (status, code)
    assert ("NOT VERIFIED" in shown.out) == (not options and status == 0)


def test_a_policy_of_the_settings_that_names_no_feed_verifies_none(
    scene: Scene, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init", FEED)
    monkeypatch.setenv("ATTEST_POLICY", scene.policy(name="silent.yaml"))
    assert "NOT VERIFIED" in run("show", FEED).out
    monkeypatch.setenv("ATTEST_POLICY", scene.policy("revocations: {by: [security], file: x}"))
    assert "verified with production" in run("show", FEED).out
    monkeypatch.setenv("ATTEST_POLICY", scene.policy("revocations: {by: [vendor], file: x}"))
    assert run("show", FEED).code == "revocations-unsigned"


def test_the_older_issue_is_shown_as_such(run: Any) -> None:
    run("init", FEED)
    old = Path(FEED).read_bytes()
    run("renew", FEED)
    Path(FEED).write_bytes(old)
    assert run("show", FEED, "--key", "security.pub").code == "revocations-rolled-back"
    shown = run("show", FEED, "--key", "security.pub", "--json")
    assert shown.status == 1
    assert (shown.document["in_force"], shown.document["finding"]["code"]) == (False, "revocations-rolled-back")


def test_control_characters_of_a_stranger_reach_no_terminal(scene: Scene, run: Any) -> None:
    scene.feed(scene.revoked(Digest.of(b"x"), reason="\x1b[2Jgone\nnothing"), by="mallory")
    shown = run("show", FEED)
    assert shown.status == 0
    assert "\x1b" not in shown.out
    assert "\\x1b[2Jgone\\x0anothing" in shown.out
