"""Tags of our own books: files of their own, which stay small whatever `index.json` has."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from attest_registry.digest import Digest
from attest_registry.errors import BadReference, Conflict, ContentMismatch, NotFound, StoreRefused
from attest_registry.oci.descriptor import IMAGE_MANIFEST, REF_NAME
from attest_registry.oci.layout import LayoutRepository
from tests.registry.oci.content_for_tests import MODEL, artefact, evidence, push

if TYPE_CHECKING:
    from pathlib import Path

    from attest_registry.oci.descriptor import Descriptor

LOG = "attest-log"


@pytest.fixture
def repository(tmp_path: Path) -> LayoutRepository:
    return LayoutRepository(tmp_path / "store", MODEL)


def version(repository: LayoutRepository, words: bytes) -> Descriptor:
    return push(repository, artefact(words), words)


def file_of(repository: LayoutRepository, tag: str = LOG) -> Path:
    return repository.folder / ".attest/tags" / tag


def index(repository: LayoutRepository) -> bytes:
    return (repository.folder / "index.json").read_bytes()


def in_the_index(repository: LayoutRepository, target: Descriptor) -> None:
    """A log's tag where stores had it that were written earlier."""
    repository.tag("log", target)
    (repository.folder / "index.json").write_bytes(index(repository).replace(b'"log"', b'"attest-log"'))


def test_index_json_is_not_touched(repository: LayoutRepository) -> None:
    first, second = version(repository, b"1"), version(repository, b"2")
    repository.tag("1", first)
    before = (repository.folder / "index.json").stat()
    repository.tag(LOG, first)
    repository.tag(LOG, second, replace=first.digest)
    repository.tag(f"{LOG}.1", first)
    assert (repository.folder / "index.json").stat() == before
    reader = LayoutRepository(repository.folder.parents[1], MODEL)
    assert (reader.resolve(LOG).digest, reader.resolve(f"{LOG}.1").digest) == (second.digest, first.digest)
    assert reader.resolve(LOG).media_type == IMAGE_MANIFEST
    assert list(reader.tags()) == ["1"]
    assert not list((repository.folder / ".ingest").iterdir())


def test_evidence_that_waited_is_listed(repository: LayoutRepository) -> None:
    subject = artefact(b"1")
    push(repository, evidence(subject.descriptor, b"claim"), b"claim")
    push(repository, subject, b"1")
    repository.tag(LOG, subject.descriptor)
    assert len(repository.referrers(subject.descriptor.digest)) == 1
    assert not list((repository.folder / ".pending").iterdir())


@pytest.mark.parametrize("others", [(), ("1",), ("1", "zzzzzzzzzzzzzzz")])
def test_one_that_stands_in_the_index_is_found_and_moved(repository: LayoutRepository, others: tuple[str, ...]) -> None:
    first, second = version(repository, b"1"), version(repository, b"2")
    for other in others:
        repository.tag(other, first)
    in_the_index(repository, first)
    assert repository.resolve(LOG).digest == first.digest
    for replace in (False, second.digest):
        with pytest.raises(Conflict):
            repository.tag(LOG, second, replace=replace)
    assert not file_of(repository).exists()
    repository.tag(LOG, second, replace=first.digest)
    assert LayoutRepository(repository.folder.parents[1], MODEL).resolve(LOG).digest == second.digest
    names = [each["annotations"].get(REF_NAME) for each in json.loads(index(repository))["manifests"]]
    assert names == list(others)


def test_the_file_goes_before_the_index(repository: LayoutRepository) -> None:
    """Whoever was killed between the two writes leaves both."""
    first, second = version(repository, b"1"), version(repository, b"2")
    repository.tag(LOG, second)
    in_the_index(repository, first)
    assert repository.resolve(LOG).digest == second.digest
    with pytest.raises(Conflict):
        repository.tag(LOG, first, replace=first.digest)


# --- what it refuses -----------------------------------------------------------------------------------------------


def test_one_that_exists_is_moved_by_request_only(repository: LayoutRepository) -> None:
    first, second = version(repository, b"1"), version(repository, b"2")
    repository.tag(LOG, first)
    repository.tag(LOG, first)
    for replace in (False, second.digest, Digest.of(b"never there")):
        with pytest.raises(Conflict) as caught:
            repository.tag(LOG, second, replace=replace)
        assert caught.value.exit_status == 2
    with pytest.raises(Conflict):
        repository.tag(f"{LOG}.1", second, replace=first.digest)
    assert repository.resolve(LOG).digest == first.digest
    assert not file_of(repository, f"{LOG}.1").exists()


def test_one_that_is_not_there_is_not_found(repository: LayoutRepository) -> None:
    repository.tag("1", version(repository, b"1"))
    with pytest.raises(NotFound) as caught:
        repository.resolve(LOG)
    assert caught.value.hint == f"attest ls {MODEL}        lists the versions that are there"


def test_what_is_not_here_gets_no_tag(repository: LayoutRepository) -> None:
    with pytest.raises(NotFound):
        repository.tag(LOG, artefact(b"1").descriptor)
    version(repository, b"2")
    with pytest.raises(NotFound):
        repository.tag(LOG, artefact(b"1").descriptor)
    assert not file_of(repository).exists()


@pytest.mark.parametrize("tag", ["attest-/../../x", "attest-\n", "attest-" + "a" * 122, "attest-ä"])
def test_what_cannot_be_a_tag_becomes_no_file(repository: LayoutRepository, tag: str) -> None:
    with pytest.raises(BadReference):
        repository.tag(tag, version(repository, b"1"))
    assert not (repository.folder / ".attest").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b'{"digest":"sha256:00","mediaType":"x","size":1}',
        b'{"digest":"sha256:%s","mediaType":"x","size":-1}' % (b"0" * 64),
        b'{"digest":"sha256:%s","digest":"x","mediaType":"x","size":1}' % (b"0" * 64),
        b" " * 5000,
    ],
)
def test_a_file_that_is_no_descriptor_is_refused(repository: LayoutRepository, content: bytes) -> None:
    target = version(repository, b"1")
    repository.tag(LOG, target)
    file_of(repository).write_bytes(content)
    for call in (lambda: repository.resolve(LOG), lambda: repository.tag(LOG, target, replace=True)):
        with pytest.raises(ContentMismatch):
            call()
    assert file_of(repository).read_bytes() == content


@pytest.mark.parametrize("place", [".attest", ".attest/tags", f".attest/tags/{LOG}"])
@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_nothing_is_read_or_written_through_a_link(
    repository: LayoutRepository, tmp_path: Path, place: str, kind: str
) -> None:
    target = version(repository, b"1")
    repository.tag(LOG, target)
    found = repository.folder / place
    found.rename(tmp_path / "moved")
    if kind == "link":
        found.symlink_to(tmp_path / "moved")
    else:
        os.mkfifo(found)
    for call in (lambda: repository.resolve(LOG), lambda: repository.tag(LOG, target, replace=True)):
        with pytest.raises(ContentMismatch) as caught:
            call()
        assert caught.value.code in {"not-a-file", "not-a-folder"}


def test_a_file_where_the_folder_should_be(repository: LayoutRepository) -> None:
    target = version(repository, b"1")
    (repository.folder / ".attest").write_text("")
    with pytest.raises(ContentMismatch) as caught:
        repository.tag(LOG, target)
    assert caught.value.code == "not-a-folder"


def test_a_manifest_that_is_gone_is_said(repository: LayoutRepository) -> None:
    target = version(repository, b"1")
    repository.tag(LOG, target)
    (repository.folder / "blobs/sha256" / target.digest.hex).unlink()
    with pytest.raises(NotFound) as caught:
        repository.resolve(LOG)
    assert caught.value.code == "manifest-unknown"


def test_a_full_disk_leaves_the_tag_as_it_was(repository: LayoutRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = version(repository, b"1"), version(repository, b"2")
    repository.tag(LOG, first)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(StoreRefused) as caught:
            repository.tag(LOG, second, replace=True)
    assert caught.value.code == "disk-full"
    assert repository.resolve(LOG).digest == first.digest
