"""Lists of evidence in the embedded store: reachable from index.json, bounded, and never empty because of damage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from attest_registry import limits
from attest_registry.digest import Digest
from attest_registry.errors import ContentMismatch, StoreRefused
from attest_registry.oci.descriptor import (
    BUNDLE,
    EMPTY_DESCRIPTOR,
    IMAGE_INDEX,
    IMAGE_MANIFEST,
    MODEL_ARTIFACT,
    Descriptor,
)
from attest_registry.oci.layout import LayoutRepository
from attest_registry.oci.manifest import Index, Manifest
from tests.registry.oci.layout_on_disk import BLOB, WEIGHTS, blob_path, evidence, push_version, replace_blob

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> LayoutRepository:
    return LayoutRepository(tmp_path / "store", "acme/credit-risk")


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


# ---- what is refused


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
