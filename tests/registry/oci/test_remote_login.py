"""Logging in to real registries: htpasswd, tokens that expire in the middle, wrong passwords, and no leaks."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

import pytest

from attest_registry.errors import StoreRefused, Unauthorised, Unreachable
from attest_registry.oci import login
from attest_registry.oci.ping import check_login
from attest_registry.oci.remote import RemoteOptions, RemoteRepository
from tests.registry.oci.content_for_tests import MODEL, QUICK, WEIGHTS, artefact, layer, push
from tests.services.docker_registry import PASSWORD, USER
from tests.services.registry_faults import answer

if TYPE_CHECKING:
    from tests.services.docker_registry import DockerRegistry
    from tests.services.fake_registry import FakeRegistry
    from tests.services.registry_connection import Handler


def test_htpasswd_lets_in_with_the_saved_login(docker_registry_with_login: DockerRegistry) -> None:
    host = docker_registry_with_login.host
    login.save(host, USER, PASSWORD)
    repository = RemoteRepository(host, MODEL, QUICK)
    repository.tag("1", push(repository, artefact(), WEIGHTS))
    assert repository.resolve("1") == artefact().descriptor


@pytest.mark.parametrize("password", [None, "wrong"])
def test_htpasswd_refuses_without_the_right_password(
    docker_registry_with_login: DockerRegistry, password: str | None
) -> None:
    host = docker_registry_with_login.host
    if password is not None:
        login.save(host, USER, password)
    with pytest.raises(Unauthorised) as refusal:
        RemoteRepository(host, MODEL, QUICK).push_blob(layer(), WEIGHTS)
    assert refusal.value.code == "registry-unauthorised"
    assert refusal.value.hint == f"attest login {host}"
    assert ("no credentials" if password is None else "config.json") in (refusal.value.found or "")


def test_a_login_is_checked_before_it_counts(docker_registry_with_login: DockerRegistry) -> None:
    assert check_login(docker_registry_with_login.host, USER, PASSWORD, QUICK)
    with pytest.raises(Unauthorised) as refusal:
        check_login(docker_registry_with_login.host, USER, "wrong-password", QUICK)
    assert "wrong-password" not in repr(refusal.value.__dict__)


def test_a_registry_for_everybody_cannot_check_a_login(docker_registry: DockerRegistry) -> None:
    assert not check_login(docker_registry.host, USER, PASSWORD, QUICK)


def test_a_login_to_something_else_than_a_registry_is_refused(fake: FakeRegistry) -> None:
    fake.on("GET", "/v2/$", answer(404, b"<html>"))
    with pytest.raises(StoreRefused) as refusal:
        check_login(fake.host, USER, PASSWORD, QUICK)
    assert refusal.value.code == "no-registry"


def test_a_login_offline_is_refused(fake: FakeRegistry) -> None:
    with pytest.raises(Unreachable) as refusal:
        check_login(fake.host, USER, PASSWORD, RemoteOptions(offline=True))
    assert refusal.value.code == "offline"


def test_tokens_let_in_for_reading_and_writing(fake: FakeRegistry) -> None:
    fake.require_token("alice", "s3cret")
    login.save(fake.host, "alice", "s3cret")
    repository = RemoteRepository(fake.host, MODEL, QUICK)
    repository.tag("1", push(repository, artefact(), WEIGHTS))
    assert repository.resolve("1") == artefact().descriptor
    assert check_login(fake.host, "alice", "s3cret", QUICK)


def test_a_token_is_asked_for_once_per_thing_to_do(fake: FakeRegistry) -> None:
    fake.require_token("alice", "s3cret")
    login.save(fake.host, "alice", "s3cret")
    repository = RemoteRepository(fake.host, MODEL, QUICK)
    for number in range(5):
        data = bytes([number])
        repository.has_blob(layer(data))
        repository.push_blob(layer(data), data)
    assert fake.count("GET", "^/token") == 2


def test_a_token_that_expired_without_a_word_is_renewed_in_the_middle(fake: FakeRegistry) -> None:
    rules = fake.require_token("alice", "s3cret")
    login.save(fake.host, "alice", "s3cret")
    repository = RemoteRepository(fake.host, MODEL, QUICK)
    repository.push_blob(layer(), WEIGHTS)
    rules.issued.clear()
    repository.push_blob(layer(b"other"), b"other")
    assert fake.blobs[(MODEL, str(layer(b"other").digest))] == b"other"


def test_a_token_that_expires_between_the_two_steps_of_an_upload_is_renewed(fake: FakeRegistry) -> None:
    rules = fake.require_token("alice", "s3cret")
    login.save(fake.host, "alice", "s3cret")
    repository = RemoteRepository(fake.host, MODEL, QUICK)

    def expire(handler: Handler) -> None:
        rules.issued.clear()
        handler.serve_honestly()

    fake.on("PUT", "/uploads/", expire, times=1)
    repository.push_blob(layer(), WEIGHTS)
    assert fake.blobs[(MODEL, str(layer().digest))] == WEIGHTS


def test_an_identity_token_lets_in(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = fake.require_token("alice", "s3cret")
    path = login.save(fake.host, "alice", "s3cret")
    with open(path, "w") as file:  # noqa: PTH123
        file.write(f'{{"auths": {{"{fake.host}": {{"identitytoken": "{rules.refresh_token}"}}}}}}')
    repository = RemoteRepository(fake.host, MODEL, QUICK)
    repository.push_blob(layer(), WEIGHTS)
    assert fake.count("POST", "^/token") >= 1


def test_a_wrong_password_at_the_token_service_ends_at_once(fake: FakeRegistry) -> None:
    fake.require_token("alice", "s3cret")
    login.save(fake.host, "alice", "wrong-password")
    with pytest.raises(Unauthorised) as refusal:
        RemoteRepository(fake.host, MODEL, QUICK).resolve("1")
    assert refusal.value.hint == f"attest login {fake.host}"
    assert fake.count("GET", "^/token") == 1


@pytest.mark.parametrize("status", [401, 403, 500])
def test_no_secret_reaches_message_trace_or_log(
    fake: FakeRegistry, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.basic = ("alice", "s3cret-pass")
    login.save(fake.host, "alice", "s3cret-pass")
    secrets = ["s3cret-pass", "YWxpY2U6czNjcmV0LXBhc3M="]
    body = '{"errors":[{"code":"X","message":"you sent s3cret-pass YWxpY2U6czNjcmV0LXBhc3M="}]}'
    fake.on("POST", "/uploads/", answer(401, WWW_Authenticate='Basic realm="r"'), times=1)
    fake.on("POST", "/uploads/", answer(status, body.encode()))
    with pytest.raises((Unauthorised, StoreRefused)) as refusal:
        RemoteRepository(fake.host, MODEL, QUICK).push_blob(layer(), WEIGHTS)
    shown = "".join(traceback.format_exception(refusal.value)) + repr(refusal.value.__dict__) + caplog.text
    assert not [secret for secret in secrets if secret in shown]


def test_logins_of_netrc_are_not_used(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch, own_home: object) -> None:
    from pathlib import Path

    netrc = Path(str(own_home)) / ".netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password leaked\n")
    netrc.chmod(0o600)
    RemoteRepository(fake.host, MODEL, QUICK).tags()
    assert all("Authorization" not in seen.headers for seen in fake.seen)
