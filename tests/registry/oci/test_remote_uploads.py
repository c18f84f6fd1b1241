"""Uploads that a registry breaks off, refuses, or has sent to another place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attest_registry.errors import ContentMismatch, StoreRefused
from attest_registry.oci.remote import RemoteRepository
from tests.registry.oci.content_for_tests import MODEL, QUICK, WEIGHTS, layer
from tests.services.registry_faults import answer, error

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.fake_registry import FakeRegistry
    from tests.services.registry_connection import Handler


@pytest.fixture
def repository(fake: FakeRegistry) -> RemoteRepository:
    return RemoteRepository(fake.host, MODEL, QUICK)


@pytest.mark.parametrize("where", ["POST", "PUT"])
def test_a_blob_over_the_registrys_limit_says_whose_limit_it_is(
    fake: FakeRegistry, repository: RemoteRepository, where: str
) -> None:
    fake.on(where, "/uploads/", answer(413, b"<html>nginx</html>"))
    with pytest.raises(StoreRefused) as refusal:
        repository.push_blob(layer(), WEIGHTS)
    assert refusal.value.code == "registry-size-limit"
    assert "client_max_body_size" in (refusal.value.hint or "")


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
