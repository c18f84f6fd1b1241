"""Other tools read our layouts and write into them."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from attest_registry.oci.descriptor import (
    BUNDLE,
    EMPTY_BYTES,
    EMPTY_DESCRIPTOR,
    IMAGE_MANIFEST,
    MODEL_ARTIFACT,
    MODEL_CONFIG,
    Descriptor,
)
from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.manifest import Manifest

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = b'{"descriptor":{},"modelfs":{"type":"layers","diffIds":[]},"config":{}}'
needs_skopeo = pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")


def skopeo(*arguments: str) -> bytes:
    return subprocess.run(["skopeo", *arguments], check=True, capture_output=True, timeout=60).stdout


def push(repository: LayoutRepository, tag: str) -> Manifest:
    weights = f"weights of {tag}".encode() * 100
    layer, config = (
        Descriptor.of(weights, "application/vnd.cncf.model.weight.v1.raw"),
        Descriptor.of(CONFIG, MODEL_CONFIG),
    )
    repository.push_blob(layer, weights)
    repository.push_blob(config, CONFIG)
    manifest = Manifest.build(artifact_type=MODEL_ARTIFACT, config=config, layers=[layer])
    attach(repository, manifest, f"claim on {tag}")
    repository.push_manifest(manifest.raw, IMAGE_MANIFEST)
    repository.tag(tag, manifest.descriptor)
    return manifest


def attach(repository: LayoutRepository, subject: Manifest, text: str) -> Manifest:
    layer = Descriptor.of(text.encode(), BUNDLE)
    repository.push_blob(layer, text.encode())
    repository.push_blob(EMPTY_DESCRIPTOR, EMPTY_BYTES)
    claim = Manifest.build(artifact_type=BUNDLE, config=EMPTY_DESCRIPTOR, layers=[layer], subject=subject.descriptor)
    repository.push_manifest(claim.raw, IMAGE_MANIFEST)
    return claim


@pytest.mark.interop
@needs_skopeo
def test_skopeo_reads_our_layout(tmp_path: Path) -> None:
    repository = LayoutRepository(tmp_path, "acme/model")
    manifests = [push(repository, str(number)) for number in (1, 2)]
    for number, manifest in enumerate(manifests, start=1):
        assert skopeo("inspect", "--raw", f"oci:{repository.folder}:{number}") == manifest.raw


@pytest.mark.interop
@needs_skopeo
def test_skopeo_copies_between_our_layouts_and_we_read_and_go_on_writing(tmp_path: Path) -> None:
    source, target = (LayoutRepository(tmp_path, name) for name in ("source", "target"))
    copied, own = push(source, "1"), push(target, "own")
    where = [f"oci:{source.folder}:1", f"oci:{target.folder}:copied"]
    skopeo("copy", "--preserve-digests", *where)
    assert not (target.folder / "index.json").read_bytes().endswith(b"\n]}\n")
    assert target.resolve("copied").digest == copied.descriptor.digest
    assert target.resolve("own").digest == own.descriptor.digest
    assert len(target.referrers(own.descriptor.digest)) == 1
    attach(target, copied, "after the copy")
    push(target, "next")
    assert sorted(target.tags()) == ["copied", "next", "own"]
    assert [len(target.referrers(manifest.descriptor.digest)) for manifest in (own, copied)] == [1, 1]
    assert (target.folder / "index.json").read_bytes().endswith(b"\n]}\n")
    assert skopeo("inspect", "--raw", f"oci:{target.folder}:copied") == copied.raw


def test_evidence_listed_the_way_oras_lists_it_is_found_and_kept(tmp_path: Path) -> None:
    """oras-go lists every manifest in index.json, untagged referrers too, and finds referrers by reading them."""
    repository = LayoutRepository(tmp_path, "model")
    manifest = push(repository, "1")
    layer = Descriptor.of(b"by oras", BUNDLE)
    repository.push_blob(layer, b"by oras")
    foreign = Manifest.build(artifact_type=BUNDLE, config=EMPTY_DESCRIPTOR, layers=[layer], subject=manifest.descriptor)
    (repository.folder / "blobs" / "sha256" / foreign.descriptor.digest.hex).write_bytes(foreign.raw)
    index = repository.folder / "index.json"
    document = json.loads(index.read_text())
    document["manifests"].append(foreign.descriptor.to_json() | {"artifactType": BUNDLE})
    index.write_text(json.dumps(document))
    fresh = LayoutRepository(tmp_path, "model")
    assert foreign.descriptor.digest in {entry.digest for entry in fresh.referrers(manifest.descriptor.digest)}
    mine = attach(fresh, manifest, "ours, later")
    listed = fresh.referrers(manifest.descriptor.digest)
    assert len(listed) == 3
    assert {foreign.descriptor.digest, mine.descriptor.digest} <= {entry.digest for entry in listed}
    assert [entry.artifact_type for entry in listed] == [BUNDLE] * 3
    assert str(foreign.descriptor.digest) not in index.read_text()


def test_what_another_tool_left_untagged_and_is_no_evidence_stays(tmp_path: Path) -> None:
    repository = LayoutRepository(tmp_path, "model")
    push(repository, "1")
    index = repository.folder / "index.json"
    document = json.loads(index.read_text())
    missing = Descriptor.of(b"not here", IMAGE_MANIFEST)
    docker = Descriptor.of(b"other", "application/vnd.docker.distribution.manifest.v2+json")
    document["manifests"] += [missing.to_json(), docker.to_json()]
    document["annotations"] = {"made": "elsewhere"}
    index.write_text(json.dumps(document))
    fresh = LayoutRepository(tmp_path, "model")
    push(fresh, "2")
    text = index.read_text()
    assert str(missing.digest) in text
    assert str(docker.digest) in text
    assert json.loads(text)["annotations"].items() >= {"made": "elsewhere"}.items()
    assert list(fresh.tags()) == ["1", "2"]
