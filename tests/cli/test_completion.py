"""Completion knows the models and versions of this machine, asks nobody, and never fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.shell_completion import ShellComplete

from attest.cli.main import cli
from attest.cli.references import REFERENCE
from tests.end_to_end.shell import Shell

if TYPE_CHECKING:
    from pathlib import Path


def completed(*arguments: str, incomplete: str) -> list[str]:
    found = ShellComplete(cli, {}, "attest", "_ATTEST_COMPLETE").get_completions(list(arguments), incomplete)
    return [item.value for item in found]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ATTEST_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ATTEST_STORE", raising=False)
    return tmp_path


def test_verbs_options_models_and_versions(home: Path) -> None:
    (home / "model").mkdir()
    (home / "model/config.json").write_text("{}")
    shell = Shell(folder=home)
    shell.attest("keygen")
    shell.attest("push", "model", "credit-risk", "--label", "first")
    assert "verify" in completed(incomplete="ver")
    assert "--allow-code" in completed("verify", incomplete="--allow")
    assert completed("verify", incomplete="cred") == ["credit-risk"]
    assert completed("pull", incomplete="credit-risk:") == ["credit-risk:1", "credit-risk:first"]
    assert completed("verify", incomplete="other") == []


def test_what_is_revoked_is_completed_by_its_kind(home: Path) -> None:
    Shell(folder=home).attest("keygen")
    (home / "model").mkdir()
    (home / "model/config.json").write_text("{}")
    Shell(folder=home).attest("push", "model", "credit-risk")
    assert completed("revocations", incomplete="re") == ["remove", "renew"]
    assert completed("revocations", "renew", incomplete="cred") == ["credit-risk"]
    assert completed("revocations", "add", "f.json", incomplete="m") == ["manifest"]
    assert completed("revocations", "add", "f.json", "manifest", incomplete="credit-risk:") == ["credit-risk:1"]
    assert completed("revocations", "add", "f.json", "identity", incomplete="cred") == []


def test_an_empty_machine_completes_nothing_and_says_nothing(home: Path) -> None:
    assert completed("verify", incomplete="") == []


def test_a_broken_configuration_is_no_error_here(home: Path) -> None:
    (home / "home").mkdir()
    (home / "home/config.toml").write_text("nonsense = 1")
    assert completed("verify", incomplete="") == []


def test_a_registry_is_not_asked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTEST_STORE", "registry.example")
    assert completed("verify", incomplete="") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_has_a_script(home: Path, shell: str) -> None:
    assert "_ATTEST_COMPLETE" in Shell(folder=home).attest("completion", shell).out


def test_the_type_hands_text_through() -> None:
    assert REFERENCE.convert("a:1", None, None) == "a:1"
