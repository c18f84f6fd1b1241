"""Rows 6 and 36: evidence is taken away, or buried under evidence that does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attest.claims.predicates import ML_BOM, MODEL_SIGNATURE, PROVENANCE
from attest_registry.oci.descriptor import BUNDLE, EMPTY_DESCRIPTOR, IMAGE_MANIFEST, Descriptor
from attest_registry.oci.manifest import Manifest
from tests.attacks.release import FILES
from tests.services.docker_registry import running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.attacks.release import Release
    from tests.attacks.scene import Scene

KINDS = {"signature": MODEL_SIGNATURE, "provenance": PROVENANCE, "ml-bom": ML_BOM}


def test_no_evidence_at_all(scene: Scene) -> None:
    release = scene.release()
    reference = scene.served(release)
    scene.honest_pull(reference)
    scene.honest_exec(reference)
    scene.registry.strip(release.digest)
    scene.pull(reference, code="evidence-missing", status=1)
    scene.exec(reference, status=1)


@pytest.mark.parametrize("key", KINDS)
def test_one_claim_is_missing(scene: Scene, key: str) -> None:
    """Each demand alone, so that nothing but its own rule can notice."""
    release = scene.release()
    trust = scene.policy(f"{key}: {{by: [alice]}}")
    reference = scene.served(release)
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    scene.registry.attach(
        release.signed_by(scene.alice, *(kind for name, kind in KINDS.items() if name != key)), release.digest
    )
    scene.pull(reference, *trust, code="evidence-missing", status=1)


@pytest.mark.parametrize("key", KINDS)
def test_one_claim_is_missing_for_a_key(scene: Scene, key: str) -> None:
    release = scene.release()
    reference = scene.served(release)
    scene.honest_pull(reference)
    scene.registry.strip(release.digest)
    scene.registry.attach(
        release.signed_by(scene.alice, *(kind for name, kind in KINDS.items() if name != key)), release.digest
    )
    scene.pull(reference, code="evidence-missing", status=1)


def test_a_demanded_claim_of_another_kind_is_missing(scene: Scene) -> None:
    reference = scene.served()
    scene.honest_pull(reference)
    trust = scene.policy("signature: {by: [alice]}, claims: [{type: test-result, by: [alice]}]")
    scene.pull(reference, *trust, code="evidence-missing", status=1)


def test_the_embedded_store_loses_the_evidence(scene: Scene) -> None:
    release = scene.release()
    own = str(scene.alice.key.origin)[:-4] + ".key"
    assert scene.run("push", str(release.folder.tree.root), "demo/model", "--key", own).status == 0
    scene.honest_pull("demo/model:1")
    blobs = scene.folder / "home/store/demo/model/blobs/sha256"
    index = (scene.folder / "home/store/demo/model/index.json").read_bytes().splitlines(keepends=True)
    named = [line.rstrip(b",\n") for line in index if b"ref.name" in line]
    assert len(list(blobs.iterdir())) > len(FILES)
    (blobs.parents[1] / "index.json").write_bytes(index[0] + b",\n".join(named) + b"\n]}\n")
    scene.pull("demo/model:1", code="evidence-missing", status=1)


def test_a_registry_without_referrers_loses_its_tag(scene: Scene, tmp_path: Path) -> None:
    """CNCF Distribution 2.8 lists evidence under a tag, which anybody who may push can take away."""
    (tmp_path / "registry").mkdir()
    with running(tmp_path / "registry") as registry:
        name = f"{registry.host}/demo/model"
        own = str(scene.alice.key.origin)[:-4] + ".key"
        assert scene.run("push", str(scene.release().folder.tree.root), name, "--key", own).status == 0
        scene.honest_pull(f"{name}:1")
        for tag in (tmp_path / "registry/reg").rglob("_manifests/tags/sha256-*"):
            tag.rename(tag.with_name("elsewhere"))
        scene.pull(f"{name}:1", code="evidence-missing", status=1)


def _garbage(scene: Scene, release: Release, kind: str) -> None:
    """A referrer of mallory's that is wrong in one way."""
    about = Descriptor(media_type=IMAGE_MANIFEST, digest=release.digest, size=1)
    if kind == "not-a-bundle":
        scene.registry.attach([b"not a bundle"], release.digest)
    elif kind == "by-a-stranger":
        scene.registry.attach(release.signed_by(scene.mallory), release.digest)
    elif kind == "about-another-version":
        other = scene.release({**FILES, "README.md": b"# other\n"})
        scene.registry.attach(other.signed_by(scene.alice), release.digest)
    else:
        gone = Descriptor.of(b"gone", BUNDLE)
        made = Manifest.build(artifact_type=BUNDLE, config=EMPTY_DESCRIPTOR, layers=[gone], subject=about)
        scene.registry.put_manifest(made.raw)


@pytest.mark.parametrize("kind", ["not-a-bundle", "by-a-stranger", "about-another-version", "gone"])
def test_good_evidence_under_bad(scene: Scene, kind: str) -> None:
    """Row 36: each piece is judged on its own, so whoever may attach cannot make a good version unusable."""
    release = scene.release()
    reference = scene.served(release)
    scene.honest_pull(reference)
    _garbage(scene, release, kind)
    outcome = scene.run("pull", reference, "out", *scene.by_key)
    scene.harmless(outcome.status == 0, why="still allowed")
