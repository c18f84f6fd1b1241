"""TLS to a registry: under which authority, from when on, and never given up on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attest_registry.errors import BadReference, StoreRefused, Unreachable
from attest_registry.oci.remote import RemoteOptions, RemoteRepository
from tests.registry.oci.content_for_tests import MODEL, QUICK, WEIGHTS, artefact, layer, push
from tests.services.certificates import make_certificates
from tests.services.fake_registry import FakeRegistry
from tests.services.registry_faults import answer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.docker_registry import DockerRegistry


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
