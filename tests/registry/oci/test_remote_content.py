"""A registry that lies about content: nothing wrong gets through, each lie has its name (docs/threats.md 1, 16)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from attest_registry import limits
from attest_registry.digest import Digest, read_checked
from attest_registry.errors import BadReference, Conflict, ContentMismatch, RangeUnsupported, StoreRefused
from attest_registry.oci.descriptor import IMAGE_INDEX, IMAGE_MANIFEST
from attest_registry.oci.remote import RemoteRepository
from tests.registry.oci.content_for_tests import MODEL, QUICK, WEIGHTS, artefact, layer, push
from tests.services.registry_faults import answer, error

if TYPE_CHECKING:
    from attest_registry.oci.descriptor import Descriptor
    from tests.services.fake_registry import FakeRegistry
    from tests.services.registry_connection import Handler


@pytest.fixture
def repository(fake: FakeRegistry) -> RemoteRepository:
    return RemoteRepository(fake.host, MODEL, QUICK)


@pytest.fixture
def stored(repository: RemoteRepository) -> Descriptor:
    found = push(repository, artefact(), WEIGHTS)
    repository.tag("1", found)
    return found


def _fresh(fake: FakeRegistry) -> RemoteRepository:
    return RemoteRepository(fake.host, MODEL, QUICK)


def _read(repository: RemoteRepository) -> bytes:
    blob = layer()
    with repository.open_blob(blob) as source:
        return read_checked(source, digest=blob.digest, size=blob.size, limit=blob.size, what="the blob")


def test_the_honest_registry_is_believed(fake: FakeRegistry, stored: Descriptor) -> None:
    repository = _fresh(fake)
    assert repository.fetch_manifest(stored.digest) == artefact().raw
    assert _read(repository) == WEIGHTS


def test_a_manifest_with_one_changed_byte_is_an_incident(fake: FakeRegistry, stored: Descriptor) -> None:
    media_type, raw = fake.manifests[(MODEL, str(stored.digest))]
    fake.manifests[(MODEL, str(stored.digest))] = (media_type, raw.replace(b"model", b"modem"))
    with pytest.raises(ContentMismatch) as incident:
        _fresh(fake).fetch_manifest(stored.digest)
    assert incident.value.code == "digest-mismatch"
    assert incident.value.expected == str(stored.digest)


def test_a_tag_whose_header_names_another_digest_is_an_incident(fake: FakeRegistry, stored: Descriptor) -> None:
    media_type, raw = fake.manifests[(MODEL, str(stored.digest))]
    fake.manifests[(MODEL, str(stored.digest))] = (media_type, raw + b"\n")
    with pytest.raises(ContentMismatch) as incident:
        _fresh(fake).resolve("1")
    assert incident.value.code == "digest-mismatch"


def test_a_header_with_another_algorithm_says_nothing(fake: FakeRegistry, stored: Descriptor) -> None:
    headers = {"Docker_Content_Digest": "sha512:" + "0" * 128, "Content_Type": IMAGE_MANIFEST}
    fake.on("GET", "/manifests/1$", answer(200, artefact().raw, **headers))
    assert _fresh(fake).resolve("1").digest == stored.digest


def test_a_manifest_over_the_limit_is_not_read_to_its_end(fake: FakeRegistry) -> None:
    fake.on("GET", "/manifests/", answer(200, b" " * (limits.MANIFEST_BYTES + 2), Content_Type=IMAGE_MANIFEST))
    with pytest.raises(ContentMismatch) as incident:
        _fresh(fake).resolve("1")
    assert incident.value.code == "content-too-large"


@pytest.mark.parametrize(
    ("raw", "content_type", "code"),
    [
        (
            b'{"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
            IMAGE_MANIFEST,
            "malformed-manifest",
        ),
        (b'{"layers":[],"manifests":[]}', IMAGE_MANIFEST, "malformed-manifest"),
        (b'{"schemaVersion":2}', "application/vnd.docker.distribution.manifest.v2+json", "malformed-manifest"),
        (b'{"mediaType":["a"]}', IMAGE_MANIFEST, "malformed-manifest"),
        (b"[]", IMAGE_INDEX, "malformed-json"),
        (b"<html>hello</html>", "text/html", "malformed-json"),
        (b'{"layers":[],"layers":[]}', IMAGE_MANIFEST, "malformed-json"),
    ],
)
def test_a_document_with_two_meanings_or_none_is_refused(
    fake: FakeRegistry, raw: bytes, content_type: str, code: str
) -> None:
    fake.on("GET", "/manifests/", answer(200, raw, Content_Type=content_type))
    with pytest.raises(ContentMismatch) as incident:
        _fresh(fake).resolve("1")
    assert incident.value.code == code


@pytest.mark.parametrize("wrong", [b"x" * len(WEIGHTS), WEIGHTS + b"x", WEIGHTS[:-1], b""])
def test_a_blob_that_is_not_the_asked_one_is_an_incident(fake: FakeRegistry, stored: Descriptor, wrong: bytes) -> None:
    fake.blobs[(MODEL, str(layer().digest))] = wrong
    with pytest.raises(ContentMismatch) as incident:
        _read(_fresh(fake))
    assert incident.value.code == "digest-mismatch"


def test_a_range_that_is_not_served_is_not_taken_for_the_beginning(fake: FakeRegistry, stored: Descriptor) -> None:
    fake.on("GET", "/blobs/", answer(200, WEIGHTS))
    with pytest.raises(RangeUnsupported) as refusal, _fresh(fake).open_blob(layer(), offset=10):
        pass
    assert refusal.value.code == "range-unsupported"


@pytest.mark.parametrize("content_range", ["bytes 0-9/10", "", "bytes 100-200/10", "lines 10-20/30"])
def test_a_range_that_begins_elsewhere_is_not_used(fake: FakeRegistry, stored: Descriptor, content_range: str) -> None:
    fake.on("GET", "/blobs/", answer(206, WEIGHTS[10:], Content_Range=content_range))
    with pytest.raises(RangeUnsupported), _fresh(fake).open_blob(layer(), offset=10):
        pass


def test_a_compressed_answer_is_refused_rather_than_unpacked(fake: FakeRegistry, stored: Descriptor) -> None:
    fake.on("GET", "/blobs/", answer(200, b"\x1f\x8b", Content_Encoding="gzip"))
    with pytest.raises(StoreRefused) as refusal, _fresh(fake).open_blob(layer()):
        pass
    assert refusal.value.found == "Content-Encoding gzip"


@pytest.mark.parametrize("body", [b"{}", b'{"tags": null}'])
def test_a_repository_without_tags_has_none(fake: FakeRegistry, body: bytes) -> None:
    fake.on("GET", "/tags/list", answer(200, body))
    assert list(_fresh(fake).tags()) == []


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'"x"', b'{"tags": 5}', b"[" * 100_000])
def test_a_list_of_tags_that_is_none_is_an_incident(fake: FakeRegistry, body: bytes) -> None:
    fake.on("GET", "/tags/list", answer(200, body))
    with pytest.raises(ContentMismatch) as incident:
        _fresh(fake).tags()
    assert incident.value.code == "malformed-listing"


def test_tags_are_gathered_over_all_pages_and_bookkeeping_is_hidden(
    fake: FakeRegistry, repository: RemoteRepository, stored: Descriptor
) -> None:
    fake.page_size = 2
    hidden = ["sha256-" + "0" * 64, "attest-log", "attest-checkpoint"]
    for tag in ["2", "3", "1.4.0", *hidden]:
        fake.tags[(MODEL, tag)] = str(stored.digest)
    assert sorted(repository.tags()) == ["1", "1.4.0", "2", "3"]
    assert fake.count("GET", "/tags/list") == 4


def test_tags_that_cannot_be_tags_are_left_out(fake: FakeRegistry) -> None:
    fake.on("GET", "/tags/list", answer(200, json.dumps({"tags": ["1", "../../x", 5, "a\nb", "", "\x1b[2J"]}).encode()))
    assert list(_fresh(fake).tags()) == ["1"]


def test_pages_of_tags_without_an_end_are_refused(fake: FakeRegistry) -> None:
    def page(handler: Handler) -> None:
        following = f'</v2/{MODEL}/tags/list?n={len(fake.seen)}>; rel="next"'
        handler.reply(200, b'{"tags":["1"]}', {"Link": following})

    fake.on("GET", "/tags/list", page)
    with pytest.raises(StoreRefused) as refusal:
        _fresh(fake).tags()
    assert refusal.value.code == "endless-listing"
    assert fake.count("GET", "/tags/list") == limits.TAG_PAGES


def test_a_page_that_leads_to_itself_is_refused(fake: FakeRegistry) -> None:
    fake.on("GET", "/tags/list", answer(200, b'{"tags":["1"]}', Link=f'</v2/{MODEL}/tags/list>; rel="next"'))
    with pytest.raises(StoreRefused) as refusal:
        _fresh(fake).tags()
    assert refusal.value.code == "endless-listing"


def test_a_writer_who_was_faster_is_noticed_by_a_registry_with_conditional_writes(
    fake: FakeRegistry, repository: RemoteRepository, stored: Descriptor
) -> None:
    other = push(repository, artefact(b"other"), b"other")

    def faster(handler: Handler) -> None:
        fake.tags[(MODEL, "2")] = str(other.digest)
        handler._route()

    fake.on("PUT", "/manifests/2$", faster, times=1)
    with pytest.raises(Conflict):
        repository.tag("2", stored)
    assert repository.resolve("2").digest == other.digest


def test_a_writer_who_comes_after_us_is_noticed_by_looking_again(
    fake: FakeRegistry, repository: RemoteRepository, stored: Descriptor
) -> None:
    other = push(repository, artefact(b"other"), b"other")

    def slower(handler: Handler) -> None:
        handler._route()
        fake.tags[(MODEL, "2")] = str(other.digest)

    fake.on("PUT", "/manifests/2$", slower, times=1)
    with pytest.raises(Conflict) as conflict:
        repository.tag("2", stored)
    assert conflict.value.code == "version-exists"
    assert conflict.value.found == other.digest.short


def test_a_registry_that_stores_another_digest_than_ours_is_an_incident(fake: FakeRegistry) -> None:
    fake.on("PUT", "/manifests/", answer(201, b"", Docker_Content_Digest="sha256:" + "0" * 64))
    with pytest.raises(ContentMismatch) as incident:
        _fresh(fake).push_manifest(artefact().raw, IMAGE_MANIFEST)
    assert incident.value.code == "digest-mismatch"


def test_a_manifest_that_no_registry_would_take_is_not_sent(fake: FakeRegistry) -> None:
    raw = b'{"annotations":{"a":"' + b"x" * limits.MANIFEST_BYTES + b'"}}'
    with pytest.raises((StoreRefused, ContentMismatch)):
        _fresh(fake).push_manifest(raw, IMAGE_MANIFEST)
    assert not fake.seen


@pytest.mark.parametrize("model", ["a.b/c", "a.b", "a/b.c/d"])
def test_a_name_with_dots_is_never_taken_for_a_host(fake: FakeRegistry, model: str) -> None:
    repository = RemoteRepository(fake.host, model, QUICK)
    repository.tags()
    assert fake.seen[-1].path == f"/v2/{model}/tags/list"
    local = RemoteRepository("localhost", model, QUICK)
    assert local._container.registry == "localhost:80"
    assert local._container.api_prefix == model


@pytest.mark.parametrize("model", ["a/b@sha256:x", "a b:c:d", "", "a//b"])
def test_a_name_that_oras_reads_differently_is_refused(fake: FakeRegistry, model: str) -> None:
    with pytest.raises(BadReference):
        RemoteRepository(fake.host, model, QUICK)


def test_docker_hub_is_asked_under_its_real_name() -> None:
    repository = RemoteRepository("docker.io", "credit-risk")
    assert repository.place == "docker.io"
    assert repository._container.manifest_url("1") == "registry-1.docker.io/v2/library/credit-risk/manifests/1"


def test_a_digest_is_never_taken_from_the_registry(fake: FakeRegistry, stored: Descriptor) -> None:
    assert _fresh(fake).resolve("1").digest == Digest.of(artefact().raw)


@pytest.mark.parametrize(
    ("code", "times"), [("MANIFEST_BLOB_UNKNOWN", 3), ("DIGEST_INVALID", 3), ("MANIFEST_INVALID", 1)]
)
def test_a_manifest_that_is_refused_is_pushed_again_only_where_that_can_help(
    fake: FakeRegistry, code: str, times: int
) -> None:
    fake.on("PUT", "/manifests/", error(400, code))
    with pytest.raises(StoreRefused) as refusal:
        _fresh(fake).push_manifest(artefact().raw, IMAGE_MANIFEST)
    assert code in (refusal.value.found or "")
    assert fake.count("PUT", "/manifests/") == times
