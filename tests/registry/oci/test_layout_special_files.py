"""Links, FIFOs and folders in the embedded store where files should be: not followed, and not waited for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from attest_registry.errors import ContentMismatch
from attest_registry.oci.layout import LayoutRepository
from tests.registry.oci.layout_on_disk import BLOB, WEIGHTS, blob_path, push_version

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> LayoutRepository:
    return LayoutRepository(tmp_path / "store", "acme/credit-risk")


def _link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [_link, _fifo, _folder])
def test_what_is_no_file_is_neither_followed_nor_waited_for(repository: LayoutRepository, make: object) -> None:
    manifest = push_version(repository)
    calls = {
        blob_path(repository, BLOB.digest): lambda: repository.open_blob(BLOB),
        blob_path(repository, manifest.descriptor.digest): lambda: repository.resolve("1"),
        repository.folder / "index.json": repository.tags,
        repository.folder / "oci-layout": repository.tags,
    }
    for path, call in calls.items():
        kept = path.read_bytes()
        path.unlink()
        make(path)  # type: ignore[operator]
        with pytest.raises(ContentMismatch) as caught:
            call()
        assert caught.value.code == "not-a-file"
        path.rmdir() if path.is_dir() else path.unlink()
        path.write_bytes(kept)


@pytest.mark.parametrize("make", [_link, _fifo])
def test_pushing_over_what_is_no_file_replaces_it(repository: LayoutRepository, make: object) -> None:
    push_version(repository)
    path = blob_path(repository, BLOB.digest)
    path.unlink()
    make(path)  # type: ignore[operator]
    assert not repository.has_blob(BLOB)
    repository.push_blob(BLOB, WEIGHTS)
    assert path.read_bytes() == WEIGHTS
    assert not path.is_symlink()


@pytest.mark.parametrize("part", ["blobs", "blobs/sha256", ".", ".."])
def test_a_linked_folder_of_the_layout_is_not_entered(repository: LayoutRepository, tmp_path: Path, part: str) -> None:
    push_version(repository)
    folder = (repository.folder / part).resolve()
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    fresh = LayoutRepository(tmp_path / "store", "acme/credit-risk")
    for call in (fresh.tags, lambda: fresh.resolve("1"), lambda: fresh.push_blob(BLOB, WEIGHTS)):
        with pytest.raises(ContentMismatch) as caught:
            call()
        assert caught.value.code == "not-a-folder"


@pytest.mark.parametrize("make", [_link, _fifo])
def test_a_lock_that_is_no_file_is_refused(repository: LayoutRepository, make: object) -> None:
    manifest = push_version(repository)
    (repository.folder / ".lock").unlink()
    make(repository.folder / ".lock")  # type: ignore[operator]
    with pytest.raises(ContentMismatch) as caught:
        repository.tag("2", manifest.descriptor)
    assert caught.value.code == "not-a-file"
