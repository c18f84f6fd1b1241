"""Row 19: a stolen key, a bad version and a bad dataset are revoked; whoever profits keeps that from being known."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from attest.trust.identity import load_trusted_key
from attest_registry.digest import Digest
from tests.end_to_end.lineage_scene import NOW, make_scene
from tests.end_to_end.lineage_scene import Scene as Lineage

if TYPE_CHECKING:
    from tests.attacks.scene import Scene

FEED = "revocations: {by: [security], file: feed.json}"
YESTERDAY = f"{NOW - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def lineage(scene: Scene) -> Lineage:
    """Large, its student, and the student's tuned successor, in the store of this machine."""
    return make_scene(scene.folder)


def _deny(kind: str, value: Digest, since: str = YESTERDAY) -> str:
    return f"deny: [{{{kind}: '{value}', since: {since}, reason: stolen}}]"


def test_what_a_stolen_key_signed(scene: Scene, lineage: Lineage) -> None:
    """It says that it was signed long before the theft, which nothing proves."""
    stolen = load_trusted_key(scene.folder / "publisher.pub").fingerprint
    scene.honest("pull", "acme/large:1", "out", "--policy", lineage.policy())
    policy = lineage.policy(_deny("key", stolen))
    scene.attack("pull", "acme/large:1", "out", "--policy", policy, code="signer-revoked", status=1)


def test_a_revoked_version(scene: Scene, lineage: Lineage) -> None:
    first = lineage.feed()
    policy = lineage.policy(FEED)
    scene.honest("pull", "acme/large:1", "out", "--policy", policy)
    lineage.feed(lineage.revoked(lineage.digests["acme/large"]), sequence=2, previous=first)
    scene.attack("pull", "acme/large:1", "out", "--policy", policy, code="version-revoked", status=1)


@pytest.mark.parametrize("model", ["acme/student", "acme/tuned"])
def test_what_was_made_from_a_revoked_version(scene: Scene, lineage: Lineage, model: str) -> None:
    first = lineage.feed()
    policy = lineage.policy(FEED)
    scene.honest("pull", f"{model}:1", "out", "--policy", policy)
    lineage.feed(lineage.revoked(lineage.digests["acme/large"]), sequence=2, previous=first)
    scene.attack("pull", f"{model}:1", "out", "--policy", policy, code="ancestor-revoked", status=1)


def test_what_was_trained_on_a_revoked_dataset(scene: Scene, lineage: Lineage) -> None:
    scene.honest("pull", "acme/tuned:1", "out", "--policy", lineage.policy(_deny("dataset", Digest.of(b"other"))))
    policy = lineage.policy(_deny("dataset", Digest.of((scene.folder / "tx.csv").read_bytes())))
    scene.attack("pull", "acme/tuned:1", "out", "--policy", policy, code="dataset-revoked", status=1)


def test_the_ancestor_that_would_show_it_is_withheld(scene: Scene, lineage: Lineage) -> None:
    """Who was revoked stands behind the student, whose evidence the store no longer has."""
    policy = lineage.policy(_deny("manifest", Digest.of(b"other")))
    scene.honest("pull", "acme/tuned:1", "out", "--policy", policy)
    lineage.forget("acme/student")
    scene.attack("pull", "acme/tuned:1", "out", "--policy", policy, code="ancestor-unreachable", status=1)


def test_the_feed_is_withheld(scene: Scene, lineage: Lineage) -> None:
    lineage.feed()
    policy = lineage.policy(FEED)
    scene.honest("pull", "acme/large:1", "out", "--policy", policy)
    (scene.folder / "feed.json").unlink()
    scene.attack("pull", "acme/large:1", "out", "--policy", policy, code="revocations-missing", status=1)


def test_the_feed_is_frozen(scene: Scene, lineage: Lineage) -> None:
    first = lineage.feed()
    policy = lineage.policy(FEED)
    scene.honest("pull", "acme/large:1", "out", "--policy", policy)
    lineage.feed(issued=NOW - timedelta(days=2), sequence=2, previous=first)
    scene.attack("pull", "acme/large:1", "out", "--policy", policy, code="revocations-stale", status=1)


def test_an_older_issue_of_the_feed(scene: Scene, lineage: Lineage) -> None:
    first = lineage.feed()
    old = (scene.folder / "feed.json").read_bytes()
    lineage.feed(lineage.revoked(Digest.of(b"other")), sequence=2, previous=first)
    policy = lineage.policy(FEED)
    scene.honest("pull", "acme/large:1", "out", "--policy", policy)
    (scene.folder / "feed.json").write_bytes(old)
    scene.attack("pull", "acme/large:1", "out", "--policy", policy, code="revocations-rolled-back", status=1)


def test_another_history_of_the_feed(scene: Scene, lineage: Lineage) -> None:
    lineage.feed(lineage.revoked(Digest.of(b"other")))
    policy = lineage.policy(FEED)
    scene.honest("pull", "acme/large:1", "out", "--policy", policy)
    lineage.feed()
    scene.attack("pull", "acme/large:1", "out", "--policy", policy, code="revocations-forked", status=1)


@pytest.mark.parametrize("by", ["mallory", "publisher"])
def test_a_feed_by_somebody_else(scene: Scene, lineage: Lineage, by: str) -> None:
    """The publisher is named in the policy, but not for this."""
    first = lineage.feed()
    policy = lineage.policy(FEED)
    scene.honest("pull", "acme/large:1", "out", "--policy", policy)
    lineage.feed(by=by, sequence=2, previous=first)
    scene.attack("pull", "acme/large:1", "out", "--policy", policy, code="revocations-unsigned", status=1)
