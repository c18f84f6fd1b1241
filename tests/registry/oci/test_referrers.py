"""Evidence of a version in registries with and without the referrers API, with many writers and hostile listings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from attest_registry import limits
from attest_registry.errors import Conflict, StoreRefused, Unauthorised
from attest_registry.oci.descriptor import BUNDLE, EMPTY, EMPTY_BYTES, IMAGE_INDEX, IMAGE_MANIFEST, Descriptor
from attest_registry.oci.manifest import Index
from attest_registry.oci.referrers import entry_of, tag_of
from attest_registry.oci.remote import RemoteRepository
from tests.registry.oci.content_for_tests import MODEL, QUICK, WEIGHTS, artefact, evidence, push
from tests.services.registry_connection import INDEX, Handler
from tests.services.registry_faults import answer

if TYPE_CHECKING:
    from tests.services.docker_registry import DockerRegistry
    from tests.services.fake_registry import FakeRegistry

SUBJECT = artefact().descriptor


@pytest.fixture
def repository(fake: FakeRegistry) -> RemoteRepository:
    found = RemoteRepository(fake.host, MODEL, QUICK)
    push(found, artefact(), WEIGHTS)
    return found


@pytest.fixture
def without_api(fake: FakeRegistry, repository: RemoteRepository) -> RemoteRepository:
    fake.referrers_api = False
    return repository


def _digests(repository: RemoteRepository) -> set[str]:
    return {str(entry.digest) for entry in repository.referrers(SUBJECT.digest)}


def _attach(repository: RemoteRepository, *words: bytes) -> set[str]:
    return {str(push(repository, evidence(SUBJECT, word), word).digest) for word in words}


def _together(repository: RemoteRepository, *words: bytes) -> set[str]:
    manifests = [evidence(SUBJECT, word) for word in words]
    for data in (EMPTY_BYTES, *words):
        repository.push_blob(Descriptor.of(data, BUNDLE), data)
    repository.push_referrers(SUBJECT.digest, manifests)
    return {str(manifest.descriptor.digest) for manifest in manifests}


def _listing(fake: FakeRegistry) -> dict[str, Any]:
    _, raw = fake.manifests[(MODEL, fake.tags[(MODEL, tag_of(SUBJECT.digest))])]
    found: dict[str, Any] = json.loads(raw)
    return found


def _put_listing(fake: FakeRegistry, raw: bytes, media_type: str = INDEX) -> None:
    fake.manifests[(MODEL, "sha256:" + "1" * 64)] = (media_type, raw)
    fake.tags[(MODEL, tag_of(SUBJECT.digest))] = "sha256:" + "1" * 64


def test_where_there_is_an_api_no_tag_is_written(fake: FakeRegistry, repository: RemoteRepository) -> None:
    assert _digests(repository) == set()
    assert _attach(repository, b"one", b"two") == _digests(repository)
    assert not [tag for _, tag in fake.tags if tag.startswith("sha256-")]


def test_all_pages_are_read(fake: FakeRegistry, repository: RemoteRepository) -> None:
    fake.page_size = 2
    assert _attach(repository, *[bytes([number]) for number in range(7)]) == _digests(repository)


def test_evidence_that_is_pushed_together_is_listed_in_one_step(
    fake: FakeRegistry, without_api: RemoteRepository
) -> None:
    before = _attach(without_api, b"earlier")
    written = fake.count("PUT", f"/manifests/{tag_of(SUBJECT.digest)}$")
    together = _together(without_api, b"one", b"two", b"three")
    assert _digests(without_api) == before | together
    assert fake.count("PUT", f"/manifests/{tag_of(SUBJECT.digest)}$") == written + 1


def test_evidence_that_is_pushed_together_needs_no_tag_where_there_is_an_api(
    fake: FakeRegistry, repository: RemoteRepository
) -> None:
    assert _together(repository, b"one", b"two") == _digests(repository)
    assert not [tag for _, tag in fake.tags if tag.startswith("sha256-")]


def test_a_registry_that_says_it_took_note_but_has_no_api_is_not_believed(
    fake: FakeRegistry, repository: RemoteRepository
) -> None:
    fake.on("GET", "/referrers/", answer(404, b"404 page not found"))
    pushed = _attach(repository, b"one")
    assert tag_of(SUBJECT.digest) in {tag for _, tag in fake.tags}
    assert _digests(repository) == pushed


def test_a_registry_that_does_not_say_that_it_took_note_gets_the_tag(
    fake: FakeRegistry, repository: RemoteRepository
) -> None:
    fake.notes_subjects = False
    _attach(repository, b"one")
    assert len(_listing(fake)["manifests"]) == 1


def test_the_tag_carries_type_and_annotations(fake: FakeRegistry, without_api: RemoteRepository) -> None:
    claim = evidence(SUBJECT, b"one", predicate="https://slsa.dev/provenance/v1")
    push(without_api, claim, b"one")
    listing = _listing(fake)
    assert listing["mediaType"] == IMAGE_INDEX
    assert listing["manifests"] == [
        {
            "mediaType": IMAGE_MANIFEST,
            "digest": str(claim.descriptor.digest),
            "size": claim.descriptor.size,
            "artifactType": BUNDLE,
            "annotations": {"predicate": "https://slsa.dev/provenance/v1"},
        }
    ]


def test_the_tag_is_looked_at_where_the_api_lists_nothing(fake: FakeRegistry, without_api: RemoteRepository) -> None:
    pushed = _attach(without_api, b"before the upgrade")
    fake.referrers_api = True
    fake.on("GET", "/referrers/", answer(200, b'{"manifests":[]}', Content_Type=INDEX))
    assert _digests(RemoteRepository(fake.host, MODEL, QUICK)) == pushed


def test_what_others_wrote_into_the_tag_stays(fake: FakeRegistry, without_api: RemoteRepository) -> None:
    other = evidence(SUBJECT, b"another tool")
    kept = {**entry_of(other).to_json(), "platform": {"architecture": "none"}, "urls": ["https://example.com"]}
    document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [kept], "annotations": {"by": "another tool"}}
    _put_listing(fake, json.dumps(document).encode())
    _attach(without_api, b"ours")
    listing = _listing(fake)
    assert listing["manifests"][0] == kept
    assert listing["annotations"] == {"by": "another tool"}
    assert len(listing["manifests"]) == 2


def test_malformed_and_repeated_entries_are_left_out_and_spoil_nothing(
    fake: FakeRegistry, without_api: RemoteRepository
) -> None:
    good = entry_of(evidence(SUBJECT, b"good")).to_json()
    bad = [{}, "text", None, {**good, "digest": "sha256:../../x"}, {**good, "size": -1}, {**good, "annotations": [1]}]
    _put_listing(fake, json.dumps({"schemaVersion": 2, "manifests": [*bad, good, good]}).encode())
    assert _digests(without_api) == {good["digest"]}
    pushed = _attach(without_api, b"ours")
    assert {entry["digest"] for entry in _listing(fake)["manifests"]} == {good["digest"], *pushed}


@pytest.mark.parametrize("artifact_type", [None, "", EMPTY])
def test_an_entry_that_does_not_say_what_it_is_is_looked_at(
    fake: FakeRegistry, without_api: RemoteRepository, artifact_type: str | None
) -> None:
    claim = evidence(SUBJECT, b"one", kind="provenance")
    push(without_api, claim, b"one")
    bare = {**claim.descriptor.to_json()} | ({} if artifact_type is None else {"artifactType": artifact_type})
    _put_listing(fake, json.dumps({"schemaVersion": 2, "manifests": [bare]}).encode())
    (found,) = without_api.referrers(SUBJECT.digest)
    assert (found.artifact_type, dict(found.annotations)) == (BUNDLE, {"kind": "provenance"})


def test_an_entry_whose_manifest_is_gone_is_still_listed(fake: FakeRegistry, without_api: RemoteRepository) -> None:
    gone = Descriptor.of(b"gone", IMAGE_MANIFEST)
    _put_listing(fake, Index.build([gone]).raw)
    assert _digests(without_api) == {str(gone.digest)}


# ---- writers at the same time


def test_a_writer_who_takes_our_entry_away_is_noticed(fake: FakeRegistry, without_api: RemoteRepository) -> None:
    fake.conditional = False
    other = entry_of(evidence(SUBJECT, b"other"))

    def lost(handler: Handler) -> None:
        handler.serve_honestly()
        _put_listing(fake, Index.build([other]).raw)

    fake.on("PUT", "/manifests/sha256-", lost, times=2)
    pushed = _attach(without_api, b"ours")
    assert _digests(without_api) == {*pushed, str(other.digest)}


def test_entries_that_we_saw_are_put_back_with_ours(fake: FakeRegistry, without_api: RemoteRepository) -> None:
    fake.conditional = False
    before = _attach(without_api, b"earlier")

    def wipe(handler: Handler) -> None:
        handler.serve_honestly()
        _put_listing(fake, Index.build([]).raw)

    fake.on("PUT", "/manifests/sha256-", wipe, times=1)
    ours = _attach(without_api, b"ours")
    assert _digests(without_api) == before | ours


def test_one_of_several_entries_that_is_lost_is_put_back(fake: FakeRegistry, without_api: RemoteRepository) -> None:
    fake.conditional = False

    def lose_one(handler: Handler) -> None:
        handler.serve_honestly()
        kept = _listing(fake)["manifests"][1:]
        _put_listing(fake, json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": kept}).encode())

    fake.on("PUT", "/manifests/sha256-", lose_one, times=1)
    assert _together(without_api, b"one", b"two", b"three") == _digests(without_api)


def test_a_conditional_write_that_fails_is_made_again(fake: FakeRegistry, without_api: RemoteRepository) -> None:
    other = entry_of(evidence(SUBJECT, b"other"))

    def faster(handler: Handler) -> None:
        _put_listing(fake, Index.build([other]).raw)
        handler.serve_honestly()

    fake.on("PUT", "/manifests/sha256-", faster, times=1)
    pushed = _attach(without_api, b"ours")
    assert _digests(without_api) == {*pushed, str(other.digest)}


def test_a_listing_that_never_keeps_our_entry_is_a_conflict(
    fake: FakeRegistry, without_api: RemoteRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attest_registry.oci.referrers._settle", lambda *_: None)
    fake.on("PUT", "/manifests/sha256-", answer(201))
    with pytest.raises(Conflict) as conflict:
        _attach(without_api, b"ours")
    assert conflict.value.code == "referrers-contended"


_WRITER = """
import sys, time
from attest_registry.oci.remote import RemoteRepository
from tests.registry.oci.content_for_tests import artefact, evidence, push
host, model, word, start = sys.argv[1:]
time.sleep(max(0.0, float(start) - time.time()))
push(RemoteRepository(host, model), evidence(artefact().descriptor, word.encode()), word.encode())
"""


def test_eight_processes_attach_to_one_subject_and_none_is_lost(docker_registry: DockerRegistry) -> None:
    model = f"{MODEL}-{os.urandom(4).hex()}"
    repository = RemoteRepository(docker_registry.host, model)
    push(repository, artefact(), WEIGHTS)
    start = str(time.time() + 2.0)  # all of them have started Python by then
    root = Path(__file__).parents[3]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, docker_registry.host, model, f"word {number}", start], cwd=root
        )
        for number in range(8)
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0] * 8
    assert len(repository.referrers(SUBJECT.digest)) == 8


# ---- refusals


@pytest.mark.parametrize(
    ("raw", "media_type"),
    [
        (artefact().raw, IMAGE_MANIFEST),
        (b"not json", INDEX),
        (b'{"manifests": 5}', INDEX),
        (b'{"manifests": [], "manifests": []}', INDEX),
        (b"[]", INDEX),
    ],
)
def test_a_tag_that_is_somebody_elses_is_not_overwritten(
    fake: FakeRegistry, without_api: RemoteRepository, raw: bytes, media_type: str
) -> None:
    _put_listing(fake, raw, media_type)
    before = dict(fake.tags)
    with pytest.raises(Conflict) as conflict:
        _attach(without_api, b"ours")
    assert conflict.value.code == "referrers-tag-taken"
    assert fake.tags == before
    with pytest.raises(Conflict) as conflict:
        without_api.referrers(SUBJECT.digest)
    assert conflict.value.code == "referrers-tag-taken"


def test_a_full_listing_takes_no_more(fake: FakeRegistry, without_api: RemoteRepository) -> None:
    full = [Descriptor.of(str(number).encode(), IMAGE_MANIFEST) for number in range(limits.REFERRERS_PER_ARTEFACT)]
    _put_listing(fake, Index.build(full).raw)
    with pytest.raises(StoreRefused) as refusal:
        _attach(without_api, b"one too many")
    assert refusal.value.code == "too-many-referrers"


def test_pages_without_an_end_are_refused(fake: FakeRegistry, repository: RemoteRepository) -> None:
    def page(handler: Handler) -> None:
        link = f'</v2/{MODEL}/referrers/{SUBJECT.digest}?page={len(fake.seen)}>; rel="next"'
        handler.reply(200, b'{"manifests":[]}', {"Link": link, "Content-Type": INDEX})

    fake.on("GET", "/referrers/", page)
    with pytest.raises(StoreRefused) as refusal:
        repository.referrers(SUBJECT.digest)
    assert refusal.value.code == "endless-listing"
    assert fake.count("GET", "/referrers/") == limits.REFERRER_PAGES


def test_pages_do_not_lead_to_another_host(fake: FakeRegistry, repository: RemoteRepository) -> None:
    link = '<http://169.254.169.254/latest>; rel="next"'
    fake.on("GET", "/referrers/", answer(200, b'{"manifests":[]}', Link=link, Content_Type=INDEX))
    with pytest.raises(StoreRefused) as refusal:
        repository.referrers(SUBJECT.digest)
    assert refusal.value.code == "endless-listing"


def test_a_flood_of_foreign_entries_is_cut_off(fake: FakeRegistry, repository: RemoteRepository) -> None:
    fake.page_size = 600
    fake.extra_referrers = [
        {"mediaType": IMAGE_MANIFEST, "digest": f"sha256:{number:064x}", "size": 1, "artifactType": "x"}
        for number in range(3000)
    ]
    assert len(repository.referrers(SUBJECT.digest)) == limits.REFERRERS_PER_ARTEFACT
    assert fake.count("GET", "/referrers/") == 2


def test_nothing_refers_to_itself(fake: FakeRegistry, repository: RemoteRepository) -> None:
    fake.extra_referrers = [{**SUBJECT.to_json(), "artifactType": BUNDLE}]
    assert _digests(repository) == set()


@pytest.mark.parametrize("status", [401, 403])
def test_not_being_let_in_is_never_taken_for_no_evidence(
    fake: FakeRegistry, repository: RemoteRepository, status: int
) -> None:
    fake.on("GET", "/referrers/", answer(status))
    with pytest.raises(Unauthorised):
        repository.referrers(SUBJECT.digest)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_faulty_registry_is_never_taken_for_no_evidence(
    fake: FakeRegistry, repository: RemoteRepository, status: int
) -> None:
    fake.on("GET", "/referrers/", answer(status))
    with pytest.raises(StoreRefused):
        repository.referrers(SUBJECT.digest)


def test_a_faulty_tag_is_never_taken_for_no_evidence(fake: FakeRegistry, without_api: RemoteRepository) -> None:
    fake.on("GET", "/manifests/sha256-", answer(500))
    with pytest.raises(StoreRefused):
        without_api.referrers(SUBJECT.digest)
