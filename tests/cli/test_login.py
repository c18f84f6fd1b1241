"""`attest login` and `attest logout`, as they are typed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from attest.cli import login, logout
from attest.errors import InputError
from attest_registry.errors import BadReference, Unauthorised, Unreachable
from tests.services.fake_registry import FakeRegistry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import click


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "ATTEST_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("ATTEST_REGISTRY_USER", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ATTEST_HOME", str(tmp_path / "attest"))
    return tmp_path / ".docker/config.json"


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with FakeRegistry() as registry:
        registry.basic = ("alice", "s3cret-pass")
        yield registry


def _run(command: click.Command, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(command, arguments, input=typed)


def test_a_login_that_is_accepted_is_kept_and_said(fake: FakeRegistry, config: Path) -> None:
    done = _run(login.command, fake.host, "-u", "alice", "--password-stdin", typed="s3cret-pass\n")
    assert done.exit_code == 0
    assert done.stdout == ""
    assert done.stderr == f"logged in to {fake.host} as alice (saved in ~/.docker/config.json)\n"
    assert fake.host in json.loads(config.read_text())["auths"]


@pytest.mark.parametrize("form", ["http://{}", "https://{}/", "{}/"])
def test_a_pasted_address_is_taken_for_its_host(fake: FakeRegistry, config: Path, form: str) -> None:
    done = _run(login.command, form.format(fake.host), "-u", "alice", "--password-stdin", typed="s3cret-pass")
    assert done.exit_code == 0
    assert list(json.loads(config.read_text())["auths"]) == [fake.host]


def test_a_registry_that_lets_everybody_in_is_said_to_have_checked_nothing(fake: FakeRegistry, config: Path) -> None:
    fake.basic = None
    done = _run(login.command, fake.host, "-u", "alice", "--password-stdin", typed="anything")
    assert done.exit_code == 0
    assert "warning[login-unchecked]" in done.stderr


def test_logging_out_forgets(fake: FakeRegistry, config: Path) -> None:
    _run(login.command, fake.host, "-u", "alice", "--password-stdin", typed="s3cret-pass")
    done = _run(logout.command, fake.host)
    assert done.exit_code == 0
    assert "logged out" in done.stderr
    assert json.loads(config.read_text()) == {"auths": {}}
    assert _run(logout.command, fake.host).stderr == f"there was no login to {fake.host}\n"


# ---- refusals


def test_a_login_that_is_not_accepted_is_not_kept(fake: FakeRegistry, config: Path) -> None:
    done = _run(login.command, fake.host, "-u", "alice", "--password-stdin", typed="wrong-pass")
    assert isinstance(done.exception, Unauthorised)
    assert done.exception.code == "registry-unauthorised"
    assert "wrong-pass" not in repr(done.exception.__dict__) + done.output
    assert not config.exists()


@pytest.mark.parametrize("typed", ["", "\n", "two\nlines\n", "a\0b"])
def test_what_is_no_password_is_refused(fake: FakeRegistry, config: Path, typed: str) -> None:
    done = _run(login.command, fake.host, "-u", "alice", "--password-stdin", typed=typed)
    assert isinstance(done.exception, InputError)
    assert done.exception.code == "no-password"
    assert not fake.seen


@pytest.mark.parametrize("arguments", [[], ["-u", "alice"]])
def test_nobody_is_asked_without_a_terminal(fake: FakeRegistry, config: Path, arguments: list[str]) -> None:
    done = _run(login.command, fake.host, *arguments)
    assert isinstance(done.exception, InputError)
    assert done.exception.code == "no-terminal"
    assert "--password-stdin" in (done.exception.hint or "")


@pytest.mark.parametrize("host", ["", "ghcr", "ghcr.io/acme", "a b.c", "../x.y", "https://alice@ghcr.io"])
def test_what_is_no_registry_is_refused(config: Path, host: str) -> None:
    done = _run(login.command, host, "-u", "alice", "--password-stdin", typed="p")
    assert isinstance(done.exception, InputError)
    assert done.exception.code == "bad-host"


def test_there_is_no_option_for_a_password(config: Path) -> None:
    assert _run(login.command, "ghcr.io", "-u", "alice", "--password", "p").exit_code == 2


def test_offline_nothing_is_shown_to_anybody(fake: FakeRegistry, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTEST_OFFLINE", "1")
    done = _run(login.command, fake.host, "-u", "alice", "--password-stdin", typed="s3cret-pass")
    assert isinstance(done.exception, Unreachable)
    assert done.exception.code == "offline"
    assert not fake.seen


def test_an_authority_that_is_not_there_is_said(fake: FakeRegistry, config: Path, tmp_path: Path) -> None:
    arguments = [fake.host, "-u", "alice", "--password-stdin", "--ca-file", str(tmp_path / "none.pem")]
    done = _run(login.command, *arguments, typed="s3cret-pass")
    assert isinstance(done.exception, BadReference)
    assert done.exception.code == "no-ca-file"
