"""Who may issue the next of a feed, and from what nobody goes on."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from attest.cli.main import main
from attest.feed_places import TAG
from attest.trust.identity import load_trusted_key
from attest_registry.digest import Digest
from tests.end_to_end.issuing_scene import FEED, made_once, own_copy, said, verb  # noqa: F401  # fixtures
from tests.end_to_end.lineage_scene import NOW, Scene


def handed_over() -> list[str]:
    return ["renew", FEED, "--key", "vendor.key"]


def test_another_key_does_not_go_on(run: Any) -> None:
    run("init", FEED)
    before = Path(FEED).read_bytes()
    refused = run(*handed_over())
    assert (refused.status, refused.code) == (1, "revocations-other-signer")
    assert load_trusted_key(Path("security.pub")).fingerprint.short in refused.err
    assert Path(FEED).read_bytes() == before


def test_a_feed_is_handed_over_by_naming_the_key_before(run: Any) -> None:
    run("init", FEED)
    assert run(*handed_over(), "--trust-key", "mallory.pub").code == "revocations-other-signer"
    assert run(*handed_over(), "--trust-key", "security.pub").status == 0
    assert said().sequence == 2
    assert run("renew", FEED).code == "revocations-other-signer"


def test_a_policy_says_who_goes_on_and_what_readers_take(scene: Scene, run: Any) -> None:
    run("init", FEED)
    both = scene.policy("revocations: {by: [security, vendor], file: feed.json}", name="both.yaml")
    one = scene.policy("revocations: {by: [security], file: feed.json}", name="one.yaml")
    refused = run(*handed_over(), "--policy", one)
    assert (refused.status, refused.code) == (1, "revocations-unsigned")
    assert run(*handed_over(), "--policy", both).status == 0
    assert run("renew", FEED, "--policy", one).code == "revocations-other-signer"
    denied = scene.policy(
        "revocations: {by: [security, vendor], file: feed.json}",
        f"deny: [{{key: '{load_trusted_key(Path('security.pub')).fingerprint}', since: 2020-01-01, reason: lost}}]",
        name="denied.yaml",
    )
    assert run("renew", FEED, "--policy", denied).code == "revocations-unsigned"
    silent = scene.policy(name="silent.yaml")
    assert run("renew", FEED, "--policy", silent).code == "no-trust"
    assert run("renew", FEED, "--policy", one, "--trust-key", "vendor.pub").code == "usage"


# ---- from what nobody goes on


def test_an_older_issue_is_not_gone_on_from(run: Any) -> None:
    run("init", FEED)
    old = Path(FEED).read_bytes()
    run("renew", FEED)
    Path(FEED).write_bytes(old)
    refused = run("add", FEED, "manifest", "acme/large:1", "-m", "leaked")
    assert (refused.status, refused.code) == (1, "revocations-rolled-back")
    assert Path(FEED).read_bytes() == old


@pytest.mark.parametrize("sequence", [1, 2])
def test_another_history_is_not_gone_on_from(scene: Scene, run: Any, sequence: int) -> None:
    run("init", FEED)
    other = scene.feed(scene.revoked(Digest.of(b"x")), name="other.json")
    scene.feed(scene.revoked(Digest.of(b"x")), sequence=sequence, previous=None if sequence == 1 else other)
    assert run("renew", FEED).code == "revocations-forked"


def test_a_feed_that_is_gone_does_not_begin_again(run: Any) -> None:
    run("init", FEED)
    Path(FEED).unlink()
    for words in (["init", FEED], ["renew", FEED]):
        refused = run(*words)
        assert (refused.status, refused.code) == (1, "revocations-missing")
    assert not Path(FEED).exists()


def test_a_feed_from_the_future_is_not_gone_on_from(scene: Scene, run: Any) -> None:
    scene.feed(issued=NOW + timedelta(hours=2))
    assert run("renew", FEED).code == "revocations-stale"


def test_issues_are_never_dated_before_the_one_before(scene: Scene, run: Any) -> None:
    ahead = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=2)  # by a clock that is fast
    scene.feed(issued=ahead)
    assert run("renew", FEED).status == 0
    assert said().issued == ahead


SPOILT: dict[str, tuple[Any, str, int]] = {
    "no bundle": (lambda _: b"{}", "revocations-malformed", 3),
    "cut off": (lambda raw: raw[:-20], "revocations-malformed", 3),
    "a changed signature": (lambda raw: raw.replace(b'"sig":"', b'"sig":"AAAA', 1), "signature-invalid", 3),
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_is_spoilt_is_not_gone_on_from(run: Any, how: str) -> None:
    run("init", FEED)
    change, code, status = SPOILT[how]
    Path(FEED).write_bytes(change(Path(FEED).read_bytes()))
    before = Path(FEED).read_bytes()
    refused = run("renew", FEED)
    assert (refused.status, refused.code) == (status, code)
    assert Path(FEED).read_bytes() == before


def test_a_model_signature_is_no_feed_to_go_on_from(scene: Scene, run: Any) -> None:
    main(["evidence", "export", "acme/large:1", "bundles"])
    shutil.copy("bundles/model-signature.sigstore.json", FEED)
    refused = run("renew", FEED, "--key", "publisher.key")
    assert (refused.status, refused.code) == (3, "revocations-malformed")


def test_a_tag_on_something_else_is_no_feed(scene: Scene, run: Any) -> None:
    repository = scene.repository("acme/large")
    repository.tag(TAG, repository.resolve("1"))
    assert run("renew", "acme/large").code == "revocations-malformed"
    assert repository.resolve(TAG) == repository.resolve("1")


def test_a_place_without_a_feed_is_no_place_to_revoke(run: Any) -> None:
    for place in (FEED, "acme/security"):
        refused = run("add", place, "manifest", "acme/large:1", "-m", "leaked")
        assert (refused.status, refused.code) == (1, "revocations-missing")
        assert f"attest revocations init {place}" in refused.err
        assert run("show", place).code == "revocations-missing"
    assert not Path(FEED).exists()
