"""One suite for every store: what holds for one has to hold for all, so that nobody can tell which one is behind."""

from __future__ import annotations

import importlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from attest_registry.digest import Digest, read_checked
from attest_registry.errors import BadReference, Conflict, ContentMismatch, NotFound
from attest_registry.oci.descriptor import BUNDLE, IMAGE_INDEX, IMAGE_MANIFEST, Descriptor
from attest_registry.oci.manifest import Index
from attest_registry.oci.transfer import fetch_blobs, push_blobs
from tests.registry.oci.content_for_tests import MODEL, QUICK, WEIGHTS, Watched, artefact, evidence, layer, push

if TYPE_CHECKING:
    from pathlib import Path

    from attest_registry.oci.content import Repository

STORES = ["layout", "docker-registry", "fake", "fake without referrers API"]


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Repository:
    from attest_registry.oci.remote import RemoteRepository

    model = f"{MODEL}-{os.urandom(4).hex()}"
    match request.param:
        case "layout":
            try:
                layout = importlib.import_module("attest_registry.oci.layout")
            except ModuleNotFoundError:
                pytest.skip("the embedded store is not there")
            found: Repository = layout.LayoutRepository(tmp_path / "store", model)
            return found
        case "docker-registry":
            return RemoteRepository(request.getfixturevalue("docker_registry").host, model)
        case kind:
            fake = request.getfixturevalue("fake")
            fake.referrers_api = kind == "fake"
            return RemoteRepository(fake.host, model, QUICK)


def _read(store: Repository, blob: Descriptor, offset: int = 0) -> bytes:
    with store.open_blob(blob, offset=offset) as source:
        blocks = []
        while block := source.read(100_000):
            blocks.append(block)
    return b"".join(blocks)


def test_a_blob_comes_back_as_it_went(store: Repository) -> None:
    blob = layer()
    assert not store.has_blob(blob)
    store.push_blob(blob, WEIGHTS)
    assert store.has_blob(blob)
    with store.open_blob(blob) as source:
        assert read_checked(source, digest=blob.digest, size=blob.size, limit=blob.size, what="it") == WEIGHTS


def test_a_blob_from_a_file_is_told_of_as_it_goes(store: Repository, tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(WEIGHTS)
    told: list[int] = []
    store.push_blob(layer(), tmp_path / "weights", advance=told.append)
    assert sum(told) == len(WEIGHTS)
    assert _read(store, layer()) == WEIGHTS


def test_a_blob_can_be_read_from_an_offset(store: Repository) -> None:
    store.push_blob(layer(), WEIGHTS)
    assert _read(store, layer(), offset=1001) == WEIGHTS[1001:]


def test_the_highest_numbers_are_known_among_labels_and_bookkeeping(store: Repository) -> None:
    assert list(store.numbers(3)) == []
    push(store, artefact(), WEIGHTS)
    for tag in ("9", "10", "2", "1.0", "v11", "007", "attest-log.12"):
        store.tag(tag, artefact().descriptor)
    assert list(store.numbers(2)) == [10, 9]
    assert list(store.numbers(9)) == [10, 9, 2]


def test_an_empty_blob_is_a_blob(store: Repository) -> None:
    blob = layer(b"")
    store.push_blob(blob, b"")
    assert _read(store, blob) == b""


def test_a_manifest_comes_back_byte_for_byte(store: Repository) -> None:
    manifest = artefact()
    stored = push(store, manifest, WEIGHTS)
    assert stored == manifest.descriptor
    assert store.fetch_manifest(stored.digest) == manifest.raw


def test_a_tag_resolves_to_what_it_was_pointed_at(store: Repository) -> None:
    stored = push(store, artefact(), WEIGHTS)
    store.tag("1", stored)
    found = store.resolve("1")
    assert (found.digest, found.size, found.media_type) == (stored.digest, stored.size, IMAGE_MANIFEST)
    assert list(store.tags()) == ["1"]


def test_an_index_is_stored_and_resolved_as_one(store: Repository) -> None:
    index = Index.build([push(store, artefact(), WEIGHTS)])
    store.tag("both", store.push_manifest(index.raw, IMAGE_INDEX))
    assert store.resolve("both").media_type == IMAGE_INDEX


def test_pointing_a_tag_at_the_same_again_is_nothing(store: Repository) -> None:
    stored = push(store, artefact(), WEIGHTS)
    store.tag("1", stored)
    store.tag("1", stored)
    assert list(store.tags()) == ["1"]


def test_a_tag_that_is_taken_is_not_moved(store: Repository) -> None:
    first, second = push(store, artefact(), WEIGHTS), push(store, artefact(b"other"), b"other")
    store.tag("1", first)
    with pytest.raises(Conflict) as refusal:
        store.tag("1", second)
    assert refusal.value.code == "version-exists"
    assert store.resolve("1").digest == first.digest


def test_a_tag_moves_when_that_is_asked_for(store: Repository) -> None:
    first, second = push(store, artefact(), WEIGHTS), push(store, artefact(b"other"), b"other")
    store.tag("1.4.0", first)
    store.tag("1.4.0", second, replace=True)
    assert store.resolve("1.4.0").digest == second.digest


def test_a_tag_moves_only_from_where_it_was_seen(store: Repository) -> None:
    """Of two who saw the same and move it both, one gets a conflict."""
    first, second, third = (push(store, artefact(data), data) for data in (WEIGHTS, b"second", b"third"))
    with pytest.raises(Conflict):
        store.tag("feed", second, replace=first.digest)
    store.tag("feed", first)
    store.tag("feed", second, replace=first.digest)
    store.tag("feed", second, replace=first.digest)
    with pytest.raises(Conflict) as refusal:
        store.tag("feed", third, replace=first.digest)
    assert second.digest.short in (refusal.value.found or "")
    assert store.resolve("feed").digest == second.digest


def test_two_who_move_a_tag_at_once_are_one_winner_and_one_conflict(store: Repository) -> None:
    first, *others = (push(store, artefact(data), data) for data in (WEIGHTS, b"second", b"third"))
    store.tag("feed", first)
    start = threading.Barrier(2)

    def move(target: Descriptor) -> bool:
        start.wait()
        try:
            store.tag("feed", target, replace=first.digest)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        moved = list(pool.map(move, others))
    assert sorted(moved) == [False, True]
    assert store.resolve("feed").digest == others[moved.index(True)].digest


def test_tags_of_our_own_are_none_that_people_see(store: Repository) -> None:
    stored = push(store, artefact(), WEIGHTS)
    for tag in ("1", "attest-revocations"):
        store.tag(tag, stored)
    assert list(store.tags()) == ["1"]


def test_evidence_is_listed_with_its_type_and_annotations(store: Repository) -> None:
    subject = push(store, artefact(), WEIGHTS)
    claims = [evidence(subject, b"one", kind="first"), evidence(subject, b"two", kind="second")]
    for claim, words in zip(claims, (b"one", b"two"), strict=True):
        push(store, claim, words)
    found = {entry.digest: entry for entry in store.referrers(subject.digest)}
    assert set(found) == {claim.descriptor.digest for claim in claims}
    assert {entry.artifact_type for entry in found.values()} == {BUNDLE}
    assert {entry.annotations["kind"] for entry in found.values()} == {"first", "second"}


def test_evidence_pushed_twice_is_listed_once(store: Repository) -> None:
    subject = push(store, artefact(), WEIGHTS)
    claim = evidence(subject, b"one")
    push(store, claim, b"one")
    push(store, claim, b"one")
    assert [entry.digest for entry in store.referrers(subject.digest)] == [claim.descriptor.digest]


def test_evidence_may_come_before_what_it_is_about(store: Repository) -> None:
    subject = artefact()
    push(store, evidence(subject.descriptor, b"one"), b"one")
    push(store, subject, WEIGHTS)
    assert len(store.referrers(subject.descriptor.digest)) == 1


def test_the_bookkeeping_of_evidence_is_no_tag_that_people_see(store: Repository) -> None:
    subject = push(store, artefact(), WEIGHTS)
    push(store, evidence(subject, b"one"), b"one")
    store.tag("1", subject)
    assert list(store.tags()) == ["1"]


def test_nothing_refers_to_what_nobody_signed(store: Repository) -> None:
    assert list(store.referrers(push(store, artefact(), WEIGHTS).digest)) == []


def test_blobs_move_in_both_directions_and_are_sent_once(store: Repository, tmp_path: Path) -> None:
    contents = [os.urandom(300_000) for _ in range(5)] + [b"", b"x"]
    for number, data in enumerate(contents):
        (tmp_path / f"in-{number}").write_bytes(data)
    blobs = [layer(data, f"file-{number}") for number, data in enumerate(contents)]
    sources = [(blob, tmp_path / f"in-{number}") for number, blob in enumerate(blobs)]
    pushed = push_blobs(store, [*sources, sources[0]], track=Watched())
    assert (pushed.sent, pushed.present, pushed.bytes_sent) == (7, 0, 1_500_001)
    again = push_blobs(store, sources, track=Watched())
    assert (again.sent, again.present) == (0, 7)
    watched = Watched()
    fetch_blobs(store, [(blob, tmp_path / f"out-{number}") for number, blob in enumerate(blobs)], track=watched)
    assert [(tmp_path / f"out-{number}").read_bytes() for number in range(7)] == contents
    assert watched.counted == watched.totals
    assert not list(tmp_path.glob(".*.part*"))


# ---- refusals


def test_a_model_that_nobody_pushed_has_no_tags_and_no_evidence(store: Repository) -> None:
    assert list(store.tags()) == []
    assert list(store.referrers(Digest.of(b"nothing"))) == []


@pytest.mark.parametrize("pushed", [False, True])
def test_what_is_not_there_is_not_found(store: Repository, pushed: bool) -> None:
    if pushed:
        store.tag("1", push(store, artefact(), WEIGHTS))
    with pytest.raises(NotFound):
        store.resolve("2")
    with pytest.raises(NotFound):
        store.fetch_manifest(Digest.of(b"nothing"))
    with pytest.raises(NotFound), store.open_blob(layer(b"nothing")) as source:
        source.read(1)
    assert not store.has_blob(layer(b"nothing"))


def test_a_tag_cannot_point_at_what_is_not_there(store: Repository) -> None:
    push(store, artefact(), WEIGHTS)
    with pytest.raises(NotFound):
        store.tag("1", artefact(b"never pushed").descriptor)


@pytest.mark.parametrize("tag", ["", "../x", "a/b", "a" * 129, "-x", "ä", "sha256:" + "0" * 64])
def test_what_cannot_be_a_tag_is_refused(store: Repository, tag: str) -> None:
    stored = push(store, artefact(), WEIGHTS)
    with pytest.raises((BadReference, NotFound)):
        store.tag(tag, stored)


def test_bytes_that_are_not_those_of_the_descriptor_are_not_stored(store: Repository) -> None:
    blob = layer(b"what was signed")
    with pytest.raises(ContentMismatch):
        store.push_blob(blob, b"something else!")
    assert not store.has_blob(blob)


def test_a_file_that_changed_since_it_was_hashed_is_not_stored(store: Repository, tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"what was signed")
    blob = layer(b"what was signed")
    (tmp_path / "weights").write_bytes(b"something else!")
    with pytest.raises(ContentMismatch):
        store.push_blob(blob, tmp_path / "weights")
    (tmp_path / "weights").write_bytes(b"another length")
    with pytest.raises(ContentMismatch):
        store.push_blob(blob, tmp_path / "weights")
    assert not store.has_blob(blob)
