"""The embedded store: what it keeps, what it refuses, and that nothing is believed because of its name."""

from __future__ import annotations

import errno
import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from attest_registry import limits
from attest_registry.digest import CheckingReader, Digest
from attest_registry.errors import BadReference, Conflict, ContentMismatch, NotFound, StoreRefused
from attest_registry.oci.descriptor import (
    BUNDLE,
    EMPTY_BYTES,
    EMPTY_DESCRIPTOR,
    IMAGE_INDEX,
    IMAGE_MANIFEST,
    MODEL_ARTIFACT,
    Descriptor,
)
from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.manifest import Index, Manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WEIGHTS = b"weights" * 1000
BLOB = Descriptor.of(WEIGHTS, "application/octet-stream")


@pytest.fixture
def repository(tmp_path: Path) -> LayoutRepository:
    return LayoutRepository(tmp_path / "store", "acme/credit-risk")


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


def reachable(repository: LayoutRepository) -> set[Digest]:
    """Every manifest that a standard reader finds from index.json."""
    found: set[Digest] = set()
    waiting = list(Index.parse((repository.folder / "index.json").read_bytes(), what="index.json").manifests)
    while waiting:
        entry = waiting.pop()
        found.add(entry.digest)
        if entry.media_type == IMAGE_INDEX:
            waiting += Index.parse(repository.fetch_manifest(entry.digest), what="nested").manifests
    return found


def replace_blob(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)


# --- what it keeps -------------------------------------------------------------------------------------------------


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


def test_evidence_pushed_before_and_after_its_subject_is_listed(repository: LayoutRepository) -> None:
    subject = Manifest.build(artifact_type=MODEL_ARTIFACT, config=EMPTY_DESCRIPTOR, layers=[BLOB])
    early = evidence(repository, subject, "early")
    assert [entry.digest for entry in repository.referrers(subject.descriptor.digest)] == [early.descriptor.digest]
    repository.push_blob(BLOB, WEIGHTS)
    repository.push_manifest(subject.raw, IMAGE_MANIFEST)
    repository.tag("1", subject.descriptor)
    late = evidence(repository, subject, "late")
    listed = repository.referrers(subject.descriptor.digest)
    assert [entry.digest for entry in listed] == [early.descriptor.digest, late.descriptor.digest]
    assert (listed[0].artifact_type, dict(listed[0].annotations)) == (BUNDLE, {"text": "early"})
    assert {early.descriptor.digest, late.descriptor.digest, subject.descriptor.digest} <= reachable(repository)


def test_index_json_does_not_grow_with_evidence(repository: LayoutRepository) -> None:
    manifest = push_version(repository)
    evidence(repository, manifest, "first")
    before = (repository.folder / "index.json").stat().st_size
    for number in range(20):
        evidence(repository, manifest, f"claim {number}")
    assert abs((repository.folder / "index.json").stat().st_size - before) < 4
    assert len(repository.referrers(manifest.descriptor.digest)) == 21


def test_superseded_lists_leave_nothing_behind(repository: LayoutRepository) -> None:
    manifest = push_version(repository)
    claims = {evidence(repository, manifest, f"claim {number}").descriptor.digest for number in range(10)}
    stored = {Digest(hex=path.name) for path in (repository.folder / "blobs" / "sha256").iterdir()}
    lists = stored - claims - {manifest.descriptor.digest, BLOB.digest, EMPTY_DESCRIPTOR.digest}
    assert len(lists - {Digest.of(f"claim {number}".encode()) for number in range(10)}) == 2


def test_evidence_about_evidence_is_reachable(repository: LayoutRepository) -> None:
    claim = evidence(repository, push_version(repository), "claim")
    about = evidence(repository, claim, "about the claim")
    assert [entry.digest for entry in repository.referrers(claim.descriptor.digest)] == [about.descriptor.digest]
    assert about.descriptor.digest in reachable(repository)


def test_pushing_evidence_twice_lists_it_once(repository: LayoutRepository) -> None:
    manifest = push_version(repository)
    for _ in range(2):
        evidence(repository, manifest, "same")
    assert len(repository.referrers(manifest.descriptor.digest)) == 1


def test_an_index_with_a_subject_is_listed_as_its_referrer(repository: LayoutRepository) -> None:
    manifest = push_version(repository)
    raw = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": IMAGE_INDEX,
            "artifactType": "x/y",
            "manifests": [],
            "subject": manifest.descriptor.to_json(),
        }
    ).encode()
    stored = repository.push_manifest(raw, IMAGE_INDEX)
    assert [(e.digest, e.artifact_type) for e in repository.referrers(manifest.descriptor.digest)] == [
        (stored.digest, "x/y")
    ]


def test_models_share_blobs_on_disk(tmp_path: Path) -> None:
    first, second = (LayoutRepository(tmp_path / "store", name) for name in ("one", "two/deep"))
    for repository in (first, second):
        push_version(repository)
    assert blob_path(first, BLOB.digest).stat().st_ino == blob_path(second, BLOB.digest).stat().st_ino
    assert blob_path(first, BLOB.digest).stat().st_mode & 0o777 == 0o444


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


# --- what it refuses -----------------------------------------------------------------------------------------------


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


def test_a_damaged_list_of_evidence_is_an_incident_not_an_empty_list(repository: LayoutRepository) -> None:
    manifest = push_version(repository)
    evidence(repository, manifest, "claim")
    index = json.loads((repository.folder / "index.json").read_text())
    nested = next(entry for entry in index["manifests"] if entry["mediaType"] == IMAGE_INDEX)
    path = blob_path(repository, Digest.parse(nested["digest"]))
    kept = path.read_bytes()
    replace_blob(path, kept.replace(b"[", b"[ "))
    with pytest.raises(ContentMismatch) as caught:
        repository.referrers(manifest.descriptor.digest)
    assert caught.value.code == "digest-mismatch"
    path.unlink()
    with pytest.raises(ContentMismatch) as caught:
        repository.referrers(manifest.descriptor.digest)
    assert caught.value.code == "malformed-layout"


def test_indexes_that_name_one_another_many_times_do_not_multiply(repository: LayoutRepository) -> None:
    """Three levels of a thousand entries each were a billion reads."""
    manifest = push_version(repository)
    claim = evidence(repository, manifest, "claim")
    inner = claim.descriptor.to_json()
    for _ in range(3):
        raw = json.dumps({"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": [inner] * 1_000}).encode()
        inner = Descriptor.of(raw, IMAGE_INDEX).to_json()
        blob_path(repository, Digest.of(raw)).write_bytes(raw)
    document = {"schemaVersion": 2, "manifests": [inner]}
    (repository.folder / "index.json").write_text(json.dumps(document))  # in the form of another tool
    fresh = LayoutRepository(repository.folder.parents[1], repository.model)
    assert [entry.digest for entry in fresh.referrers(manifest.descriptor.digest)] == [claim.descriptor.digest]


def test_more_evidence_than_a_reader_looks_at_is_not_taken(
    repository: LayoutRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REFERRERS_PER_ARTEFACT", 3)
    manifest = push_version(repository)
    for number in range(3):
        evidence(repository, manifest, f"claim {number}")
    with pytest.raises(StoreRefused) as caught:
        evidence(repository, manifest, "one more")
    assert caught.value.code == "too-many-referrers"
    assert len(repository.referrers(manifest.descriptor.digest)) == 3


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
