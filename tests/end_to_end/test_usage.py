"""Typing mistakes, one JSON document for every answer, and help that is always there."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from attest.cli.main import GROUPS, HIDDEN

if TYPE_CHECKING:
    from tests.end_to_end.shell import Shell

KEY, PUBLIC = ("--key", "K/attest.key"), ("--key", "K/attest.pub")
VERBS = [*HIDDEN, *(verb for verbs in GROUPS.values() for verb in verbs)]


@pytest.mark.parametrize(
    ("line", "message", "said"),
    [
        (("pul", "m:1"), "no such command 'pul'", "did you mean pull?"),
        (("verfy", "m:1"), "no such command 'verfy'", "did you mean verify?"),
        (("inspec", "m:1"), "no such command 'inspec'", "did you mean inspect?"),
        (("zzz",), "no such command 'zzz'", "attest --help"),
        (("verify", "m:1", "--kye", "x"), "no such option '--kye'", "did you mean --key?"),
        (("--nope",), "no such option '--nope'", "attest --help"),
        (("push",), "missing argument 'DIR|FILE'", "attest push [OPTIONS] DIR|FILE NAME[:VERSION]"),
        (("push", "model"), "missing argument 'NAME[:VERSION]'", "attest push --help"),
        (("verify", "a:1", "b:1"), "got unexpected extra argument (b:1)", "attest verify [OPTIONS] REF|DIR"),
        (("verify", "m:1", "--key"), "option '--key' requires an argument", "attest verify --help"),
        (("policy", "chek", "x"), "no such command 'chek'", "did you mean check?"),
        (("--color", "pink", "ls"), "invalid value for '--color'", "'auto', 'always', 'never'"),
        (("help", "exit-code"), "there is no help on 'exit-code'", "attest help exit-codes"),
        (("explain", "digest-mismach"), "there is no error code 'digest-mismach'", "attest explain digest-mismatch"),
        (("login", "https://user:pw@host/x"), "", "host such as"),
    ],
)
def test_a_typing_mistake_names_what_was_meant(shell: Shell, line: tuple[str, ...], message: str, said: str) -> None:
    complaint = shell.attest(*line, expect=2).complaint
    assert message in complaint.message
    assert said in complaint.hint + str(complaint.details)


BAD_LINES: list[tuple[tuple[str, ...], int]] = [
    (("verify",), 2),
    (("verify", "m:1"), 2),
    (("verify", "m:1", *PUBLIC), 2),
    (("verify", "m:1", "--nope"), 2),
    (("verify", "127.0.0.1:1/m:1", *PUBLIC), 4),
    (("pull", "m:1"), 2),
    (("pull", "m:1", "out", "--key", "none"), 2),
    (("push", "none", "m", *KEY), 2),
    (("push", "model", "M", *KEY), 2),
    (("push", "model", "m", "--key", "none"), 2),
    (("show", "m:1"), 2),
    (("ls", "none"), 2),
    (("key", "show", "none"), 2),
    (("evidence", "export", "m:1", "x"), 2),
    (("nope",), 2),
]


@pytest.mark.parametrize(("line", "status"), BAD_LINES, ids=[" ".join(line) for line, _ in BAD_LINES])
def test_json_is_one_document_for_every_error(keyed: Shell, line: tuple[str, ...], status: int) -> None:
    printed = keyed.attest(*line, "--json", expect=status)
    document = json.loads(printed.out)
    assert document["schema"] == "attest/error/v1"
    assert document["exit_status"] == status
    assert re.fullmatch(r"[a-z0-9-]+", document["code"])
    assert "error[" not in printed.err
    assert printed.out.isascii(), "names in it are untrusted and it may go to a terminal"
    text = keyed.attest(*line, expect=status).complaint
    assert (text.code, text.message) == (document["code"], document["message"])


def test_json_is_one_document_for_every_answer(keyed: Shell) -> None:
    assert json.loads(keyed.attest("push", "model", "m", *KEY, "--json").out)["number"] == 1
    for line in (("verify", "m:1", *PUBLIC), ("show", "m:1"), ("ls",), ("ls", "m"), ("pull", "m:1", "out", *PUBLIC)):
        assert json.loads(keyed.attest(*line, "--json").out)["schema"].startswith("attest/")
    denied = keyed.attest("verify", "m:1", "--key", "other/attest.pub", "--json", expect=1)
    assert json.loads(denied.out)["verdict"] == "denied"
    (keyed.folder / "model/more.json").write_text("{}")
    folder = keyed.attest("verify", "./model", "--against", "m:1", *PUBLIC, "--json", expect=3)
    assert json.loads(folder.out)["verdict"] == "tampered"


def test_quiet_prints_references_only(keyed: Shell) -> None:
    pushed = keyed.attest("push", "model", "m", *KEY, "-q")
    assert pushed.err == ""
    pinned = pushed.out
    assert re.fullmatch(r"m:1@sha256:[0-9a-f]{64}\n", pinned)
    for line in (("verify", "m:1", *PUBLIC), ("pull", "m:1", "out", *PUBLIC)):
        printed = keyed.attest(*line, "-q")
        assert (printed.out, printed.err) == (pinned, "")
    assert keyed.attest("ls", "-q").out == "m\n"


def test_a_quiet_verify_prints_no_reference_that_was_denied(keyed: Shell) -> None:
    keyed.attest("push", "model", "m", *KEY, "-q")
    printed = keyed.attest("verify", "m:1", "--key", "other/attest.pub", "-q", expect=1)
    assert printed.out == ""
    assert "DENIED" in printed.err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_that_needs_nothing(shell: Shell, verb: str) -> None:
    printed = shell.attest(verb, "--help", HOME=None, ATTEST_HOME=None)
    assert printed.err == ""
    assert printed.out.startswith(f"Usage: attest {verb}")


@pytest.mark.parametrize(
    "line", [(), ("help",), ("--help",), ("--version",), ("help", "push"), ("explain",), ("info",)]
)
def test_what_a_newcomer_types_first(shell: Shell, line: tuple[str, ...]) -> None:
    printed = replace(shell, anew=True).attest(*line)
    assert printed.out
    assert printed.err == ""


def test_a_rehearsal_changes_nothing(keyed: Shell) -> None:
    printed = keyed.attest("push", "model", "m", *KEY, "--dry-run")
    assert printed.err.rstrip().splitlines()[-1] == "dry run: nothing was changed"
    assert keyed.attest("ls", "-q").out == ""


def test_pushing_and_pulling_again_is_already_there(keyed: Shell) -> None:
    keyed.attest("push", "model", "m", *KEY)
    assert "already there as version 1" in keyed.attest("push", "model", "m", *KEY).err
    first = keyed.attest("pull", "m:1", "out", *PUBLIC)
    assert keyed.attest("pull", "m:1", "out", *PUBLIC).out == first.out


# ---- at a terminal


class Terminal:
    """A person at a terminal."""

    def __init__(self, shell: Shell, *arguments: str, **environment: str | None) -> None:
        self.pid, self.handle = pty.fork()
        if self.pid == 0:
            os.chdir(shell.folder)
            variables = {"TERM": "xterm", **shell.variables(**environment)}
            os.execve(shell.command[0], [*shell.command, *arguments], variables)  # noqa: S606
        self.text = ""

    def wait_for(self, words: str) -> None:
        end = time.monotonic() + 60
        while words not in self.text:
            assert time.monotonic() < end, self.text
            self._read()

    def type(self, text: str) -> None:
        os.write(self.handle, text.encode())

    def status(self) -> int:
        while self._read():
            pass
        os.close(self.handle)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self) -> bool:
        if not select.select([self.handle], [], [], 60)[0]:
            os.kill(self.pid, signal.SIGKILL)
            pytest.fail(f"it waits: {self.text}")
        try:
            data = os.read(self.handle, 65536)
        except OSError:  # the other end was closed
            return False
        self.text += data.decode()
        return bool(data)


def test_three_tries_at_a_passphrase(keyed: Shell) -> None:
    keyed.attest("keygen", "--out", "E", ATTEST_PASSPHRASE="right")
    person = Terminal(keyed, "push", "model", "m", "--key", "E/attest.key")
    for attempt in ("wrong", "wrong again", "right"):
        person.wait_for("Passphrase for attest.key: ")
        person.text = ""
        person.type(f"{attempt}\n")
    assert person.status() == 0
    assert "right" not in person.text
    person = Terminal(keyed, "push", "model", "m2", "--key", "E/attest.key")
    for _ in range(3):
        person.wait_for("Passphrase for attest.key: ")
        person.text = ""
        person.type("wrong\n")
    assert person.status() == 2
    assert "wrong-passphrase" in person.text
    assert keyed.attest("ls", "-q").out == "m\n"


def test_a_declined_question_stores_nothing_and_says_what_to_type(keyed: Shell) -> None:
    (keyed.folder / "model/scaler.pkl").write_bytes(b"\x80\x04N.")
    person = Terminal(keyed, "push", "model", "m", *KEY)
    person.wait_for("Push all 4 files as m? [y/N] ")
    person.type("n\n")
    assert person.status() == 130
    assert "nothing was stored" in person.text
    assert "--exclude scaler.pkl" in person.text
    assert keyed.attest("ls", "-q").out == ""
    person = Terminal(keyed, "push", "model", "m", *KEY)
    person.wait_for("[y/N] ")
    person.type("y\n")
    assert person.status() == 0
    assert keyed.attest("ls", "-q").out == "m\n"


def test_a_terminal_has_colour_and_aligned_columns(keyed: Shell) -> None:
    keyed.attest("push", "model", "m", *KEY)
    person = Terminal(keyed, "verify", "m:1", *PUBLIC)
    assert person.status() == 0
    assert "\x1b[32mALLOWED\x1b[0m" in person.text
    for name in ("NO_COLOR", "TERM"):
        person = Terminal(keyed, "verify", "m:1", *PUBLIC, **{name: "dumb"})
        assert person.status() == 0
        assert "\x1b" not in person.text
