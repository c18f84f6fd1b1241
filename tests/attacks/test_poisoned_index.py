"""Row 26: the lists of a store are hints; every answer is derived again from signed bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from attest.claims.predicates import MODEL_SIGNATURE
from attest_registry.digest import Digest
from attest_registry.oci.descriptor import IMAGE_INDEX, IMAGE_MANIFEST
from tests.attacks.pulled_files import overwrite
from tests.attacks.release import FILES, weights

if TYPE_CHECKING:
    from pathlib import Path

    from tests.attacks.scene import Scene


def _pushed(scene: Scene) -> tuple[Path, dict[str, str]]:
    """The layout folder of a model with a version by alice and one by mallory, who may push, and tag → digest."""
    found = {}
    alice, mallory = (str(who.key.origin)[:-4] + ".key" for who in (scene.alice, scene.mallory))
    for own, fill in ((alice, b"w"), (mallory, b"m")):
        root = scene.release({**FILES, "model.safetensors": weights(fill)}).folder.tree.root
        outcome = scene.run("push", str(root), "demo/model", "--key", own)
        assert outcome.status == 0, outcome
        found[str(outcome.document["number"])] = str(outcome.document["digest"])
        if own == alice:
            grant = ("role", "grant", "demo/model", "contributor", str(scene.mallory.key.origin), "--key", alice)
            assert scene.run(*grant).status == 0
    scene.honest_pull("demo/model:1")
    return scene.folder / "home/store/demo/model", found


def _without_log(scene: Scene) -> tuple[Path, dict[str, str]]:
    """The same where the log was taken away from a host that has not seen it: the index is all that names a version.

    Where there is a log, the digest in it is what a number means (`test_logs.py`).
    """
    layout, found = _pushed(scene)
    (layout / ".attest/tags/attest-log").unlink()
    scene.forget_logs()
    scene.honest_pull("demo/model:1")
    return layout, found


def test_a_tag_that_points_at_another_version(scene: Scene) -> None:
    layout, digests = _without_log(scene)
    index = (layout / "index.json").read_text()
    swapped = index.replace(digests["1"], "?").replace(digests["2"], digests["1"]).replace("?", digests["2"])
    (layout / "index.json").write_text(swapped)
    scene.pull("demo/model:1", code="signer-not-trusted", status=1)
    scene.pull(f"demo/model:1@{digests['1']}", code="reference-disagrees", status=2)


def test_a_tag_that_stands_twice(scene: Scene) -> None:
    """Which of the two a reader takes would depend on the reader."""
    layout, digests = _without_log(scene)
    index = json.loads((layout / "index.json").read_text())
    entry = next(one for one in index["manifests"] if one["digest"] == digests["1"])
    index["manifests"].append({**entry, "digest": digests["2"]})
    (layout / "index.json").write_text(json.dumps(index))
    scene.pull("demo/model:1", code="malformed-layout", status=3)


NO_INDEX = {
    "cut": (b"{", "malformed-json"),
    "list": (b"[]", "malformed-json"),
    "twice": (b'{"schemaVersion":2,"manifests":[],"manifests":[]}', "malformed-json"),
    "version": (b'{"schemaVersion":1,"manifests":[]}', "malformed-layout"),
    "no-list": (b'{"schemaVersion":2,"manifests":{}}', "malformed-layout"),
    "path": (b'{"schemaVersion":2,"manifests":[{"digest":"../../x"}]}', "malformed-manifest"),
    "not-utf-8": (b"\xff\xfe", "malformed-json"),
    "empty": (b"", "malformed-json"),
}


@pytest.mark.parametrize(("content", "code"), NO_INDEX.values(), ids=NO_INDEX)
def test_an_index_that_is_none(scene: Scene, content: bytes, code: str) -> None:
    layout, _ = _pushed(scene)
    (layout / "index.json").write_bytes(content)
    scene.pull("demo/model:1", code=code, status=3)


def test_a_manifest_that_was_replaced_where_it_lies(scene: Scene) -> None:
    layout, digests = _pushed(scene)
    blobs = layout / "blobs/sha256"
    other = (blobs / digests["2"].removeprefix("sha256:")).read_bytes()
    overwrite(blobs / digests["1"].removeprefix("sha256:"), other)
    scene.pull("demo/model:1", code="digest-mismatch", status=3)


def test_every_list_in_turn(scene: Scene) -> None:
    """Each index and each referrer, one after the other, cut, emptied or scrambled: refused, or the same verdict."""
    layout, _ = _pushed(scene)
    honest = scene.run("verify", "demo/model:1", *scene.by_key).document
    blobs = sorted((layout / "blobs/sha256").iterdir())
    lists = [path for path in blobs if b"schemaVersion" in path.read_bytes()]
    assert len(lists) > 8
    for path in [*lists, layout / "index.json"]:
        raw, mode = path.read_bytes(), path.stat().st_mode
        for spoilt in (b"", raw[: len(raw) // 2], raw.replace(b"sha256:", b"sha256:0", 1), bytes(reversed(raw))):
            overwrite(path, spoilt)
            outcome = scene.run("verify", "demo/model:1", *scene.by_key)
            same = outcome.document == honest
            scene.harmless(same or outcome.status in {1, 2, 3}, why="refused, or the same verdict")
        overwrite(path, raw)
        path.chmod(mode)
    assert scene.run("verify", "demo/model:1", *scene.by_key).document == honest


@pytest.mark.parametrize("kind", ["elsewhere", "missing"])
def test_a_listing_of_somebody_elses_evidence(scene: Scene, kind: str) -> None:
    """A referrer is listed for a version that it does not refer to, or is not there at all."""
    good, bad = scene.release(), scene.release({**FILES, "model.safetensors": weights(b"x")})
    trust = scene.policy("signature: {by: [alice]}")
    scene.honest_pull(scene.served(good), *trust)
    scene.registry.serve(bad, bundles=[], tag="2")
    evidence = [
        (digest, raw)
        for (_, digest), (_, raw) in scene.fake.manifests.items()
        if (json.loads(raw).get("subject") or {}).get("digest") == str(good.digest)
    ]
    listed = [
        {
            "mediaType": IMAGE_MANIFEST,
            "digest": digest if kind == "elsewhere" else str(Digest.of(raw + b" ")),
            "size": len(raw),
            "artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        }
        for digest, raw in evidence
    ]
    scene.fake.extra_referrers = listed
    code, status = ("subject-mismatch", 3) if kind == "elsewhere" else ("evidence-missing", 1)
    scene.pull(f"{scene.registry.name}:2", *trust, code=code, status=status)


def test_a_fallback_tag_that_lists_another_versions_evidence(scene: Scene) -> None:
    good, bad = scene.release(), scene.release({**FILES, "model.safetensors": weights(b"x")})
    trust = scene.policy("signature: {by: [alice]}")
    scene.honest_pull(scene.served(good), *trust)
    scene.registry.serve(bad, bundles=good.signed_by(scene.alice, MODEL_SIGNATURE), tag="2")
    scene.fake.referrers_api = False
    entries = [
        {"mediaType": IMAGE_MANIFEST, "digest": digest, "size": len(raw)}
        for (_, digest), (_, raw) in scene.fake.manifests.items()
        if "subject" in json.loads(raw)
    ]
    raw = json.dumps({"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": entries}).encode()
    for release in (good, bad):
        scene.fake.manifests[(scene.registry.model, str(Digest.of(raw)))] = (IMAGE_INDEX, raw)
        scene.fake.tags[(scene.registry.model, str(release.digest).replace(":", "-"))] = str(Digest.of(raw))
    scene.honest_pull(f"{scene.registry.name}:1", *trust)
    scene.pull(f"{scene.registry.name}:2", *trust, code="digest-mismatch", status=3)
