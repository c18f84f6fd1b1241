"""Rows 1 and 35: the registry, the disk or a proxy gives out other bytes than the signed ones."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims.predicates import MODEL_SIGNATURE
from attest_registry.digest import Digest
from tests.attacks.pulled_files import overwrite
from tests.attacks.release import FILES, weights
from tests.services.docker_registry import running
from tests.services.registry_faults import answer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.attacks.scene import Scene
    from tests.services.registry_connection import Handler

WEIGHTS = FILES["model.safetensors"]
BLOB = f"/blobs/{Digest.of(WEIGHTS)}"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(WEIGHTS[:-1] + b"x", id="another-byte"),
        pytest.param(WEIGHTS + b"x", id="longer"),
        pytest.param(WEIGHTS[:-1], id="shorter"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_blob_with_other_bytes(scene: Scene, sent: bytes) -> None:
    reference = scene.served()
    assert scene.honest_pull(reference) == FILES
    scene.fake.on("GET", BLOB, answer(200, sent))
    scene.pull(reference, code="digest-mismatch", status=3)


def test_a_server_is_not_started_on_other_bytes(scene: Scene) -> None:
    reference = scene.served()
    scene.honest_pull(reference)
    scene.honest_exec(scene.served(scene.release({"model.safetensors": weights(b"2")}), tag="2"))
    scene.fake.on("GET", BLOB, answer(200, WEIGHTS[:-1] + b"x"))
    scene.pull(reference, code="digest-mismatch", status=3)
    scene.exec(reference, status=3)


def test_a_blob_that_differs_only_after_an_interruption(scene: Scene) -> None:
    """The first half comes from an honest moment, the second from another one (a swapped part file)."""
    reference = scene.served()
    scene.honest_pull(reference)

    def half(handler: Handler) -> None:
        start = handler.range_start() or 0
        body = WEIGHTS[: len(WEIGHTS) // 2] if not start else b"x" * (len(WEIGHTS) - start)
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(WEIGHTS) - 1}/{len(WEIGHTS)}")
        handler.send_header("Content-Length", str(len(WEIGHTS) - start))
        handler.end_headers()
        handler.wfile.write(body)
        handler.wfile.flush()
        handler.close_connection = True

    scene.fake.on("GET", BLOB, half)
    scene.pull(reference, code="digest-mismatch", status=3)


def test_a_compressed_answer(scene: Scene) -> None:
    """Row 14 too: nothing is inflated on the way in, so nothing can be a bomb."""
    reference = scene.served()
    scene.honest_pull(reference)
    scene.fake.on("GET", BLOB, answer(200, gzip.compress(WEIGHTS), Content_Encoding="gzip"))
    scene.pull(reference, code="store-refused", status=4)


def test_another_signed_version_for_a_pinned_digest(scene: Scene) -> None:
    """Everything about the other version is right, except that nobody asked for it."""
    first, second = scene.release(), scene.release({**FILES, "model.safetensors": weights(b"2")})
    scene.served(first)
    scene.served(second, tag="2")
    reference = f"{scene.registry.name}@{first.digest}"
    scene.honest_pull(reference)
    raw = second.folder.artefact.manifest.raw
    scene.fake.on("GET", f"/manifests/{first.digest}", answer(200, raw, Content_Type="application/json"))
    scene.pull(reference, code="digest-mismatch", status=3)


def test_a_tag_that_the_registry_contradicts_itself_about(scene: Scene) -> None:
    """The answer's own digest header belongs to another manifest: a proxy or cache changed one of the two."""
    first, second = scene.release(), scene.release({**FILES, "model.safetensors": weights(b"2")})
    reference = scene.served(first)
    scene.served(second, tag="2")
    scene.honest_pull(reference)
    media_type, raw = scene.fake.manifests[(scene.registry.model, str(second.digest))]
    scene.fake.on(
        "GET", "/manifests/1$", answer(200, raw, Content_Type=media_type, Docker_Content_Digest=str(first.digest))
    )
    scene.pull(reference, code="digest-mismatch", status=3)


def test_a_version_that_is_not_the_pinned_one(scene: Scene) -> None:
    """`NAME:1@sha256:…` while the registry has moved the tag to another signed version."""
    first, second = scene.release(), scene.release({**FILES, "model.safetensors": weights(b"2")})
    reference = f"{scene.served(first)}@{first.digest}"
    scene.served(second, tag="2")
    scene.honest_pull(reference)
    scene.fake.tags[(scene.registry.model, "1")] = str(second.digest)
    scene.pull(reference, code="reference-disagrees", status=2)


def _relabelled(release: Any) -> dict[str, Any]:
    """The manifest with another blob for a layer; every annotation still says what it said (row 35)."""
    document: dict[str, Any] = release.document
    swapped = weights(b"x")
    layer = next(layer for layer in document["layers"] if layer["digest"] == str(Digest.of(WEIGHTS)))
    layer["annotations"]["sha256"] = layer["digest"].removeprefix("sha256:")
    layer |= {"digest": str(Digest.of(swapped)), "size": len(swapped)}
    return document


def test_a_swapped_layer_with_an_equal_annotation(scene: Scene) -> None:
    release = scene.release()
    trust = scene.policy("signature: {by: [alice]}")
    scene.honest_pull(scene.served(release), *trust)
    scene.registry.put_blob(weights(b"x"))
    digest = scene.registry.put_manifest(_relabelled(release), tag="1")
    scene.registry.attach(release.signed_by(scene.alice, MODEL_SIGNATURE), digest)
    scene.pull(f"{scene.registry.name}:1", *trust, code="digest-mismatch", status=3)


def _flip_in(folder: Path, content: bytes) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
            overwrite(path, content[:-1] + bytes([content[-1] ^ 1]))
            return
    pytest.fail("the blob is not where the store was expected to keep it")


def _pushed(scene: Scene, name: str) -> None:
    release = scene.release()
    scene.run("push", str(release.folder.tree.root), name, "--key", str(scene.alice.key.origin)[:-4] + ".key")


def test_the_disk_of_the_embedded_store(scene: Scene) -> None:
    _pushed(scene, "demo/model")
    scene.honest_pull("demo/model:1")
    _flip_in(scene.folder / "home/store/demo", WEIGHTS)
    scene.pull("demo/model:1", code="digest-mismatch", status=3)
    scene.attack("verify", "demo/model:1", "--full", *scene.by_key, code="digest-mismatch", status=3)


def test_the_disk_of_a_registry(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "registry").mkdir()
    with running(tmp_path / "registry") as registry:
        name = f"{registry.host}/demo/model"
        _pushed(scene, name)
        scene.honest_pull(f"{name}:1")
        _flip_in(tmp_path / "registry" / "reg", WEIGHTS)
        scene.pull(f"{name}:1", code="digest-mismatch", status=3)


def test_the_disk_gives_other_evidence(scene: Scene) -> None:
    """A bundle whose bytes are not those that its referrer names does not count."""
    release = scene.release()
    reference = scene.served(release)
    scene.honest_pull(reference)
    for key, data in scene.fake.blobs.items():
        if b"dsseEnvelope" in data:
            scene.fake.blobs[key] = data + b" "
    scene.pull(reference, code="digest-mismatch", status=3)
