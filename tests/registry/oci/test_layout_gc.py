"""Garbage is what nothing leads to; what a version, its evidence or its log needs stays, whoever pushes meanwhile."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from attest_registry.digest import Digest
from attest_registry.errors import ContentMismatch, NotFound
from attest_registry.oci.descriptor import BUNDLE, EMPTY_BYTES, EMPTY_DESCRIPTOR, MODEL_ARTIFACT, Descriptor
from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.layout_gc import collect
from attest_registry.oci.manifest import Manifest

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86_400.0


def push(repository: LayoutRepository, content: bytes, *, subject: Descriptor | None = None) -> Manifest:
    layer = Descriptor.of(content, BUNDLE if subject else "application/octet-stream")
    repository.push_blob(EMPTY_DESCRIPTOR, EMPTY_BYTES)
    repository.push_blob(layer, content)
    manifest = Manifest.build(
        artifact_type=BUNDLE if subject else MODEL_ARTIFACT, config=EMPTY_DESCRIPTOR, layers=[layer], subject=subject
    )
    repository.push_manifest(manifest.raw, manifest.descriptor.media_type)
    return manifest


def age(store: Path) -> None:
    """Everything was written two days ago."""
    then = time.time() - 2 * DAY
    for path in store.rglob("*"):
        if path.is_file() and len(path.name) == 64:
            os.utime(path, (then, then))


def garbage(store: Path, *, remove: bool = True) -> set[str]:
    return {each.path.name for each in collect(store, older_than=DAY, now=time.time(), remove=remove)}


def test_what_a_tag_evidence_or_the_log_leads_to_stays(tmp_path: Path) -> None:
    repository = LayoutRepository(tmp_path, "acme/m")
    version = push(repository, b"weights")
    repository.tag("1", version.descriptor)
    evidence = push(repository, b"bundle", subject=version.descriptor)
    log = push(repository, b"event")
    repository.tag("attest-log", log.descriptor)
    older = push(repository, b"an event before")
    age(tmp_path)
    gone = garbage(tmp_path)
    assert older.descriptor.digest.hex in gone
    assert Digest.of(b"an event before").hex in gone
    for kept in (version, evidence, log):
        assert repository.fetch_manifest(kept.descriptor.digest) == kept.raw
        assert repository.has_blob(kept.layers[0])
    assert [each.digest for each in repository.referrers(version.descriptor.digest)] == [evidence.descriptor.digest]
    with pytest.raises(NotFound):
        repository.fetch_manifest(older.descriptor.digest)
    assert garbage(tmp_path) == set()


def test_evidence_that_waits_for_its_version_stays(tmp_path: Path) -> None:
    repository = LayoutRepository(tmp_path, "m")
    coming = Manifest.build(artifact_type=MODEL_ARTIFACT, config=EMPTY_DESCRIPTOR, layers=[])
    evidence = push(repository, b"bundle", subject=coming.descriptor)
    age(tmp_path)
    assert evidence.descriptor.digest.hex not in garbage(tmp_path)


def test_what_a_push_has_just_looked_at_stays(tmp_path: Path) -> None:
    repository = LayoutRepository(tmp_path, "m")
    push(repository, b"weights")
    age(tmp_path)
    assert repository.has_blob(Descriptor.of(b"weights", "application/octet-stream"))  # "already there", says a push
    assert Digest.of(b"weights").hex not in garbage(tmp_path)
    assert repository.has_blob(Descriptor.of(b"weights", "application/octet-stream"))


def test_young_garbage_stays_and_a_rehearsal_removes_nothing(tmp_path: Path) -> None:
    repository = LayoutRepository(tmp_path, "m")
    push(repository, b"weights")
    assert garbage(tmp_path) == set()
    age(tmp_path)
    named = garbage(tmp_path, remove=False)
    assert Digest.of(b"weights").hex in named
    assert repository.has_blob(Descriptor.of(b"weights", "application/octet-stream"))


def test_the_pool_keeps_what_a_model_links_to(tmp_path: Path) -> None:
    for model in ("a", "b"):
        repository = LayoutRepository(tmp_path, model)
        version = push(repository, b"shared")
        if model == "a":
            repository.tag("1", version.descriptor)
    age(tmp_path)
    garbage(tmp_path)
    assert LayoutRepository(tmp_path, "a").has_blob(Descriptor.of(b"shared", "application/octet-stream"))
    assert not LayoutRepository(tmp_path, "b").has_blob(Descriptor.of(b"shared", "application/octet-stream"))
    assert (tmp_path / ".pool/blobs/sha256" / Digest.of(b"shared").hex).exists()


def test_of_a_layout_whose_index_is_damaged_nothing_is_removed(tmp_path: Path) -> None:
    repository = LayoutRepository(tmp_path, "m")
    repository.tag("1", push(repository, b"weights").descriptor)
    index = tmp_path / "m/index.json"
    index.unlink()
    index.symlink_to("elsewhere.json")
    age(tmp_path)
    with pytest.raises(ContentMismatch):
        garbage(tmp_path)
    assert (tmp_path / "m/blobs/sha256" / Digest.of(b"weights").hex).exists()
