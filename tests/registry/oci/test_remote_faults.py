"""A registry that refuses or is busy: each answer has its error, and it is asked again only so often."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from attest_registry.errors import NotFound, StoreError, StoreRefused, Unauthorised
from attest_registry.oci.remote import RemoteRepository
from tests.registry.oci.content_for_tests import MODEL, QUICK, WEIGHTS, artefact, layer, push
from tests.services.registry_faults import answer, error

if TYPE_CHECKING:
    from tests.services.fake_registry import FakeRegistry


@pytest.fixture
def repository(fake: FakeRegistry) -> RemoteRepository:
    return RemoteRepository(fake.host, MODEL, QUICK)


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


def test_words_of_a_registry_reach_people_as_one_short_printable_line(
    fake: FakeRegistry, repository: RemoteRepository
) -> None:
    fake.on("GET", "/manifests/", error(500, "X", "\x1b[2J\nevil " + "long " * 1000))
    with pytest.raises(StoreRefused) as refusal:
        repository.resolve("1")
    found = refusal.value.found or ""
    assert found.isprintable()
    assert len(found) < 300


# ---- busy


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
