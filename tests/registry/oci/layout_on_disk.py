"""A version and its evidence in the embedded store, and where their bytes lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest_registry.oci.descriptor import (
    BUNDLE,
    EMPTY_BYTES,
    EMPTY_DESCRIPTOR,
    IMAGE_MANIFEST,
    MODEL_ARTIFACT,
    Descriptor,
)
from attest_registry.oci.manifest import Manifest

if TYPE_CHECKING:
    from pathlib import Path

    from attest_registry.digest import Digest
    from attest_registry.oci.layout import LayoutRepository

WEIGHTS = b"weights" * 1000
BLOB = Descriptor.of(WEIGHTS, "application/octet-stream")


def push_version(repository: LayoutRepository, data: bytes = WEIGHTS, tag: str | None = "1") -> Manifest:
    blob = Descriptor.of(data, "application/octet-stream")
    repository.push_blob(blob, data)
    repository.push_blob(EMPTY_DESCRIPTOR, EMPTY_BYTES)
    manifest = Manifest.build(artifact_type=MODEL_ARTIFACT, config=EMPTY_DESCRIPTOR, layers=[blob])
    repository.push_manifest(manifest.raw, IMAGE_MANIFEST)
    if tag is not None:
        repository.tag(tag, manifest.descriptor)
    return manifest


def evidence(repository: LayoutRepository, subject: Manifest, text: str) -> Manifest:
    layer = Descriptor.of(text.encode(), BUNDLE)
    repository.push_blob(layer, text.encode())
    repository.push_blob(EMPTY_DESCRIPTOR, EMPTY_BYTES)
    claim = Manifest.build(
        artifact_type=BUNDLE,
        config=EMPTY_DESCRIPTOR,
        layers=[layer],
        subject=subject.descriptor,
        annotations={"text": text},
    )
    repository.push_manifest(claim.raw, IMAGE_MANIFEST)
    return claim


def blob_path(repository: LayoutRepository, digest: Digest) -> Path:
    return repository.folder / "blobs" / "sha256" / digest.hex


def pool_path(repository: LayoutRepository, digest: Digest) -> Path:
    return repository.folder.parent.parent / ".pool" / "blobs" / "sha256" / digest.hex


def replace_blob(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)
