"""Policies, records, evidence and flags that say too little or two things: where, what was expected, what is near."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.end_to_end.shell import Complaint, Shell

KEY, PUBLIC = ("--key", "K/attest.key"), ("--key", "K/attest.pub")


@pytest.fixture
def pushed(keyed: Shell) -> Shell:
    keyed.attest("push", "model", "m", *KEY, "-q")
    return keyed


@pytest.fixture
def policy(pushed: Shell) -> Shell:
    """A person with a sound `policy.yaml`."""
    pushed.attest("policy", "init", *PUBLIC, "--out", "policy.yaml")
    pushed.attest("verify", "m:1", "--policy", "policy.yaml")
    return pushed


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("require:", "requier:", "policy-unknown-key", "did you mean 'require'?"),
        ("signature:", "signatur:", "policy-unknown-key", "did you mean 'signature'?"),
        ("require:", "require: [", "policy-not-yaml", ""),
        ("require:", "require:\n  signature: {}\nrequire:", "policy-duplicate-key", "stands twice"),
        ("apiVersion:", "apiVersion: v9 #", "", "v9"),
    ],
)
def test_a_policy_with_a_mistake_names_its_place(policy: Shell, old: str, new: str, code: str, said: str) -> None:
    path = policy.folder / "policy.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    for line in (("policy", "check", "policy.yaml"), ("verify", "m:1", "--policy", "policy.yaml")):
        complaint = policy.attest(*line, expect=2).complaint
        assert complaint.code.startswith(code or "policy-")
        assert complaint.message.startswith("policy.yaml:"), "line and column are missing"
        assert said in complaint.message + complaint.hint + str(complaint.details)
    path.write_text(text)
    policy.attest("verify", "m:1", "--policy", "policy.yaml")


@pytest.mark.parametrize("content", ["", "- 1\n", "\0\1", "a: &a [*a]\n", "{" * 5000, "a: !!python/name:os.system x\n"])
def test_what_is_no_policy(pushed: Shell, content: str) -> None:
    (pushed.folder / "p.yaml").write_text(content)
    complaint = pushed.attest("verify", "m:1", "--policy", "p.yaml", expect=2).complaint
    assert complaint.code.startswith("policy-")
    assert "p.yaml" in complaint.message


@pytest.mark.parametrize("name", ["none.yaml", "model"])
def test_a_policy_that_cannot_be_read(pushed: Shell, name: str) -> None:
    complaint = pushed.attest("verify", "m:1", "--policy", name, expect=2).complaint
    assert complaint.code == "policy-unreadable"
    assert name in complaint.message


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        ("operations: train\n", "record-unknown-key", "did you mean 'operation'?"),
        ("{", "record-not-yaml", ""),
        ("operation: train\n", "record-missing-key", "apiVersion"),
        ("", "record-not-yaml", "empty"),
    ],
)
def test_a_record_with_a_mistake(pushed: Shell, content: str, code: str, said: str) -> None:
    (pushed.folder / "attest.yaml").write_text(content)
    (pushed.folder / "model/more.json").write_text("{}")
    for line in (("record", "check", "attest.yaml"), ("push", "model", "m", *KEY)):
        printed = pushed.attest(*line, expect=2)
        complaint = printed.complaint
        assert complaint.code == code
        assert complaint.message.startswith("attest.yaml:")
        assert said in complaint.message + complaint.hint + str(complaint.details)
    assert pushed.attest("ls", "m", "-q").out == "m:1\n"
    (pushed.folder / "attest.yaml").unlink()
    pushed.attest("push", "model", "m", *KEY)


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (("--dataset", "tx"), "bad-dataset", "NAME=PATH"),
        (("--dataset", "tx=nothing.csv"), "input-not-found", "unknown"),
        (("--dataset", "tx=https://x/y"), "", "sha256"),
        (("--metric", "auc=high"), "bad-metric", "decimal number"),
        (("--param", "seed"), "bad-param", "NAME=VALUE"),
        (("--teacher", "nobody:1"), "name-unknown", "did you mean"),
        (("--teacher", "m"), "version-missing", "attest show m:1"),
        (("--source", "somewhere"), "", "git+"),
        (("--operation", "distil"), "usage", "'distill'"),
        (("--record", "none.yaml"), "record-unreadable", "none.yaml"),
        (("--jobs", "0"), "usage", "1<=x<=64"),
    ],
)
def test_flags_that_say_too_little(pushed: Shell, flags: tuple[str, str], code: str, said: str) -> None:
    (pushed.folder / "model/more.json").write_text("{}")
    if said == "did you mean":
        pushed.attest("push", "model", "nobodi", *KEY, "-q")
    printed = pushed.attest("push", "model", "m", *KEY, *flags, expect=2)
    complaint = printed.complaint
    assert complaint.code == code or not code
    assert said in complaint.message + complaint.hint + str(complaint.details)
    assert pushed.attest("ls", "m", "-q").out == "m:1\n"


def refused_evidence(shell: Shell, content: bytes, *, expect: int) -> Complaint:
    (shell.folder / "claim.sig").write_bytes(content)
    return shell.attest("verify", "./model", "--evidence", "claim.sig", *PUBLIC, expect=expect).complaint


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[" * 100_000, b'{"a":1,"a":2}', b"\xff\xfe", b'{"mediaType": "x"}', b"null", b"1e999"],
    ids=["empty", "object", "deep", "twice", "not-utf-8", "other", "null", "infinite"],
)
def test_a_file_that_is_no_evidence_is_named(keyed: Shell, content: bytes) -> None:
    complaint = refused_evidence(keyed, content, expect=3)
    assert complaint.code == "malformed-evidence"
    assert complaint.message.startswith("claim.sig: ")


@pytest.mark.parametrize("name", ["none.sig", "model"])
def test_evidence_that_cannot_be_read(keyed: Shell, name: str) -> None:
    complaint = keyed.attest("verify", "./model", "--evidence", name, *PUBLIC, expect=2).complaint
    assert complaint.code == "cannot-read"
    assert name in complaint.message


def test_evidence_of_another_version_is_not_taken(pushed: Shell) -> None:
    pushed.attest("evidence", "export", "m:1", "E")
    (pushed.folder / "model/more.json").write_text("{}")
    printed = pushed.attest("verify", "./model", "--evidence", "E/model-signature.sigstore.json", *PUBLIC, expect=3)
    assert "more.json" in printed.out
    assert printed.out.rstrip().endswith("TAMPERED  do not load ./model")
    (pushed.folder / "model/more.json").unlink()
    pushed.attest("verify", "./model", "--evidence", "E/model-signature.sigstore.json", *PUBLIC)


def test_two_answers_to_one_question(pushed: Shell) -> None:
    line = ("verify", "./model", "--against", "m:1", "--evidence", "x.sig", *PUBLIC)
    complaint = pushed.attest(*line, expect=2).complaint
    assert complaint.message == "several options say what ./model should be"


def test_a_configuration_with_a_mistake(pushed: Shell) -> None:
    path = pushed.folder / "home/config.toml"
    path.write_text("polcy = 'x'\n")
    complaint = pushed.attest("verify", "m:1", *PUBLIC, expect=2).complaint
    assert (complaint.code, complaint.hint) == ("config-unknown-key", "did you mean 'policy'?")
    path.write_text("= broken")
    complaint = pushed.attest("verify", "m:1", *PUBLIC, expect=2).complaint
    assert complaint.code == "bad-config"
    assert str(path) in complaint.message
    path.unlink()
    pushed.attest("verify", "m:1", *PUBLIC)
