"""Registries that are gone, busy or closed: status 4, what to do, and nothing at a final name."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.registry_in_front import MODEL, PUBLIC, lines, registry_in_front  # noqa: F401  # a fixture
from tests.services.registry_faults import error, hang

if TYPE_CHECKING:
    from tests.end_to_end.shell import Shell
    from tests.services.fake_registry import FakeRegistry


def nowhere() -> str:
    """A port of this machine on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize("verb", ["verify", "pull", "show", "ls", "push"])
def test_nothing_listens(keyed: Shell, verb: str) -> None:
    host = nowhere()
    printed = keyed.impatient().attest(*lines(host)[verb], expect=4)
    complaint = printed.complaint
    assert complaint.code == "store-unreachable"
    assert complaint.message.startswith(f"{host} did not answer when asked for ")
    assert MODEL in complaint.message
    assert "the connection was refused" in complaint.details["found"]
    assert complaint.hint == "is the registry running, and is this its port?"
    assert "files" not in printed.err, "the folder was read before the registry was asked"
    assert "out" not in keyed.names()


def test_the_version_that_was_asked_for_is_named(keyed: Shell) -> None:
    host = nowhere()
    complaint = keyed.impatient().attest("verify", f"{host}/{MODEL}:1", *PUBLIC, expect=4).complaint
    assert complaint.message == f"{host} did not answer when asked for the log of {MODEL}"


def test_a_name_that_does_not_resolve(keyed: Shell) -> None:
    complaint = keyed.impatient().attest("verify", f"registry.invalid/{MODEL}:1", *PUBLIC, expect=4).complaint
    assert complaint.code == "store-unreachable"
    assert "does not resolve" in complaint.details["found"]
    assert "the host's name" in complaint.hint


def test_offline_names_the_address(keyed: Shell) -> None:
    line = ("verify", f"registry.invalid/{MODEL}:1", *PUBLIC)
    complaint = keyed.attest(*line, expect=4, ATTEST_OFFLINE="1").complaint
    assert complaint.code == "offline"
    assert "https://registry.invalid" in complaint.message


@pytest.mark.parametrize(
    ("status", "code", "expect", "hint"),
    [
        (400, "store-refused", 4, ""),
        (401, "registry-unauthorised", 4, "attest login HOST"),
        (403, "registry-unauthorised", 4, "attest login HOST"),
        (404, "name-unknown", 2, "nothing was ever pushed to it"),
        (413, "registry-size-limit", 4, "body limit of HOST"),
        (429, "registry-rate-limit", 4, "wait, and run it again"),
        (500, "store-refused", 4, "the fault is with HOST"),
        (503, "store-refused", 4, "the fault is with HOST"),
    ],
)
def test_a_registry_that_refuses_to_read(
    keyed: Shell, registry: FakeRegistry, *, status: int, code: str, expect: int, hint: str
) -> None:
    registry.on("GET", "/v2/", error(status, "SOME_CODE", "some words"))
    newcomer = replace(keyed, environment={"ATTEST_STATE": str(keyed.folder / "another-state")})
    for verb in ("verify", "pull"):  # to whom has seen its log, a model that is gone is an incident
        complaint = newcomer.impatient().attest(*lines(registry.host)[verb], expect=expect).complaint
        assert complaint.code == code
        assert registry.host in complaint.message
        assert "SOME_CODE: some words" in complaint.details["found"]
        assert hint.replace("HOST", registry.host) in complaint.hint
    assert "out" not in keyed.names()
    registry.faults.clear()
    keyed.attest(*lines(registry.host)["pull"])


@pytest.mark.parametrize(
    ("status", "code", "hint"),
    [
        (401, "registry-unauthorised", "attest login HOST"),
        (403, "registry-unauthorised", "attest login HOST"),
        (404, "store-refused", "make the repository on HOST first"),
        (413, "registry-size-limit", "client_max_body_size"),
        (500, "store-refused", "the fault is with HOST"),
    ],
)
def test_a_registry_that_refuses_to_write(
    keyed: Shell, registry: FakeRegistry, *, status: int, code: str, hint: str
) -> None:
    (keyed.folder / "model/more.json").write_text("{}")
    for method in ("POST", "PUT"):
        registry.on(method, "/v2/", error(status, "SOME_CODE", "some words"))
    before = dict(registry.tags)
    complaint = keyed.impatient().attest(*lines(registry.host)["push"], expect=4).complaint
    assert complaint.code == code
    said = [f"{registry.host} refused the push of {what} to {MODEL} ({status})" for what in ("more.json", "the config")]
    assert complaint.message in said, "they go at the same time"
    assert hint.replace("HOST", registry.host) in complaint.hint
    assert registry.tags == before
    registry.faults.clear()
    keyed.attest(*lines(registry.host)["push"])
    assert len(registry.tags) == len(before) + 1


def test_a_push_without_a_login_is_refused_before_the_folder_is_read(keyed: Shell, registry: FakeRegistry) -> None:
    registry.basic = ("alice", "s3cret")
    printed = keyed.attest(*lines(registry.host)["push"], expect=4)
    assert printed.complaint.hint == f"attest login {registry.host}"
    assert "files" not in printed.err
    keyed.attest("login", registry.host, "-u", "alice", "--password-stdin", given="s3cret")
    keyed.attest(*lines(registry.host)["push"])


def test_a_wrong_password_is_not_kept(keyed: Shell, registry: FakeRegistry) -> None:
    registry.basic = ("alice", "s3cret")
    line = ("login", registry.host, "-u", "alice", "--password-stdin")
    complaint = keyed.attest(*line, given="wrong", expect=4).complaint
    assert complaint.code == "registry-unauthorised"
    assert "wrong" not in complaint.message + str(complaint.details)
    assert not (keyed.folder / "docker/config.json").exists()
    keyed.attest(*line, given="s3cret")


def test_retry_after_is_waited_for(keyed: Shell, registry: FakeRegistry) -> None:
    registry.on("GET", "/manifests/", error(429, "TOOMANYREQUESTS", "slow down", Retry_After="1"), times=1)
    start = time.monotonic()
    keyed.attest(*lines(registry.host)["verify"])
    assert time.monotonic() - start > 1.0


def test_a_wait_that_nobody_has_is_said_and_not_waited_for(keyed: Shell, registry: FakeRegistry) -> None:
    registry.on("GET", "/manifests/", error(429, "TOOMANYREQUESTS", "slow down", Retry_After="3600"))
    complaint = keyed.attest(*lines(registry.host)["verify"], expect=4).complaint
    assert complaint.details["found"] == "TOOMANYREQUESTS: slow down (it asks for a wait of 3600 s)"
    assert registry.count("GET", "/manifests/") == 1


@pytest.mark.parametrize("verb", ["verify", "pull", "push"])
def test_a_registry_that_redirects_for_ever(keyed: Shell, registry: FakeRegistry, verb: str) -> None:
    registry.on("GET", "/v2/", lambda handler: handler.reply(307, b"", {"Location": handler.path}))
    complaint = keyed.attest(*lines(registry.host)[verb], expect=4).complaint
    assert complaint.code == "redirect-loop"
    assert complaint.details["expected"] == "at most 5 redirects"
    assert len(registry.seen) <= 6


@pytest.mark.parametrize("verb", ["verify", "push"])
def test_a_registry_that_hangs_is_given_up(keyed: Shell, registry: FakeRegistry, verb: str) -> None:
    registry.on("GET", "/v2/", hang(60))
    start = time.monotonic()
    complaint = keyed.impatient().attest(*lines(registry.host)[verb], expect=4).complaint
    assert time.monotonic() - start < 15
    assert complaint.code == "store-unreachable"
    assert complaint.details["found"].startswith("no answer in time (3 tries in ")
