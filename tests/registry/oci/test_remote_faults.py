"""A registry that is slow, busy, gone, too small or sends us elsewhere: each ends soon and says what to do."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attest_registry.errors import (
    BadReference,
    ContentMismatch,
    NotFound,
    StoreError,
    StoreRefused,
    Unauthorised,
    Unreachable,
)
from attest_registry.oci.remote import RemoteOptions, RemoteRepository
from tests.registry.oci.content_for_tests import MODEL, QUICK, WEIGHTS, artefact, layer, push
from tests.services.certificates import make_certificates
from tests.services.fake_registry import FakeRegistry, Handler, answer, drip, error, hang

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.services.docker_registry import DockerRegistry

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"


@pytest.fixture
def repository(fake: FakeRegistry) -> RemoteRepository:
    return RemoteRepository(fake.host, MODEL, QUICK)


def _no_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize(
    ("status", "kind", "code", "exit_status"),
    [
        (400, StoreRefused, "store-refused", 4),
        (401, Unauthorised, "registry-unauthorised", 4),
        (403, Unauthorised, "registry-unauthorised", 4),
        (404, NotFound, "name-unknown", 2),
        (413, StoreRefused, "registry-size-limit", 4),
        (429, StoreRefused, "registry-rate-limit", 4),
        (500, StoreRefused, "store-refused", 4),
        (503, StoreRefused, "store-refused", 4),
    ],
)
def test_each_refusal_has_its_error_with_host_request_and_status(  # noqa: PLR0917
    fake: FakeRegistry, repository: RemoteRepository, status: int, kind: type[StoreError], code: str, exit_status: int
) -> None:
    fake.on("GET", "/manifests/1$", error(status, "SOME_CODE", "some words"))
    with pytest.raises(kind) as refusal:
        repository.resolve("1")
    assert (refusal.value.code, refusal.value.exit_status) == (code, exit_status)
    assert fake.host in refusal.value.message
    assert f"{MODEL}:1" in refusal.value.message
    assert str(status) in refusal.value.message
    assert "SOME_CODE: some words" in (refusal.value.found or "")


@pytest.mark.parametrize("status", [401, 403])
def test_whoever_is_not_let_in_is_told_how_to_log_in(
    fake: FakeRegistry, repository: RemoteRepository, status: int
) -> None:
    fake.on("POST", "/uploads/", answer(status))
    with pytest.raises(Unauthorised) as refusal:
        repository.push_blob(layer(), WEIGHTS)
    assert refusal.value.hint == f"attest login {fake.host}"
    assert f"no credentials for {fake.host}" in (refusal.value.found or "")
    assert "the push of model.safetensors" in refusal.value.message


@pytest.mark.parametrize("where", ["POST", "PUT"])
def test_a_blob_over_the_registrys_limit_says_whose_limit_it_is(
    fake: FakeRegistry, repository: RemoteRepository, where: str
) -> None:
    fake.on(where, "/uploads/", answer(413, b"<html>nginx</html>"))
    with pytest.raises(StoreRefused) as refusal:
        repository.push_blob(layer(), WEIGHTS)
    assert refusal.value.code == "registry-size-limit"
    assert "client_max_body_size" in (refusal.value.hint or "")


def test_words_of_a_registry_reach_people_as_one_short_printable_line(
    fake: FakeRegistry, repository: RemoteRepository
) -> None:
    fake.on("GET", "/manifests/", error(500, "X", "\x1b[2J\nevil " + "long " * 1000))
    with pytest.raises(StoreRefused) as refusal:
        repository.resolve("1")
    found = refusal.value.found or ""
    assert found.isprintable()
    assert len(found) < 300


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_registry_is_asked_again(fake: FakeRegistry, repository: RemoteRepository, status: int) -> None:
    push(repository, artefact(), WEIGHTS)
    repository.tag("1", artefact().descriptor)
    fake.on("GET", "/manifests/1$", answer(status), times=2)
    assert repository.resolve("1") == artefact().descriptor


def test_the_wait_that_a_registry_asks_for_is_kept(fake: FakeRegistry, repository: RemoteRepository) -> None:
    fake.on("GET", "/tags/", answer(429, b"", Retry_After="1"), times=1)
    start = time.monotonic()
    assert list(repository.tags()) == []
    assert time.monotonic() - start >= 1.0


def test_a_wait_beyond_all_patience_is_said_at_once(fake: FakeRegistry, repository: RemoteRepository) -> None:
    fake.on("GET", "/tags/", answer(503, b"", Retry_After="3600"))
    start = time.monotonic()
    with pytest.raises(StoreRefused) as refusal:
        repository.tags()
    assert time.monotonic() - start < 1.0
    assert "a wait of 3600 s" in (refusal.value.found or "")


@pytest.mark.parametrize(("status", "times"), [(500, 3), (503, 3), (400, 1), (403, 1), (404, 1), (501, 1)])
def test_how_often_a_registry_is_asked_is_bounded(
    fake: FakeRegistry, repository: RemoteRepository, status: int, times: int
) -> None:
    fake.on("GET", "/manifests/", answer(status))
    with pytest.raises(StoreError):
        repository.resolve("1")
    assert fake.count("GET", "/manifests/") == times


def test_an_upload_is_begun_anew_with_the_file_opened_again(
    fake: FakeRegistry, repository: RemoteRepository, tmp_path: Path
) -> None:
    (tmp_path / "weights").write_bytes(WEIGHTS)
    fake.on("PUT", "/uploads/", answer(503), times=1)
    fake.on("PUT", "/uploads/", error(404, "BLOB_UPLOAD_UNKNOWN"), times=1)
    told: list[int] = []
    repository.push_blob(layer(), tmp_path / "weights", advance=told.append)
    assert fake.blobs[(MODEL, str(layer().digest))] == WEIGHTS
    assert fake.count("POST", "/uploads/") == 3
    assert sum(told) == len(WEIGHTS)


def test_a_connection_lost_in_an_upload_is_not_the_end(fake: FakeRegistry, repository: RemoteRepository) -> None:
    def lose(handler: Handler) -> None:
        handler.close_connection = True

    fake.on("PUT", "/uploads/", lose, times=1)
    repository.push_blob(layer(), WEIGHTS)
    assert repository.has_blob(layer())


def test_a_registry_that_hashes_otherwise_is_not_believed(fake: FakeRegistry, repository: RemoteRepository) -> None:
    fake.on("PUT", "/uploads/", error(400, "DIGEST_INVALID"))
    with pytest.raises(ContentMismatch) as incident:
        repository.push_blob(layer(), WEIGHTS)
    assert incident.value.code == "file-changed"


def test_an_upload_without_a_place_to_send_it_is_refused(fake: FakeRegistry, repository: RemoteRepository) -> None:
    fake.on("POST", "/uploads/", answer(202))
    with pytest.raises(StoreRefused) as refusal:
        repository.push_blob(layer(), WEIGHTS)
    assert refusal.value.expected == "a Location header"


def test_an_upload_may_go_to_a_location_with_a_query(fake: FakeRegistry, repository: RemoteRepository) -> None:
    def begin(handler: Handler) -> None:
        fake.uploads.add("here")
        handler.reply(202, b"", {"Location": f"{fake.scheme}://{fake.host}/v2/{MODEL}/blobs/uploads/here?_state=a%2Bb"})

    fake.on("POST", "/uploads/", begin, times=1)
    repository.push_blob(layer(), WEIGHTS)
    assert repository.has_blob(layer())


@pytest.mark.parametrize(
    "fault",
    [hang(5), drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", 0.05, 5), drip(_HEAD, 0.05, 5), drip(_HEAD, 5, 5)],
    ids=["says nothing", "drips its headers", "drips its body", "stops in its body"],
)
def test_a_registry_that_hangs_or_drips_is_given_up(
    fake: FakeRegistry, repository: RemoteRepository, fault: Callable[[Handler], None]
) -> None:
    fake.on("GET", "/tags/", fault)
    start = time.monotonic()
    with pytest.raises(Unreachable) as refusal:
        repository.tags()
    assert time.monotonic() - start < 4.0
    assert refusal.value.code == "store-unreachable"
    assert "3 tries" in (refusal.value.found or "")


def test_a_blob_that_drips_is_given_up(fake: FakeRegistry, repository: RemoteRepository) -> None:
    fake.on("GET", "/blobs/", drip(_HEAD, 0.05, 5))
    start = time.monotonic()
    with pytest.raises(Unreachable) as refusal, repository.open_blob(layer()) as source:
        source.read(100_000)
    assert time.monotonic() - start < 2.0
    assert refusal.value.found == "it stalled"


def test_an_error_answer_that_drips_is_given_up(fake: FakeRegistry, repository: RemoteRepository) -> None:
    """A byte within each time-out kept the reader of 16 KiB for eleven days."""
    fake.on("GET", "/tags/", drip(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 16384\r\n\r\n", 0.05, 5))
    start = time.monotonic()
    with pytest.raises(Unauthorised) as refusal:
        repository.tags()
    assert time.monotonic() - start < 2.0
    assert refusal.value.code == "registry-unauthorised"


def test_nobody_listening_is_said_soon() -> None:
    host = _no_port()
    start = time.monotonic()
    with pytest.raises(Unreachable) as refusal:
        RemoteRepository(host, MODEL).resolve("1")
    assert time.monotonic() - start < 3.0
    assert refusal.value.code == "store-unreachable"
    assert host in refusal.value.message
    assert "refused" in (refusal.value.found or "")


def test_a_name_that_does_not_resolve_is_said_soon() -> None:
    options = replace(QUICK, plain_http=True)
    with pytest.raises(Unreachable) as refusal:
        RemoteRepository("registry.invalid", MODEL, options).resolve("1")
    assert refusal.value.code == "store-unreachable"
    assert "registry.invalid" in refusal.value.message


def test_offline_reaches_nothing_and_names_the_address(fake: FakeRegistry) -> None:
    repository = RemoteRepository(fake.host, MODEL, RemoteOptions(offline=True))
    attempts: list[Callable[[], object]] = [
        lambda: repository.resolve("1"),
        repository.tags,
        lambda: repository.has_blob(layer()),
        lambda: repository.push_blob(layer(), WEIGHTS),
        lambda: repository.open_blob(layer()).__enter__(),
        lambda: repository.referrers(layer().digest),
        lambda: repository.push_manifest(artefact().raw, artefact().descriptor.media_type),
    ]
    for attempt in attempts:
        with pytest.raises(Unreachable) as refusal:
            attempt()
        assert refusal.value.code == "offline"
        assert f"http://{fake.host}" in refusal.value.message
    assert not fake.seen


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


def test_secrets_in_addresses_do_not_reach_messages(fake: FakeRegistry, repository: RemoteRepository) -> None:
    gone = _no_port()
    fake.on("GET", "/blobs/", answer(307, b"", Location=f"http://{gone}/x?signature=TOPSECRET"))
    with pytest.raises(Unreachable) as refusal, repository.open_blob(layer()):
        pass
    shown = (refusal.value.message, refusal.value.found, refusal.value.hint, refusal.value.expected)
    assert "TOPSECRET" not in repr(shown)
    assert gone in refusal.value.message


# ---- TLS


@pytest.fixture
def secure(tmp_path: Path) -> FakeRegistry:
    return FakeRegistry(certificates=make_certificates(tmp_path))


def test_a_certificate_under_the_named_authority_is_believed(secure: FakeRegistry, tmp_path: Path) -> None:
    with secure:
        repository = RemoteRepository(secure.host, MODEL, replace(QUICK, ca_file=tmp_path / "ca.pem"))
        push(repository, artefact(), WEIGHTS)
        assert repository.fetch_manifest(artefact().descriptor.digest) == artefact().raw


def test_a_certificate_under_another_authority_is_refused(secure: FakeRegistry, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = make_certificates(tmp_path / "other").authority
    with secure, pytest.raises(Unreachable) as refusal:
        RemoteRepository(secure.host, MODEL, replace(QUICK, ca_file=other)).resolve("1")
    assert refusal.value.code == "tls-untrusted"
    assert "--ca-file" in (refusal.value.hint or "")
    assert not secure.seen


def test_plain_http_where_tls_was_promised_is_refused(fake: FakeRegistry, tmp_path: Path) -> None:
    authority = make_certificates(tmp_path).authority
    with pytest.raises(Unreachable) as refusal:
        RemoteRepository(fake.host, MODEL, replace(QUICK, ca_file=authority)).resolve("1")
    assert refusal.value.code == "tls-failed"


def test_tls_is_never_given_up_on_the_way(secure: FakeRegistry, fake: FakeRegistry, tmp_path: Path) -> None:
    with secure:
        secure.on("GET", "/blobs/", answer(307, b"", Location=f"http://{fake.host}/v2/x/blobs/y"))
        secure.on("POST", "/uploads/", answer(202, b"", Location=f"http://{secure.host}/v2/x/blobs/uploads/y"))
        repository = RemoteRepository(secure.host, MODEL, replace(QUICK, ca_file=tmp_path / "ca.pem"))
        with pytest.raises(StoreRefused) as refusal, repository.open_blob(layer()):
            pass
        assert refusal.value.code == "redirect-refused"
        with pytest.raises(StoreRefused) as refusal:
            repository.push_blob(layer(), WEIGHTS)
        assert refusal.value.code == "redirect-refused"
        assert not fake.seen


def test_an_authority_that_is_not_there_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(BadReference) as refusal:
        RemoteRepository("ghcr.io", MODEL, RemoteOptions(ca_file=tmp_path / "none.pem"))
    assert refusal.value.code == "no-ca-file"


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "127.9.9.9", "localhost", "localhost:1", "[::1]:5000"])
def test_loopback_needs_no_tls(host: str) -> None:
    assert RemoteRepository(host, MODEL)._address.scheme == "http"


@pytest.mark.parametrize("host", ["ghcr.io", "10.0.0.1:5000", "localhost.example.com", "127.0.0.1.example.com:80"])
def test_everything_else_does(host: str) -> None:
    assert RemoteRepository(host, MODEL)._address.scheme == "https"
    assert RemoteRepository(host, MODEL, RemoteOptions(plain_http=True))._address.scheme == "http"


def test_docker_registry_with_tls(docker_registry_with_tls: DockerRegistry) -> None:
    options = replace(QUICK, ca_file=docker_registry_with_tls.ca_file)
    repository = RemoteRepository(docker_registry_with_tls.host, MODEL, options)
    repository.tag("1", push(repository, artefact(), WEIGHTS))
    assert repository.resolve("1") == artefact().descriptor
