"""A registry that sends us elsewhere: followed without credentials, not for ever, and not by what is written."""

from __future__ import annotations

import pytest

from attest_registry.errors import StoreRefused, Unauthorised
from attest_registry.oci.remote import RemoteRepository
from tests.registry.oci.content_for_tests import MODEL, QUICK, WEIGHTS, artefact, layer
from tests.services.fake_registry import FakeRegistry
from tests.services.registry_faults import answer


@pytest.fixture
def repository(fake: FakeRegistry) -> RemoteRepository:
    return RemoteRepository(fake.host, MODEL, QUICK)


def test_a_redirect_to_a_cdn_is_followed_without_credentials(fake: FakeRegistry) -> None:
    with FakeRegistry() as cdn:
        fake.basic = ("alice", "s3cret")
        cdn.blobs[(MODEL, str(layer().digest))] = WEIGHTS
        fake.on("GET", "/blobs/", answer(307, b"", Location=f"http://{cdn.host}/v2/{MODEL}/blobs/{layer().digest}"))
        repository = _logged_in(fake)
        with repository.open_blob(layer()) as source:
            assert source.read(10) == WEIGHTS[:10]
        assert [dict(seen.headers).get("Authorization") for seen in cdn.seen] == [None]


def test_a_challenge_by_another_host_is_not_answered(fake: FakeRegistry) -> None:
    with FakeRegistry() as cdn:
        fake.basic = ("alice", "s3cret")
        cdn.on("GET", "/blobs/", answer(401, b"", WWW_Authenticate='Basic realm="please"'))
        fake.on("GET", "/blobs/", answer(307, b"", Location=f"http://{cdn.host}/v2/x/blobs/y"))
        with pytest.raises(Unauthorised), _logged_in(fake).open_blob(layer()):
            pass
        assert all("Authorization" not in seen.headers for seen in cdn.seen)
        assert cdn.count("GET", "/blobs/") == 1


def test_an_upload_to_another_host_carries_no_credentials(fake: FakeRegistry) -> None:
    with FakeRegistry() as other:
        fake.basic = ("alice", "s3cret")
        other.uploads.add("there")
        fake.on("POST", "/uploads/", answer(202, b"", Location=f"http://{other.host}/v2/{MODEL}/blobs/uploads/there"))
        _logged_in(fake).push_blob(layer(), WEIGHTS)
        assert other.blobs[(MODEL, str(layer().digest))] == WEIGHTS
        assert all("Authorization" not in seen.headers for seen in other.seen)


def _logged_in(fake: FakeRegistry) -> RemoteRepository:
    from attest_registry.oci import login

    login.save(fake.host, "alice", "s3cret")
    return RemoteRepository(fake.host, MODEL, QUICK)


def test_redirects_in_a_circle_end(fake: FakeRegistry, repository: RemoteRepository) -> None:
    fake.on("GET", "/manifests/", answer(302, b"", Location=f"/v2/{MODEL}/manifests/1"))
    with pytest.raises(StoreRefused) as refusal:
        repository.resolve("1")
    assert refusal.value.code == "redirect-loop"
    assert fake.count("GET", "/manifests/") == 6


@pytest.mark.parametrize(
    ("location", "code"),
    [("ftp://127.0.0.1/x", "bad-address"), ("http://alice@127.0.0.1/x", "bad-address"), ("http://[::1", "bad-address")],
)
def test_a_redirect_to_something_else_than_the_web_is_refused(
    fake: FakeRegistry, repository: RemoteRepository, location: str, code: str
) -> None:
    fake.on("GET", "/manifests/", answer(302, b"", Location=location))
    with pytest.raises(StoreRefused) as refusal:
        repository.resolve("1")
    assert refusal.value.code == code


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_what_is_written_is_not_redirected_to_another_host(
    fake: FakeRegistry, repository: RemoteRepository, status: int
) -> None:
    with FakeRegistry() as other:
        fake.on("PUT", "/manifests/", answer(status, b"", Location=f"http://{other.host}/x"))
        with pytest.raises(StoreRefused) as refusal:
            repository.push_manifest(artefact().raw, artefact().descriptor.media_type)
        assert refusal.value.code == "redirect-refused"
        assert not other.seen
