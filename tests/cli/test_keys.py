from __future__ import annotations

import io
import json
import os
import pty
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from attest.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

ATTEST = [sys.executable, "-c", "from attest.cli.main import run; run()"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ATTEST_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ATTEST_PASSPHRASE", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return tmp_path / "home"


def test_keygen_puts_the_key_where_push_looks(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keygen"]) == 0
    private, public = home / "keys/default.key", home / "keys/default.pub"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(private.parent.stat().st_mode) == 0o700
    assert public.read_text().startswith("-----BEGIN PUBLIC KEY-----")
    shown = capsys.readouterr()
    assert "default.key" in shown.out
    assert "warning[key-not-encrypted]" in shown.err


def test_keygen_out_makes_attest_key_and_pub(tmp_path: Path) -> None:
    assert main(["keygen", "--out", str(tmp_path / "K")]) == 0
    assert sorted(path.name for path in (tmp_path / "K").iterdir()) == ["attest.key", "attest.pub"]


@pytest.mark.parametrize("existing", ["attest.key", "attest.pub"])
def test_keygen_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str], existing: str) -> None:
    (tmp_path / existing).write_text("mine")
    assert main(["keygen", "--out", str(tmp_path)]) == 2
    assert "error[key-exists]" in capsys.readouterr().err
    assert (tmp_path / existing).read_text() == "mine"
    assert not {"attest.key", "attest.pub"} - {existing} & {path.name for path in tmp_path.iterdir()}


def test_keygen_has_no_force(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keygen", "--force"]) == 2
    assert "error[usage]" in capsys.readouterr().err


@pytest.mark.parametrize("way", ["variable", "file"])
def test_a_passphrase_from_elsewhere_encrypts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    options = []
    if way == "variable":
        monkeypatch.setenv("ATTEST_PASSPHRASE", "secret")
    else:
        (tmp_path / "p").write_text("secret\n")
        options = ["--passphrase-file", str(tmp_path / "p")]
    assert main(["keygen", "--out", str(tmp_path), *options]) == 0
    assert "warning" not in capsys.readouterr().err
    assert "ENCRYPTED" in (tmp_path / "attest.key").read_text()
    assert main(["key", "show", str(tmp_path / "attest.key"), *options]) == 0
    monkeypatch.setenv("ATTEST_PASSPHRASE", "wrong")
    assert main(["key", "show", str(tmp_path / "attest.key")]) == 2
    assert "error[wrong-passphrase]" in capsys.readouterr().err


def test_a_missing_passphrase_is_said_where_nobody_can_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ATTEST_PASSPHRASE", "secret")
    assert main(["keygen", "--out", str(tmp_path)]) == 0
    monkeypatch.delenv("ATTEST_PASSPHRASE")
    assert main(["key", "show", str(tmp_path / "attest.key")]) == 2
    assert "error[passphrase-missing]" in capsys.readouterr().err


def test_a_passphrase_file_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keygen", "--out", str(tmp_path), "--passphrase-file", str(tmp_path / "none")]) == 2
    assert "error[passphrase-file]" in capsys.readouterr().err
    assert not (tmp_path / "attest.key").exists()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    assert main(["keygen", "--out", str(tmp_path / "file/K")]) == 2
    assert "error[cannot-write]" in capsys.readouterr().err


def test_key_show_prints_the_three_forms_and_both_halves_agree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["keygen", "--out", str(tmp_path)])
    capsys.readouterr()
    documents = []
    for name in ("attest.key", "attest.pub"):
        assert main(["key", "show", str(tmp_path / name), "--json"]) == 0
        documents.append(json.loads(capsys.readouterr().out))
    assert documents[0]["fingerprints"] == documents[1]["fingerprints"]
    assert set(documents[0]["fingerprints"]) == {"attest", "model_signing", "cosign"}
    assert [document["half"] for document in documents] == ["private", "public"]


def test_the_openssl_line_that_key_show_prints_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "a folder"
    main(["keygen", "--out", str(folder)])
    for name in ("attest.key", "attest.pub"):
        capsys.readouterr()
        main(["key", "show", str(folder / name)])
        shown = capsys.readouterr()
        line = next(line for line in shown.err.splitlines() if "openssl" in line).partition(": ")[2]
        by_hand = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout.split()[0]
        assert f"sha256:{by_hand}" in shown.out


@pytest.mark.parametrize(("name", "code"), [("none.pub", "key-not-found"), ("notes.txt", "bad-key")])
def test_key_show_refuses_what_is_no_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, code: str
) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    assert main(["key", "show", str(tmp_path / name)]) == 2
    assert f"error[{code}]" in capsys.readouterr().err


def on_terminal(arguments: list[str], typed: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run attest with a terminal for everything and type a line at each question."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*ATTEST, *arguments], stdin=follower, stdout=follower, stderr=follower, env=environment, start_new_session=True
    )
    os.close(follower)
    seen = b""
    try:
        while True:
            try:
                block = os.read(leader, 4096)
            except OSError:  # the other end was closed
                break
            if not block:
                break
            seen += block
            if typed and seen.rstrip(b" ").endswith(b":"):
                os.write(leader, typed.pop(0).encode() + b"\n")
                seen += b"\n"
        return process.wait(timeout=20), seen.decode()
    finally:
        process.kill()
        process.wait()
        os.close(leader)


@pytest.fixture
def terminal(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home.parent), "ATTEST_HOME": str(home), "TERM": "dumb"}


def test_a_person_types_a_passphrase_twice(tmp_path: Path, terminal: dict[str, str]) -> None:
    typed = ["one", "other", "secret", "secret"]
    status, seen = on_terminal(["keygen", "--out", str(tmp_path)], typed, terminal)
    assert (status, typed) == (0, [])
    assert "the two differ" in seen
    assert "secret" not in seen
    assert "ENCRYPTED" in (tmp_path / "attest.key").read_text()


def test_a_person_who_types_nothing_gets_a_key_without_a_passphrase(tmp_path: Path, terminal: dict[str, str]) -> None:
    status, seen = on_terminal(["keygen", "--out", str(tmp_path)], [""], terminal)
    assert status == 0
    assert "warning[key-not-encrypted]" in seen


def test_a_person_has_three_tries(tmp_path: Path, terminal: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTEST_PASSPHRASE", "secret")
    main(["keygen", "--out", str(tmp_path)])
    arguments = ["key", "show", str(tmp_path / "attest.key")]
    assert on_terminal(arguments, ["a", "b", "secret"], terminal)[0] == 0
    status, seen = on_terminal(arguments, ["a", "b", "c", "d"], terminal)
    assert status == 2
    assert "error[wrong-passphrase]" in seen
