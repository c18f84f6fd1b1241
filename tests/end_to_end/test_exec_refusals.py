"""`attest exec`: which status means what, that the refusal comes last, and that it fits into a container's log."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from attest.cli import last_words
from tests.services.fake_registry import FakeRegistry
from tests.services.registry_faults import error

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.shell import Printed, Shell

KEY, PUBLIC, OTHER = ("--key", "K/attest.key"), ("--key", "K/attest.pub"), ("--key", "other/attest.pub")
LAST = "the command was not started"


@pytest.fixture
def pushed(keyed: Shell) -> Shell:
    keyed.attest("push", "model", "m", *KEY, "-q")
    return keyed


def refused(shell: Shell, *line: str, expect: int, before: tuple[str, ...] = ()) -> Printed:
    printed = shell.attest(*before, "exec", *line, expect=expect)
    assert printed.out == ""
    assert "started" not in shell.names()
    lines = printed.err.splitlines()
    assert lines[-1] == LAST
    assert lines.count(LAST) == 1
    assert len(printed.err.encode()) < last_words.MOST_BYTES
    assert len(lines) <= last_words.MOST_LINES
    return printed


START = ("--", "touch", "started")


@pytest.mark.parametrize(
    ("line", "status", "code"),
    [
        (("--model", "m:1", *PUBLIC), 122, "usage"),
        (("--model", "m:1", *PUBLIC, "--"), 122, "usage"),
        ((*PUBLIC, *START), 122, "usage"),
        (("--model", "m:1", *START), 122, "no-trust"),
        (("--model", "m:9", *PUBLIC, *START), 122, "name-unknown"),
        (("--model", "n:1", *PUBLIC, *START), 122, "name-unknown"),
        (("--model", "m", *PUBLIC, *START), 122, "version-missing"),
        (("--model", "m:1", "--key", "none", *START), 122, "key-not-found"),
        (("--model", "m:1", "--kye", "K/attest.pub", *START), 122, "usage"),
        (("--model", "m:1", *PUBLIC, "--json", *START), 122, "usage"),
        (("--model", "1x=m:1", *PUBLIC, *START), 122, "usage"),
        (("--model", "m:1", "--model", "m:1", *PUBLIC, *START), 122, "usage"),
        (("--model", "m:1", *PUBLIC, *START, "{other}"), 122, "usage"),
        (("--model", "127.0.0.1:1/m:1", *PUBLIC, *START), 124, "store-unreachable"),
        (
            ("--model", "m:1", *PUBLIC, "--", "vllm", "serve", "{model}", "--tokenizer", "x/y"),
            122,
            "exec-unverified-input",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_was_wrong_shows_in_the_status(pushed: Shell, line: tuple[str, ...], status: int, code: str) -> None:
    assert refused(pushed, *line, expect=status).complaint.code == code


@pytest.mark.parametrize("before", [("--color", "never"), ("--color=always",), ()])
def test_options_of_the_main_command_change_no_status(pushed: Shell, before: tuple[str, ...]) -> None:
    printed = pushed.attest(*before, "exec", "--model", "m:9", *PUBLIC, *START, expect=122)
    assert printed.err.splitlines()[-1] == LAST
    printed = pushed.attest("--nope", "exec", "--model", "m:1", *PUBLIC, *START, expect=122)
    assert printed.err.splitlines()[-1] == LAST


def test_a_denied_version(pushed: Shell) -> None:
    printed = refused(pushed, "--model", "m:1", *OTHER, *START, expect=121)
    assert "DENIED  by --key attest.pub" in printed.err
    assert printed.err.count("expected") == 3


def test_a_tampered_version(pushed: Shell) -> None:
    blobs = [path for path in (pushed.folder / "home/store/.pool").rglob("*") if path.is_file()]
    for path in blobs:
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-1] + b"!")
    refused(pushed, "--model", "m:1", *PUBLIC, *START, expect=123)


@pytest.mark.parametrize(("name", "status", "code"), [("nosuchprogram", 127, "command-not-found"), ("./none", 127, "")])
def test_a_command_that_is_not_there(pushed: Shell, name: str, status: int, code: str) -> None:
    printed = refused(pushed, "--model", "m:1", *PUBLIC, "--", name, "{model}", expect=status)
    assert printed.complaint.code == code or not code
    assert name in printed.complaint.message
    assert not (pushed.folder / "home/cache").exists(), "a model was fetched for a command that is not there"


def test_a_denied_version_counts_more_than_a_command_that_is_not_there(pushed: Shell) -> None:
    refused(pushed, "--model", "m:1", *OTHER, "--", "nosuchprogram", expect=121)


def test_a_command_that_cannot_be_run(pushed: Shell) -> None:
    (pushed.folder / "server").write_text("#!/bin/sh\nexit 7\n")
    printed = pushed.attest("exec", "--model", "m:1", *PUBLIC, "--", "./server", expect=126)
    assert printed.complaint.code == "command-not-executable"
    assert printed.complaint.hint == "chmod +x ./server"
    assert printed.err.splitlines()[-1] == LAST
    (pushed.folder / "server").chmod(0o755)
    pushed.attest("exec", "--model", "m:1", *PUBLIC, "--", "./server", expect=7)


@pytest.mark.parametrize(("script", "status"), [("exit 0", 0), ("exit 1", 1), ("exit 121", 121), ("kill -9 $$", -9)])
def test_the_commands_own_status(pushed: Shell, script: str, status: int) -> None:
    printed = pushed.attest("exec", "--model", "m:1", *PUBLIC, "--", "sh", "-c", script, expect=status)
    assert LAST not in printed.err


@pytest.mark.parametrize("separator", [("--",), ()])
def test_options_of_the_command_are_its_own(pushed: Shell, separator: tuple[str, ...]) -> None:
    line = ("exec", "--model", "m:1", *PUBLIC, *separator, "echo", "--json", "--key", "-q", "--help")
    assert pushed.attest(*line).out == "--json --key -q --help\n"


def test_a_long_refusal_is_cut_to_what_a_container_platform_keeps(keyed: Shell) -> None:
    for number in range(150):
        name = f"{'long-name-' * 12}{number}.pkl"
        (keyed.folder / "model" / name).write_bytes(b"\x80\x04N.")
    keyed.attest("push", "model", "m", *KEY, "-q")
    printed = refused(keyed, "--model", "m:1", *PUBLIC, *START, expect=121)
    assert "✗ formats" in printed.err
    assert "DENIED" in printed.err
    assert "more" in printed.err.splitlines()[-2], "a hint for each of 150 files"


def test_hostile_words_of_a_registry_do_not_push_the_reason_out(keyed: Shell) -> None:
    with FakeRegistry() as registry:
        registry.on("GET", "/v2/", error(400, "X" * 5000, "\n" * 500 + "Y" * 5000))
        printed = refused(keyed, "--model", f"{registry.host}/demo/m:1", *PUBLIC, *START, expect=124)
    assert printed.complaint.message.endswith("refused the log of demo/m (400)")


# ---- how it is cut


def words(count: int, length: int, *, mark: str = "✗") -> list[str]:
    return [f"  {mark} {'w' * length} {number}" for number in range(count)]


@pytest.mark.parametrize(
    "lines",
    [
        words(3, 10),
        words(500, 10),
        words(5, 5000),
        words(200, 200, mark="✓"),
        [*words(100, 100, mark="✓"), *words(3, 40)],
        ["é" * 5000],
        [],
    ],
)
def test_it_always_fits_and_keeps_its_end(lines: list[str]) -> None:
    short = last_words.shortened(["head", *lines, "DENIED  by policy", LAST])
    assert len(short) <= last_words.MOST_LINES
    assert sum(len(line.encode()) + len("attest: \n") for line in short) < last_words.MOST_BYTES
    assert short[0] == "head"
    assert short[-2:] == ["DENIED  by policy", LAST]


def test_what_failed_is_kept_before_what_passed() -> None:
    short = last_words.shortened([*words(100, 100, mark="✓"), *words(3, 40), LAST])
    assert short == [*words(3, 40), LAST]


def test_what_was_left_out_is_said() -> None:
    short = last_words.shortened([*words(500, 10), LAST])
    assert any("lines left out: attest verify shows all of them" in line for line in short)


def test_a_termination_log_gets_the_same_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "termination-log"
    log.write_text("old words that are longer than the new ones " * 10)
    monkeypatch.setattr(last_words, "TERMINATION_LOG", log)
    last_words.say(["error[x]: y", LAST])
    assert log.read_text() == f"error[x]: y\n{LAST}\n" == capsys.readouterr().err


@pytest.mark.parametrize("kind", ["missing", "link", "folder", "pipe"])
def test_a_termination_log_that_is_none_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    log, other = tmp_path / "termination-log", tmp_path / "other"
    other.write_text("mine")
    if kind == "link":
        log.symlink_to(other)
    elif kind == "folder":
        log.mkdir()
    elif kind == "pipe":
        os.mkfifo(log)
    monkeypatch.setattr(last_words, "TERMINATION_LOG", log)
    last_words.say([LAST])
    assert other.read_text() == "mine"
    assert log.exists() == (kind != "missing")
    assert capsys.readouterr().err == f"{LAST}\n"
