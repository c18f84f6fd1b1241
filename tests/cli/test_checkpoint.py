from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from attest.cli.main import main
from attest.lifecycle import checkpoints
from attest.trust.identity import load_trusted_key
from attest_registry.oci.layout import LayoutRepository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A model with a log of two events."""
    monkeypatch.setenv("ATTEST_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(f'{{"name": "{name}"}}')
    assert main(["keygen"]) == 0
    assert main(["push", "one", "m"]) == 0
    assert main(["push", "two", "m"]) == 0
    capsys.readouterr()
    return tmp_path / "home"


def test_it_prints_the_head_and_leaves_a_checkpoint(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checkpoint", "m"]) == 0
    shown = capsys.readouterr()
    key = load_trusted_key(home / "keys/default.pub")
    fact = checkpoints.fetch_verified(LayoutRepository(home / "store", "m"), [key], names=("m",))
    assert fact is not None
    assert json.loads(fact.statement.raw)["predicate"]["sequence"] == 2
    assert shown.out == f"sha256:{json.loads(fact.statement.raw)['predicate']['head']['sha256']}\n"
    assert "signed   event 2 as the newest of the log sha256:" in shown.err
    assert "warning" not in shown.err


def test_its_document_says_all_of_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checkpoint", "m", "--valid", "7d", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "attest/checkpoint/v1"
    assert (document["model"], document["sequence"]) == ("m", 2)
    assert document["key"] == str(load_trusted_key(home / "keys/default.pub").fingerprint)


def test_it_is_not_listed_as_a_version(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checkpoint", "m", "-q"]) == 0
    assert capsys.readouterr().err == ""
    assert (home / "store").is_dir()
    assert main(["ls", "m", "--json"]) == 0
    assert "attest-checkpoint" not in capsys.readouterr().out


def test_a_machine_that_never_saw_the_log_says_so(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTEST_STATE", str(home / "empty"))
    assert main(["checkpoint", "m"]) == 0
    assert "warning[checkpoint-first-use]" in capsys.readouterr().err


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        (["m:1"], "usage", 2),
        (["m@production"], "usage", 2),
        (["m", "--valid", "soon"], "usage", 2),
        (["m", "--valid", "0h"], "usage", 2),
        (["nothing"], "log-unknown", 2),
        (["m", "--key", "missing.key"], "key-not-found", 2),
    ],
)
def test_what_cannot_be_signed_is_refused(
    arguments: list[str], code: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["checkpoint", *arguments]) == status
    assert f"error[{code}]" in capsys.readouterr().err


@pytest.mark.usefixtures("home")
def test_an_old_log_is_not_signed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = LayoutRepository(home / "store", "m")
    old = store.resolve("attest-log")
    (home.parent / "one/config.json").write_text('{"name": "three"}')
    assert main(["push", "one", "m"]) == 0
    assert main(["checkpoint", "m"]) == 0
    store.tag("attest-log", old, replace=True)
    capsys.readouterr()
    assert main(["checkpoint", "m"]) == 3
    assert "error[log-rollback]" in capsys.readouterr().err
