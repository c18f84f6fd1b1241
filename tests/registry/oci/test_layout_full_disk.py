"""The embedded store on disks that are full, read-only or without links, and what killed writers leave."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from attest_registry.errors import StoreRefused
from attest_registry.oci.descriptor import Descriptor
from attest_registry.oci.layout import LayoutRepository
from tests.registry.oci.layout_on_disk import BLOB, WEIGHTS, push_version

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> LayoutRepository:
    return LayoutRepository(tmp_path / "store", "acme/credit-risk")


def test_without_hard_links_blobs_are_copied(
    repository: LayoutRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", refuse)
    for model in ("one", "two"):
        push_version(LayoutRepository(tmp_path / "store", model))
        assert LayoutRepository(tmp_path / "store", model).has_blob(BLOB)
    assert not list((tmp_path / "store" / "one" / ".ingest").iterdir())


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk-full"),
        (errno.EDQUOT, "disk-full"),
        (errno.EROFS, "cannot-write"),
        (errno.EIO, "cannot-write"),
    ],
)
def test_a_disk_that_takes_no_more_leaves_the_store_as_it_was(
    repository: LayoutRepository, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    manifest = push_version(repository)

    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "write", refuse)
    other = Descriptor.of(b"other", "x/y")
    calls: list[Callable[[], object]] = [
        lambda: repository.push_blob(other, b"other"),
        lambda: repository.tag("2", manifest.descriptor),
    ]
    for call in calls:
        with pytest.raises(StoreRefused) as caught:
            call()
        assert caught.value.code == code
        assert caught.value.hint
    monkeypatch.undo()
    assert list(repository.tags()) == ["1"]
    assert not list((repository.folder / ".ingest").iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_store_reads_and_says_why_it_does_not_write(repository: LayoutRepository, tmp_path: Path) -> None:
    push_version(repository)
    for folder in (repository.folder, *(path for path in repository.folder.rglob("*") if path.is_dir())):
        folder.chmod(0o555)
    fresh = LayoutRepository(tmp_path / "store", "acme/credit-risk")
    assert fresh.resolve("1").size > 0
    with pytest.raises(StoreRefused) as caught:
        fresh.push_blob(Descriptor.of(b"other", "x/y"), b"other")
    assert caught.value.code == "cannot-write"


def test_a_store_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(StoreRefused) as caught:
        LayoutRepository(tmp_path / "store", "model").push_blob(BLOB, WEIGHTS)
    assert caught.value.code == "cannot-write"


def test_leftovers_of_killed_writers_go_after_a_day(repository: LayoutRepository, tmp_path: Path) -> None:
    push_version(repository)
    old, new = (repository.folder / ".ingest" / name for name in ("part-old", "part-new"))
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    push_version(LayoutRepository(tmp_path / "store", "acme/credit-risk"), b"next", tag="2")
    assert (old.exists(), new.exists()) == (False, True)
