"""Row 72: the policy that an operator's own document extends is exchanged below it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.attacks.scene import Scene

HEAD = "apiVersion: attest/v1\nkind: Policy\n"
BASE = "name: org\nidentities: {{alice: {{key: {key}}}}}\nrequire: {{{require}}}\nformats: any\n"
BOTH = "signature: {by: [alice]}, provenance: {by: [alice]}"


def _base(scene: Scene, require: str = BOTH, *, key: Path | str = "alice.pub") -> None:
    (scene.folder / "home/org.yaml").write_text(HEAD + BASE.format(key=key, require=require))


def _own(scene: Scene, extends: str = "org.yaml") -> tuple[str, str]:
    """The operator's document, and the organisation's that it goes on from, with its key beside it."""
    home = scene.folder / "home"
    home.mkdir(exist_ok=True)
    (home / "alice.pub").write_bytes(Path(scene.alice.key.origin).read_bytes())
    _base(scene)
    (home / "own.yaml").write_text(f"{HEAD}name: own\nextends: {extends}\n")
    return "--policy", str(home / "own.yaml")


def _digest(scene: Scene, reference: str, trust: tuple[str, str]) -> str:
    outcome = scene.run("verify", reference, *trust)
    assert outcome.status == 0, outcome
    return str(outcome.document["policy"]["digest"])


@pytest.mark.parametrize("what", ["a-demand-less", "another-key"])
def test_a_base_that_was_exchanged(scene: Scene, what: str) -> None:
    """What allowed a version is named by its digest, and the exchanged one has another."""
    reference, trust = scene.served(), _own(scene)
    scene.honest_pull(reference, *trust)
    before = _digest(scene, reference, trust)
    if what == "another-key":
        (scene.folder / "home/alice.pub").write_bytes(Path(scene.mallory.key.origin).read_bytes())
        release = scene.release()
        scene.registry.strip(release.digest)
        scene.registry.attach(release.signed_by(scene.mallory), release.digest)
    else:
        _base(scene, "signature: {by: [alice]}")
    scene.harmless(_digest(scene, reference, trust) != before, why="another policy by its digest")


def test_a_base_that_takes_a_demand_away(scene: Scene) -> None:
    """What the organisation demands is not loosened by whoever extends it."""
    release = scene.release()
    reference, trust = scene.served(release), _own(scene)
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    scene.registry.attach(release.signed_by(scene.alice)[:1], release.digest)
    (scene.folder / "home/own.yaml").write_text(
        f"{HEAD}name: own\nextends: org.yaml\nrequire: {{signature: {{by: [alice]}}}}\n"
    )
    scene.pull(reference, *trust, code="evidence-missing", status=1)


@pytest.mark.parametrize("place", ["http://{host}/org.yaml", "file:///{host}"])
def test_a_base_that_would_be_fetched(scene: Scene, place: str) -> None:
    reference, trust = scene.served(), _own(scene)
    scene.honest_pull(reference, *trust)
    _own(scene, place.format(host=scene.fake.host))
    asked = len(scene.fake.seen)
    scene.pull(reference, *trust, code="policy-extends", status=2)
    assert len(scene.fake.seen) == asked
