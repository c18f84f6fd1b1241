"""What the embedded store has not, or does not take: names, tags, manifests and blobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attest_registry import limits
from attest_registry.errors import BadReference, Conflict, ContentMismatch, NotFound, StoreRefused
from attest_registry.oci.descriptor import (
    EMPTY_BYTES,
    EMPTY_DESCRIPTOR,
    IMAGE_INDEX,
    IMAGE_MANIFEST,
    MODEL_ARTIFACT,
    Descriptor,
)
from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.manifest import Manifest
from tests.registry.oci.layout_on_disk import BLOB, WEIGHTS, push_version

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> LayoutRepository:
    return LayoutRepository(tmp_path / "store", "acme/credit-risk")


def test_a_model_that_is_not_there_is_named_with_its_nearest(repository: LayoutRepository, tmp_path: Path) -> None:
    push_version(repository)
    other = LayoutRepository(tmp_path / "store", "acme/credit-rsk")
    for call in (lambda: other.resolve("1"), lambda: other.fetch_manifest(BLOB.digest), lambda: other.open_blob(BLOB)):
        with pytest.raises(NotFound) as caught:
            call()
        assert caught.value.code == "name-unknown"
        assert caught.value.hint == "did you mean acme/credit-risk?"
    assert (other.tags(), other.referrers(BLOB.digest), other.has_blob(BLOB)) == ([], [], False)


def test_reading_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        LayoutRepository(tmp_path / "store", "model").resolve("1")
    assert not (tmp_path / "store").exists()


def test_a_tag_that_is_not_there_is_named_with_its_nearest(repository: LayoutRepository) -> None:
    push_version(repository, tag="release-1")
    with pytest.raises(NotFound) as caught:
        repository.resolve("relaese-1")
    assert caught.value.hint == "did you mean release-1?"


def test_a_tag_never_moves_without_being_asked_to(repository: LayoutRepository) -> None:
    push_version(repository)
    second = push_version(repository, b"second", tag=None)
    with pytest.raises(Conflict) as caught:
        repository.tag("1", second.descriptor)
    assert caught.value.code == "version-exists"
    assert caught.value.found == str(second.descriptor.digest)


@pytest.mark.parametrize("tag", ["", "../../x", "a b", "é", 'x"}', "a" * 129, "-x", "a\n"])
def test_a_tag_that_cannot_be_one_is_refused(repository: LayoutRepository, tag: str) -> None:
    manifest = push_version(repository)
    with pytest.raises(BadReference):
        repository.tag(tag, manifest.descriptor)


def test_a_tag_needs_its_manifest(repository: LayoutRepository) -> None:
    push_version(repository)
    with pytest.raises(NotFound) as missing:
        repository.tag("2", Descriptor.of(b"[]", IMAGE_MANIFEST))
    assert missing.value.code == "manifest-unknown"
    with pytest.raises(ContentMismatch) as blob:
        repository.tag("2", Descriptor.of(EMPTY_BYTES, IMAGE_MANIFEST))
    assert blob.value.code == "malformed-manifest"


def test_a_manifest_needs_its_blobs(repository: LayoutRepository) -> None:
    manifest = Manifest.build(artifact_type=MODEL_ARTIFACT, config=EMPTY_DESCRIPTOR, layers=[BLOB])
    with pytest.raises(StoreRefused) as caught:
        repository.push_manifest(manifest.raw, IMAGE_MANIFEST)
    assert caught.value.code == "manifest-blob-unknown"


@pytest.mark.parametrize(
    ("raw", "media_type", "code"),
    [
        (b"{}", IMAGE_MANIFEST, "malformed-manifest"),
        (b'{"schemaVersion":2,"schemaVersion":2}', IMAGE_MANIFEST, "malformed-json"),
        (b"{}", "application/vnd.docker.distribution.manifest.v2+json", "media-type"),
        (b" " * (limits.MANIFEST_BYTES + 1), IMAGE_INDEX, "malformed-json"),
    ],
)
def test_what_is_no_manifest_is_not_stored(
    repository: LayoutRepository, raw: bytes, media_type: str, code: str
) -> None:
    with pytest.raises((ContentMismatch, StoreRefused)) as caught:
        repository.push_manifest(raw, media_type)
    assert caught.value.code == code
    assert not repository.folder.exists()


def test_a_source_that_changed_since_it_was_hashed_leaves_nothing(repository: LayoutRepository, tmp_path: Path) -> None:
    source = tmp_path / "weights"
    for content in (WEIGHTS[:-1] + b"!", WEIGHTS + b"!", WEIGHTS[:-1]):
        source.write_bytes(content)
        with pytest.raises(ContentMismatch) as caught:
            repository.push_blob(BLOB, source)
        assert caught.value.code == "file-changed"
        assert "weights" in caught.value.message
        assert not [path for path in repository.folder.rglob("*") if path.is_file() and BLOB.digest.hex in path.name]
        assert not list((repository.folder / ".ingest").iterdir())


def test_a_source_that_cannot_be_read_is_named(repository: LayoutRepository, tmp_path: Path) -> None:
    with pytest.raises(StoreRefused) as caught:
        repository.push_blob(BLOB, tmp_path / "missing")
    assert caught.value.code == "cannot-read"
