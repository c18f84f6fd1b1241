"""A registry that is slow or gone: each request ends soon, and says what to do."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attest_registry.errors import Unauthorised, Unreachable
from attest_registry.oci.remote import RemoteOptions, RemoteRepository
from tests.registry.oci.content_for_tests import MODEL, QUICK, WEIGHTS, artefact, layer
from tests.services.registry_faults import answer, drip, hang

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.services.fake_registry import FakeRegistry
    from tests.services.registry_connection import Handler

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"


@pytest.fixture
def repository(fake: FakeRegistry) -> RemoteRepository:
    return RemoteRepository(fake.host, MODEL, QUICK)


def _no_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


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


def test_secrets_in_addresses_do_not_reach_messages(fake: FakeRegistry, repository: RemoteRepository) -> None:
    gone = _no_port()
    fake.on("GET", "/blobs/", answer(307, b"", Location=f"http://{gone}/x?signature=TOPSECRET"))
    with pytest.raises(Unreachable) as refusal, repository.open_blob(layer()):
        pass
    shown = (refusal.value.message, refusal.value.found, refusal.value.hint, refusal.value.expected)
    assert "TOPSECRET" not in repr(shown)
    assert gone in refusal.value.message


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
