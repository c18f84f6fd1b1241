"""A damaged embedded store: nothing in it is believed because of its name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from attest_registry import limits
from attest_registry.errors import ContentMismatch, NotFound, StoreRefused
from attest_registry.oci.layout import LayoutRepository
from tests.registry.oci.layout_on_disk import BLOB, WEIGHTS, blob_path, pool_path, push_version, replace_blob

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> LayoutRepository:
    return LayoutRepository(tmp_path / "store", "acme/credit-risk")


def test_a_flipped_byte_is_not_there_and_pushing_again_repairs_it(repository: LayoutRepository) -> None:
    push_version(repository)
    path = blob_path(repository, BLOB.digest)
    path.chmod(0o644)
    with path.open("r+b") as file:  # the pool's copy is the same file
        file.write(b"W")
    assert not repository.has_blob(BLOB)
    repository.push_blob(BLOB, WEIGHTS)
    assert repository.has_blob(BLOB)
    assert path.read_bytes() == pool_path(repository, BLOB.digest).read_bytes() == WEIGHTS


def test_a_damaged_blob_of_the_pool_is_not_linked(repository: LayoutRepository, tmp_path: Path) -> None:
    push_version(repository)
    replace_blob(pool_path(repository, BLOB.digest), b"x" * BLOB.size)
    other = LayoutRepository(tmp_path / "store", "other")
    other.push_blob(BLOB, WEIGHTS)
    assert blob_path(other, BLOB.digest).read_bytes() == WEIGHTS
    assert pool_path(repository, BLOB.digest).read_bytes() == WEIGHTS


def test_a_damaged_manifest_is_an_incident(repository: LayoutRepository) -> None:
    manifest = push_version(repository)
    replace_blob(blob_path(repository, manifest.descriptor.digest), manifest.raw[:-1] + b" ")
    for call in (lambda: repository.resolve("1"), lambda: repository.fetch_manifest(manifest.descriptor.digest)):
        with pytest.raises(ContentMismatch) as caught:
            call()
        assert caught.value.code == "digest-mismatch"


def test_a_tag_that_points_at_nothing_is_no_version(repository: LayoutRepository) -> None:
    manifest = push_version(repository)
    blob_path(repository, manifest.descriptor.digest).unlink()
    with pytest.raises(NotFound) as caught:
        repository.resolve("1")
    assert caught.value.code == "manifest-unknown"


def test_a_giant_manifest_is_not_read(repository: LayoutRepository) -> None:
    manifest = push_version(repository)
    path = blob_path(repository, manifest.descriptor.digest)
    path.chmod(0o644)
    os.truncate(path, 1 << 40)
    with pytest.raises(ContentMismatch) as caught:
        repository.fetch_manifest(manifest.descriptor.digest)
    assert caught.value.code == "content-too-large"


# ---- index.json and oci-layout


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('{"schemaVersion":2,"manifests":[],"manifests":[]}', "malformed-json"),
        ('{"schemaVersion":2,"manifests":[{"digest":"sha256:../../etc/passwd"}]}', "malformed-manifest"),
        ('{"schemaVersion":2,"manifests":{}}', "malformed-layout"),
        ('{"schemaVersion":1,"manifests":[]}', "malformed-layout"),
        ("[]", "malformed-json"),
        ("", "malformed-json"),
        ("not json", "malformed-json"),
        ('{"schemaVersion":2,"manifests":' + "[" * 100_000, "malformed-json"),
        ('{"x":1,"x":2,"schemaVersion":2,"manifests":[\n]}\n', "malformed-json"),
    ],
)
def test_a_hostile_index_json_is_refused(repository: LayoutRepository, content: str, code: str) -> None:
    manifest = push_version(repository)
    (repository.folder / "index.json").write_text(content)
    for call in (repository.tags, lambda: repository.resolve("1"), lambda: repository.tag("2", manifest.descriptor)):
        with pytest.raises(ContentMismatch) as caught:
            call()
        assert caught.value.code == code


def test_an_absurdly_large_index_json_is_not_read(repository: LayoutRepository) -> None:
    push_version(repository)
    os.truncate(repository.folder / "index.json", limits.LAYOUT_INDEX_BYTES + 1)
    with pytest.raises(ContentMismatch) as caught:
        repository.resolve("1")
    assert caught.value.code == "content-too-large"


def test_a_tag_listed_twice_has_no_meaning(repository: LayoutRepository) -> None:
    push_version(repository)
    push_version(repository, b"second", tag="2")
    index = repository.folder / "index.json"
    index.write_text(index.read_text().replace('"2"}', '"1"}'))
    with pytest.raises(ContentMismatch) as caught:
        repository.resolve("1")
    assert caught.value.code == "malformed-layout"


def test_a_layout_of_another_version_is_refused(repository: LayoutRepository) -> None:
    push_version(repository)
    (repository.folder / "oci-layout").write_text('{"imageLayoutVersion":"2.0.0"}')
    with pytest.raises(StoreRefused) as caught:
        repository.resolve("1")
    assert caught.value.code == "layout-version"
