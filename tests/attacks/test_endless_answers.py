"""Rows 14 and 16: answers without an end, sizes that cannot be, archives that would unfold."""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims.predicates import MODEL_SIGNATURE, PROVENANCE
from attest_registry import limits
from attest_registry.digest import Digest
from attest_registry.oci.descriptor import BUNDLE, EMPTY_DESCRIPTOR, IMAGE_INDEX, IMAGE_MANIFEST, Descriptor
from attest_registry.oci.manifest import Manifest
from tests.attacks.release import FILES
from tests.verify.evidence import signed_payload

if TYPE_CHECKING:
    from tests.attacks.scene import Scene
    from tests.services.registry_connection import Handler

_GIVES_UP = 3 * limits.REFERRER_PAGES
"""Pages after which the hostile server stops, so that a client without a bound ends too."""


@pytest.mark.parametrize("by", ["tag", "digest"])
def test_a_manifest_without_an_end(scene: Scene, by: str) -> None:
    """Padding makes it too large; everything in it is what alice signed."""
    release = scene.release()
    scene.honest_pull(scene.served(release))
    raw = json.dumps(release.document | {"annotations": {"padding": "x" * limits.MANIFEST_BYTES}}).encode()
    reference = scene.vouched(raw, release.folder.manifest)
    if by == "digest":
        reference = f"{scene.registry.name}@{Digest.of(raw)}"
    scene.pull(reference, code="content-too-large", status=3)


def test_a_manifest_without_an_end_on_disk(scene: Scene) -> None:
    release = scene.release()
    own = str(scene.alice.key.origin)[:-4] + ".key"
    assert scene.run("push", str(release.folder.tree.root), "demo/model", "--key", own).status == 0
    scene.honest_pull("demo/model:1")
    blob = scene.folder / "home/store/demo/model/blobs/sha256" / release.digest.hex
    blob.chmod(0o600)
    with blob.open("r+b") as file:
        file.truncate(3 * limits.MANIFEST_BYTES)
    scene.pull("demo/model:1", code="content-too-large", status=3)


@pytest.mark.parametrize("kind", ["empty", "same-page"])
def test_a_listing_without_an_end(scene: Scene, kind: str) -> None:
    release = scene.release()
    reference = scene.served(release)
    scene.honest_pull(reference)
    served: list[str] = []

    def page(handler: Handler) -> None:
        served.append(handler.path)
        body = json.dumps({"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": []}).encode()
        path = handler.path.partition("?")[0]
        following = f"<{path}?n={len(served) if kind == 'empty' else 0}>; rel=next"
        link = {} if len(served) > _GIVES_UP else {"Link": following}
        handler.reply(200, body, {"Content-Type": IMAGE_INDEX, **link})

    scene.fake.on("GET", "/referrers/", page)
    scene.pull(reference, code="endless-listing", status=4)
    assert len(served) <= limits.REFERRER_PAGES


def test_more_evidence_than_anybody_looks_at(scene: Scene) -> None:
    """The flood is cut off; what it buries is missing, which is a refusal and never more than that."""
    release = scene.release()
    reference = scene.served(release)
    scene.honest_pull(reference)
    scene.fake.page_size = 10_000
    fetched = len(scene.fake.seen)
    entry = {"mediaType": IMAGE_MANIFEST, "size": 2, "artifactType": BUNDLE}
    scene.fake.extra_referrers = [
        {**entry, "digest": str(Digest.of(b"%d" % number))} for number in range(limits.REFERRERS_PER_ARTEFACT + 500)
    ]
    scene.pull(reference, code="evidence-missing", status=1)
    assert len(scene.fake.seen) - fetched <= limits.REFERRERS_PER_ARTEFACT + 10


def test_a_bundle_that_says_it_is_huge(scene: Scene) -> None:
    release = scene.release()
    trust = scene.policy("signature: {by: [alice]}")
    reference = scene.served(release)
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    (bundle,) = release.signed_by(scene.alice, MODEL_SIGNATURE)
    padded = json.dumps(json.loads(bundle), indent=1).encode() + b" " * limits.BUNDLE_BYTES
    digest = scene.registry.put_blob(padded)
    layer = Descriptor(media_type=BUNDLE, digest=digest, size=len(padded))
    about = Descriptor(media_type=IMAGE_MANIFEST, digest=release.digest, size=1)
    made = Manifest.build(artifact_type=BUNDLE, config=EMPTY_DESCRIPTOR, layers=[layer], subject=about)
    scene.registry.put_manifest(made.raw)
    scene.pull(reference, *trust, code="content-too-large", status=3)
    assert not scene.fake.count("GET", f"/blobs/{digest}")


def test_a_statement_of_a_million_parts(scene: Scene) -> None:
    """Small as bytes, signed by the trusted key, and larger in memory than all evidence of a version may be."""
    release = scene.release()
    trust = scene.policy("provenance: {by: [alice]}")
    reference = scene.served(release)
    scene.honest_pull(reference, *trust)
    scene.registry.strip(release.digest)
    payload = release.claims[PROVENANCE].raw
    many = payload.replace(b'"predicate":{', b'"predicate":{"x":[' + b"{}," * (limits.JSON_PARTS // 2) + b"0],", 1)
    assert payload != many
    scene.registry.attach([signed_payload(many, scene.alice).raw], release.digest)
    scene.pull(reference, *trust, code="malformed-evidence", status=3)


@pytest.mark.parametrize("size", [10**17, limits.MODEL_BYTES + 1, -1, 1e3, True, "152"], ids=str)
def test_a_size_that_cannot_be(scene: Scene, size: object) -> None:
    release = scene.release()
    scene.honest_pull(scene.served(release))
    document = release.document
    document["layers"][0]["size"] = size
    reference = scene.vouched(document, release.folder.manifest)
    large = isinstance(size, int) and size > 1
    scene.pull(reference, code="content-too-large" if large else "malformed-manifest", status=3)


def test_more_layers_than_a_model_has(scene: Scene) -> None:
    release = scene.release()
    scene.honest_pull(scene.served(release))
    document = release.document
    layer = {"mediaType": "x", "digest": document["layers"][0]["digest"], "size": 1}
    document["layers"] += [layer] * limits.FILES_PER_MODEL
    scene.pull(scene.vouched(document, release.folder.manifest), code="content-too-large", status=3)


@pytest.mark.parametrize("ending", [".tar", ".tar+gzip", ".tar+zstd", ".raw+gzip", ""])
def test_a_layer_that_would_be_unpacked(scene: Scene, ending: str) -> None:
    """Nothing is ever unpacked: a layer is one raw file, or the manifest is refused, by whomever it is signed."""
    release = scene.release()
    scene.honest_pull(scene.served(release))
    document = release.document
    layer: dict[str, Any] = document["layers"][0]
    layer["mediaType"] = "application/vnd.cncf.model.weight.v1" + ending
    scene.pull(scene.vouched(document, release.folder.manifest), code="unsupported-layer", status=3)


def _bomb() -> bytes:
    """A NumPy archive of less than 4 MB, so that all of it may be looked at, which unfolds to 400 MB."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("w.npy", "w") as member,
    ):
        member.write(
            b"\x93NUMPY\x01\x00\x76\x00" + b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}".ljust(118)
        )
        for _ in range(400):
            member.write(bytes(1024 * 1024))
    return file.getvalue()


def test_a_file_that_would_unfold_is_recognised_as_it_lies(scene: Scene) -> None:
    """Recognising formats looks into archives, for pickles; with 400 MB of memory this must do."""
    (scene.folder / "model").mkdir()
    (scene.folder / "model/config.json").write_bytes(FILES["config.json"])
    own = str(scene.alice.key.origin)[:-4] + ".key"
    scene.honest("push", "model", "demo/bomb", "--key", own)
    (scene.folder / "model/weights.npz").write_bytes(_bomb())
    done = subprocess.run(
        [sys.executable, "-m", "attest", "push", "model", "demo/bomb", "--key", own],
        cwd=scene.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20)),
    )
    scene.harmless(done.returncode == 0, why=f"not unfolded{'' if done.returncode == 0 else done.stderr[-300:]}")
