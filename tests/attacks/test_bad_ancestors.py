"""Rows 4, 21 and 73: what a version was made from is bad, swapped, or not what its name promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attest.claims.training import Operation, Role
from tests.end_to_end.lineage_scene import HEAD, make_scene
from tests.end_to_end.lineage_scene import Scene as Lineage

if TYPE_CHECKING:
    from tests.attacks.scene import Scene

SIGNED = "lineage: {base-model: signed, teacher-model: signed, adapter-base: signed}"
ROOTS = "lineage: {base-model: {must: signed, depth: roots}, teacher-model: {must: signed, depth: roots}}"
SAME = "lineage: {base-model: {satisfies: same}, teacher-model: {satisfies: same}}"


@pytest.fixture
def lineage(scene: Scene) -> Lineage:
    """Large, its student, and the student's tuned successor, in the store of this machine."""
    return make_scene(scene.folder)


def test_an_adapter_on_a_base_that_nobody_approved(scene: Scene, lineage: Lineage) -> None:
    lineage.push("acme/adapter", operation="fine-tune", adapter_of="acme/large:1", datasets={"tx": "tx.csv"})
    policy = lineage.policy(SIGNED)
    scene.honest("pull", "acme/adapter:1", "out", "--policy", policy)
    lineage.push("evil/large", key="mallory", operation="import")
    lineage.push("acme/other", operation="fine-tune", adapter_of="evil/large:1", datasets={"tx": "tx.csv"})
    scene.attack("pull", "acme/other:1", "out", "--policy", policy, code="ancestor-not-signed", status=1)


def test_an_adapter_beside_another_base(scene: Scene, lineage: Lineage) -> None:
    """A second provenance, by a careless signer, names another base for the same weights."""
    lineage.push("acme/adapter", operation="fine-tune", adapter_of="acme/large:1", datasets={"tx": "tx.csv"})
    policy = lineage.policy(head=HEAD.replace(", consistent: true", ""))
    scene.honest("pull", "acme/adapter:1", "out", "--policy", policy)
    lineage.tell("acme/adapter", Operation.FINE_TUNE, lineage.input(Role.ADAPTER_BASE, "acme/student"))
    scene.attack("pull", "acme/adapter:1", "out", "--policy", policy, code="adapter-base-differs", status=1)


@pytest.mark.parametrize(
    ("demand", "code"),
    [
        pytest.param(ROOTS, "ancestor-not-signed", id="ROOTS-ancestor-not-signed"),
        pytest.param(SAME, "ancestor-refused", id="SAME-ancestor-refused"),
    ],
)
def test_a_bad_teacher_two_generations_up(scene: Scene, lineage: Lineage, demand: str, code: str) -> None:
    policy = lineage.policy(demand)
    scene.honest("pull", "acme/tuned:1", "out", "--policy", policy)
    lineage.push("evil/large", key="mallory", operation="import")
    lineage.push("acme/pupil", operation="distill", teacher="evil/large:1", datasets={"tx": "tx.csv"})
    lineage.push("acme/heir", operation="fine-tune", base="acme/pupil:1", datasets={"tx": "tx.csv"})
    scene.attack("pull", "acme/heir:1", "out", "--policy", policy, code=code, status=1)


def test_the_evidence_of_a_bad_teacher_is_withheld(scene: Scene, lineage: Lineage) -> None:
    policy = lineage.policy(ROOTS)
    scene.honest("pull", "acme/tuned:1", "out", "--policy", policy)
    lineage.forget("acme/large")
    scene.attack("pull", "acme/tuned:1", "out", "--policy", policy, code="ancestor-unreachable", status=1)


def test_a_version_that_was_made_from_itself(scene: Scene, lineage: Lineage) -> None:
    """Round and round, everybody in the circle is vouched for by the next."""
    policy = lineage.policy(ROOTS)
    scene.honest("pull", "acme/student:1", "out", "--policy", policy)
    lineage.tell("acme/large", Operation.MERGE, lineage.input(Role.BASE_MODEL, "acme/student"))
    scene.attack("pull", "acme/student:1", "out", "--policy", policy, code="lineage-cycle", status=1)


def test_a_base_that_the_store_put_in_the_place_of_another(scene: Scene, lineage: Lineage) -> None:
    """Whoever pushes names a base by its number, and the store answers with a version of somebody else's.

    He has not been here before: who remembers the log of the base is told (`test_logs.py`).
    """
    policy = lineage.policy(SIGNED)
    lineage.push("acme/before", operation="fine-tune", base="acme/large:1", datasets={"tx": "tx.csv"})
    scene.honest("pull", "acme/before:1", "out", "--policy", policy)
    lineage.forget("acme/large")
    scene.forget_logs()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTEST_HOME", str(scene.folder / "home/hers"))
        lineage.push("acme/large", key="mallory", operation="import")
    (scene.folder / "home/hers/store/acme/large").rename(scene.folder / "home/store/acme/large")
    lineage.push("acme/after", operation="fine-tune", base="acme/large:1", datasets={"tx": "tx.csv"}, policy=policy)
    scene.attack("pull", "acme/after:1", "out", "--policy", policy, code="ancestor-not-signed", status=1)
