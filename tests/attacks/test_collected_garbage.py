"""Row 76: a registry throws evidence away, as its garbage collection does with what has no tag."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from attest.claims.predicates import ML_BOM, MODEL_SIGNATURE, PROVENANCE, word_for
from attest.cli.main import main

if TYPE_CHECKING:
    from tests.attacks.scene import Scene

KINDS: Final = {"signature": MODEL_SIGNATURE, "provenance": PROVENANCE, "ml-bom": ML_BOM}


@pytest.mark.parametrize("key", KINDS)
def test_a_claim_that_was_collected(scene: Scene, key: str) -> None:
    """The refusal says which claim is missing; who has exported it can attach it again."""
    release = scene.release()
    reference = scene.served(release)
    trust = scene.policy(", ".join(f"{name}: {{by: [alice]}}" for name in KINDS))
    scene.honest_pull(reference, *trust)
    pack = scene.folder / "home/pack"
    assert scene.run("evidence", "export", reference, str(pack)).status == 0
    scene.registry.strip(release.digest)
    others = [kind for name, kind in KINDS.items() if name != key]
    scene.registry.attach(release.signed_by(scene.alice, *others), release.digest)
    outcome = scene.pull(reference, *trust, code="evidence-missing", status=1)
    missing = [finding for finding in outcome.document["findings"] if finding["code"] == "evidence-missing"]
    assert {word_for(KINDS[key]).lower() in json.dumps(finding).lower() for finding in missing} == {True}
    assert main(["evidence", "attach", reference, *map(str, sorted(pack.iterdir()))]) == 0
    scene.honest_pull(reference, *trust)
