"""The embedded store: what it keeps comes back, in a standard layout that models share."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from attest_registry.digest import CheckingReader
from attest_registry.errors import NotFound
from attest_registry.oci.descriptor import IMAGE_MANIFEST
from attest_registry.oci.layout import LayoutRepository
from tests.registry.oci.layout_on_disk import BLOB, WEIGHTS, blob_path, push_version

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> LayoutRepository:
    return LayoutRepository(tmp_path / "store", "acme/credit-risk")


def test_a_version_comes_back_as_it_went_in(repository: LayoutRepository) -> None:
    manifest = push_version(repository)
    found = repository.resolve("1")
    assert (found.digest, found.size) == (manifest.descriptor.digest, len(manifest.raw))
    assert repository.fetch_manifest(found.digest) == manifest.raw
    with repository.open_blob(BLOB) as source:
        reader = CheckingReader(source, digest=BLOB.digest, size=BLOB.size, what="weights")
        reader.finish()
    with repository.open_blob(BLOB, offset=6990) as source:
        assert source.read(100) == WEIGHTS[6990:]


def test_the_folder_is_a_standard_layout(repository: LayoutRepository) -> None:
    manifest = push_version(repository)
    index = json.loads((repository.folder / "index.json").read_text())
    assert json.loads((repository.folder / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    assert index["manifests"] == [
        {
            "mediaType": IMAGE_MANIFEST,
            "digest": str(manifest.descriptor.digest),
            "size": len(manifest.raw),
            "annotations": {"org.opencontainers.image.ref.name": "1"},
        }
    ]


def test_models_share_blobs_on_disk(tmp_path: Path) -> None:
    first, second = (LayoutRepository(tmp_path / "store", name) for name in ("one", "two/deep"))
    for repository in (first, second):
        push_version(repository)
    assert blob_path(first, BLOB.digest).stat().st_ino == blob_path(second, BLOB.digest).stat().st_ino
    assert blob_path(first, BLOB.digest).stat().st_mode & 0o777 == 0o444


def test_a_model_below_another_one_is_its_own(tmp_path: Path) -> None:
    outer, inner = LayoutRepository(tmp_path, "acme"), LayoutRepository(tmp_path, "acme/inner")
    push_version(outer, tag="1")
    push_version(inner, b"other", tag="2")
    assert (list(outer.tags()), list(inner.tags())) == (["1"], ["2"])


def test_labels_and_numbers_may_share_a_manifest_and_labels_move_on_request(repository: LayoutRepository) -> None:
    first, second = push_version(repository), push_version(repository, b"second", tag="2")
    repository.tag("1.0", first.descriptor)
    repository.tag("1.0", first.descriptor)
    repository.tag("1.0", second.descriptor, replace=True)
    assert list(repository.tags()) == ["1", "2", "1.0"]
    assert repository.resolve("1.0").digest == second.descriptor.digest


def test_progress_is_told_for_new_and_for_present_blobs(repository: LayoutRepository) -> None:
    for _ in range(2):
        told: list[int] = []
        repository.push_blob(BLOB, WEIGHTS, advance=told.append)
        assert sum(told) == BLOB.size


def test_bookkeeping_and_foreign_names_are_no_tags(repository: LayoutRepository) -> None:
    manifest = push_version(repository)
    repository.tag(f"sha256-{'a' * 64}", manifest.descriptor)
    repository.tag(f"sha256-{'a' * 64}.sig", manifest.descriptor)
    index = repository.folder / "index.json"
    index.write_text(index.read_text().replace('"1"', '"ghcr.io/acme/x:1"'))
    repository.tag("2", manifest.descriptor)
    assert list(repository.tags()) == ["2"]


def test_a_lost_layout_file_is_no_model(repository: LayoutRepository) -> None:
    push_version(repository)
    (repository.folder / "oci-layout").unlink()
    with pytest.raises(NotFound):
        repository.resolve("1")


def test_the_layout_can_be_moved_away_from_its_pool(repository: LayoutRepository, tmp_path: Path) -> None:
    manifest = push_version(repository)
    shutil.rmtree(tmp_path / "store" / ".pool")
    assert repository.has_blob(BLOB)
    assert repository.resolve("1").digest == manifest.descriptor.digest
