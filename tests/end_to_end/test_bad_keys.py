"""Keys that do not fit: said before the long work, with what helps, and the same command works once repaired."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.shell import Complaint, Shell

SECRET = "correct horse"  # of a key that the test makes
PUBLIC = ("--key", "K/attest.pub")


@pytest.fixture
def locked(keyed: Shell) -> Shell:
    """A person with an encrypted key in `E`."""
    keyed.attest("keygen", "--out", "E", ATTEST_PASSPHRASE=SECRET)
    return keyed


def refused(shell: Shell, *arguments: str, **environment: str) -> Complaint:
    printed = shell.attest(*arguments, expect=2, **environment)
    assert printed.out == ""
    assert "files" not in printed.err, "the folder was read before the key was looked at"
    assert shell.attest("ls", "-q").out == ""
    return printed.complaint


def push(key: str) -> tuple[str, ...]:
    return ("push", "model", "m", "--key", key)


def test_a_missing_key_is_noticed_before_the_folder_is_read(keyed: Shell) -> None:
    complaint = refused(keyed, *push("K/mine.key"))
    assert (complaint.code, complaint.message) == ("key-not-found", "K/mine.key does not exist")
    assert "attest keygen" in complaint.hint
    (keyed.folder / "K/attest.key").rename(keyed.folder / "K/mine.key")
    keyed.attest(*push("K/mine.key"))


def test_no_key_at_all_says_where_was_looked(keyed: Shell) -> None:
    complaint = refused(keyed, "push", "model", "m")
    assert complaint.code == "no-signing-key"
    assert "$ATTEST_KEY" in complaint.details["looked in"]
    assert complaint.hint.startswith("attest keygen")
    keyed.attest("keygen")
    keyed.attest("push", "model", "m")


def test_the_public_half_does_not_sign(keyed: Shell) -> None:
    complaint = refused(keyed, *push("K/attest.pub"))
    assert (complaint.code, complaint.hint) == ("public-key-given", "the private half is K/attest.key")


def test_the_private_half_is_nobody_to_trust(keyed: Shell) -> None:
    complaint = refused(keyed, "verify", "m:1", "--key", "K/attest.key")
    assert (complaint.code, complaint.hint) == ("private-key-given", "the public half is attest.pub")


def test_a_wrong_passphrase(locked: Shell) -> None:
    complaint = refused(locked, *push("E/attest.key"), ATTEST_PASSPHRASE="wrong")
    assert complaint.code == "wrong-passphrase"
    assert "E/attest.key" in complaint.message
    assert "ATTEST_PASSPHRASE" in complaint.hint
    assert "wrong" not in complaint.message + str(complaint.details)
    locked.attest(*push("E/attest.key"), ATTEST_PASSPHRASE=SECRET)


def test_no_passphrase_and_nobody_to_ask(locked: Shell) -> None:
    complaint = refused(locked, *push("E/attest.key"))
    assert complaint.code == "passphrase-missing"
    assert "--passphrase-file" in complaint.details["looked in"]


def test_a_passphrase_file_that_is_not_there(locked: Shell) -> None:
    complaint = refused(locked, *push("E/attest.key"), "--passphrase-file", "secret.txt")
    assert complaint.code == "passphrase-file"
    assert "secret.txt" in complaint.message
    (locked.folder / "secret.txt").write_text(f"{SECRET}\n")
    locked.attest(*push("E/attest.key"), "--passphrase-file", "secret.txt")


def test_an_empty_passphrase_is_none(locked: Shell) -> None:
    assert refused(locked, *push("E/attest.key"), ATTEST_PASSPHRASE="").code == "passphrase-missing"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "bad-key"),
        (b"hello\n", "bad-key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "bad-key"),
        (b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n", "cosign-private-key"),
        (bytes(200_000), "bad-key"),
    ],
    ids=["empty", "text", "broken", "cosign", "large"],
)
def test_a_file_that_is_no_private_key(keyed: Shell, content: bytes, code: str) -> None:
    (keyed.folder / "odd.key").write_bytes(content)
    complaint = refused(keyed, *push("odd.key"))
    assert complaint.code == code
    assert "odd.key" in complaint.message
    shutil.copy(keyed.folder / "K/attest.key", keyed.folder / "odd.key")
    keyed.attest(*push("odd.key"))


@pytest.mark.parametrize("content", [b"", b"hello\n", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_a_file_that_is_no_public_key(keyed: Shell, content: bytes) -> None:
    keyed.attest(*push("K/attest.key"))
    (keyed.folder / "odd.pub").write_bytes(content)
    complaint = keyed.attest("verify", "m:1", "--key", "odd.pub", expect=2).complaint
    assert complaint.code == "bad-key"
    assert complaint.details["expected"].startswith("PEM")
    shutil.copy(keyed.folder / "K/attest.pub", keyed.folder / "odd.pub")
    keyed.attest("verify", "m:1", "--key", "odd.pub")


def test_the_folder_of_the_keys_instead_of_a_key(keyed: Shell) -> None:
    complaint = refused(keyed, "verify", "m:1", "--key", "K")
    assert (complaint.code, complaint.message) == ("bad-key", "K is a folder, not a key")
    assert "K/attest.pub" in complaint.hint


@pytest.mark.parametrize("uri", ["nonsense:projects/x", "file:"])
def test_a_key_uri_that_nobody_reads(keyed: Shell, uri: str) -> None:
    complaint = refused(keyed, *push(uri))
    assert complaint.code == "key-uri-unknown"


def test_a_variable_that_holds_no_key(keyed: Shell) -> None:
    assert refused(keyed, *push("env:NO_SUCH_KEY")).code == "key-not-found"
    text = (keyed.folder / "K/attest.key").read_text()
    keyed.attest(*push("env:NO_SUCH_KEY"), NO_SUCH_KEY=text)


def test_a_key_is_never_overwritten(keyed: Shell) -> None:
    before = (keyed.folder / "K/attest.key").read_bytes()
    complaint = refused(keyed, "keygen", "--out", "K")
    assert complaint.code == "key-exists"
    assert (keyed.folder / "K/attest.key").read_bytes() == before


def test_a_key_that_others_can_read_is_said(keyed: Shell) -> None:
    (keyed.folder / "K/attest.key").chmod(0o644)
    printed = keyed.attest(*push("K/attest.key"))
    assert printed.err.count("warning[key-readable-by-others]") == 1
    assert "chmod 600" in printed.err


def test_another_key_is_denied_and_both_are_named(keyed: Shell) -> None:
    keyed.attest(*push("K/attest.key"))
    shown = {name: fingerprint(keyed.folder / name / "attest.pub", keyed) for name in ("K", "other")}
    printed = keyed.attest("verify", "m:1", "--key", "other/attest.pub", expect=1)
    assert printed.out.rstrip().splitlines()[-1] == "DENIED  by --key attest.pub"
    assert printed.out.count(shown["other"]) == 3
    assert shown["K"] in printed.out
    assert "signed by somebody else" not in printed.err, "said twice"
    keyed.attest("verify", "m:1", *PUBLIC)


@pytest.mark.parametrize("verb", ["pull", "exec"])
def test_another_key_lets_nothing_out(keyed: Shell, verb: str) -> None:
    keyed.attest(*push("K/attest.key"))
    line = {"pull": ("pull", "m:1", "out"), "exec": ("exec", "--model", "m:1")}[verb]
    ending = ("--", "touch", "started") if verb == "exec" else ()
    printed = keyed.attest(*line, "--key", "other/attest.pub", *ending, expect={"pull": 1, "exec": 121}[verb])
    assert printed.out == ""
    assert "DENIED" in printed.err
    assert not {"out", "started"} & keyed.names()


def test_a_key_and_a_policy_at_once(keyed: Shell) -> None:
    complaint = refused(keyed, "verify", "m:1", *PUBLIC, "--policy", "p.yaml")
    assert complaint.code == "usage"
    assert "exclude each other" in complaint.message


def test_the_signing_key_is_never_whom_to_trust(keyed: Shell) -> None:
    keyed.attest("keygen")
    keyed.attest("push", "model", "m")
    for line in (("verify", "m:1"), ("pull", "m:1", "out"), ("exec", "--model", "m:1", "--", "ls", "{model}")):
        printed = keyed.attest(*line, expect=122 if line[0] == "exec" else 2, ATTEST_KEY="K/attest.key")
        complaint = printed.complaint
        assert complaint.code == "no-trust"
        first = complaint.hint.splitlines()[0]
        assert first.startswith(f"attest {line[0]} ")
        assert "against your own key" in first
        for word in line[1:]:
            assert word in first, "the hint is not the whole command"


def fingerprint(public: Path, shell: Shell) -> str:
    found = next(line for line in shell.attest("key", "show", str(public)).out.splitlines() if "  attest " in line)
    return found.split()[-1][: len("sha256:") + 12]
