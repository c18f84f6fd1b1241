"""A model signature beside the model, without any store: signed and verified by key, in place, and every refusal."""

from __future__ import annotations

import json
import shlex
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.shell import Shell

KEY = ("--key", "K/attest.key")
TRUST = ("--key", "K/attest.pub")
SIGN = ("sign", "model", "--bundle", "model.sig", *KEY)
VERIFY = ("verify", "./model", "--bundle", "model.sig", *TRUST)


def test_a_folder_is_signed_and_verified(keyed: Shell) -> None:
    printed = keyed.attest(*SIGN)
    assert printed.out == "model.sig\n"
    assert "signed   model signature over 3 files" in printed.err
    assert "next: attest verify ./model --bundle model.sig --key K/attest.pub" in printed.err
    assert "home" not in keyed.names()  # no store is touched
    answer = keyed.attest(*VERIFY)
    assert "3 files, every byte read" in answer.out
    assert "nothing proves when it was signed" in answer.out
    assert answer.out.splitlines()[-1] == "ALLOWED  by --key attest.pub"


def test_the_line_that_comes_next_can_be_pasted(keyed: Shell) -> None:
    printed = keyed.attest("sign", "model", "--bundle", "a b.sig", "--exclude", "*.md", *KEY)
    line = next(line for line in printed.err.splitlines() if line.startswith("next: attest "))
    assert "ALLOWED" in keyed.attest(*shlex.split(line.removeprefix("next: attest "))).out


def test_what_was_signed_as_a_document(keyed: Shell) -> None:
    document = json.loads(keyed.attest(*SIGN, "--json").out)
    assert (document["schema"], document["bundle"], document["files"]) == ("attest/sign/v1", "model.sig", 3)
    assert keyed.attest(*SIGN, "--force", "--quiet").all == "model.sig\n"


def test_a_single_file_is_a_model(keyed: Shell) -> None:
    keyed.attest("sign", "model/model.safetensors", "--bundle", "weights.sig", *KEY)
    assert "ALLOWED" in keyed.attest("verify", "./model/model.safetensors", "--bundle", "weights.sig", *TRUST).out
    shutil.copy(keyed.folder / "model/config.json", keyed.folder / "model.safetensors")
    keyed.attest("verify", "./model.safetensors", "--bundle", "weights.sig", *TRUST, expect=3)


def test_a_bundle_inside_the_folder_is_no_part_of_the_model(keyed: Shell) -> None:
    inside = ("--bundle", "model/model.sig")
    keyed.attest("sign", "model", *inside, *KEY)
    keyed.attest("sign", "model", *inside, *KEY, "--force")  # nor when it is signed again
    answer = keyed.attest("verify", "./model", *inside, *TRUST)
    assert "model.sig   the bundle itself, not part of the model" in answer.out
    document = json.loads(keyed.attest("verify", "./model", *inside, *TRUST, "--json").out)
    assert (document["verdict"], document["bundle_inside"]) == ("allowed", "model.sig")


def test_a_second_bundle_inside_the_folder_is_a_file_that_nobody_signed(keyed: Shell) -> None:
    keyed.attest("sign", "model", "--bundle", "model/model.sig", *KEY)
    shutil.copy(keyed.folder / "model/model.sig", keyed.folder / "model/other.sig")
    answer = keyed.attest("verify", "./model", "--bundle", "model/model.sig", *TRUST, expect=3)
    assert "other.sig   not signed" in answer.out


def test_a_bundle_by_another_name_does_not_hide_the_one_inside(keyed: Shell) -> None:
    """Only the file that the person who verifies names is left out, not whatever looks like a bundle."""
    keyed.attest("sign", "model", "--bundle", "model/model.sig", *KEY)
    shutil.copy(keyed.folder / "model/model.sig", keyed.folder / "copy.sig")
    keyed.attest("verify", "./model", "--bundle", "copy.sig", *TRUST, expect=3)


def test_what_is_left_out_is_said_and_has_to_be_left_out_again(keyed: Shell) -> None:
    keyed.attest(*SIGN, "--exclude", "README.md")
    assert "README.md   not signed" in keyed.attest(*VERIFY, expect=3).out
    answer = keyed.attest(*VERIFY, "--exclude", "README.md")
    assert "README.md   left out by --exclude, not looked at" in answer.out


@pytest.mark.parametrize("change", ["differs", "missing", "not signed"])
def test_a_folder_that_is_not_what_was_signed(keyed: Shell, change: str) -> None:
    keyed.attest(*SIGN)
    weights = keyed.folder / "model/model.safetensors"
    match change:
        case "differs":
            weights.write_bytes(weights.read_bytes()[:-1] + b"x")
        case "missing":
            weights.unlink()
        case _:
            (keyed.folder / "model/adapter_config.json").write_text("{}")
    answer = keyed.attest(*VERIFY, expect=3)
    assert change in answer.out
    assert answer.out.splitlines()[-1] == "TAMPERED  do not load ./model"


def test_another_key_is_not_trusted(keyed: Shell) -> None:
    keyed.attest(*SIGN)
    refused = keyed.attest("verify", "./model", "--bundle", "model.sig", "--key", "other/attest.pub", expect=1)
    assert refused.complaint.code == "signer-not-trusted"


@pytest.mark.parametrize("given", ["environment", "pem"])
def test_a_key_in_a_variable(keyed: Shell, given: str) -> None:
    pem = (keyed.folder / "K/attest.key").read_text()
    key = ("--key", "env:PEM") if given == "pem" else ()
    by_default = None if given == "pem" else "env:PEM"
    keyed.attest("sign", "model", "--bundle", "model.sig", *key, PEM=pem, ATTEST_KEY=by_default)
    assert "ALLOWED" in keyed.attest(*VERIFY).out


def test_a_policy_document_judges_a_bundle(keyed: Shell) -> None:
    keyed.attest(*SIGN)
    head = "apiVersion: attest/v1\nkind: Policy\nname: bare\nidentities: {us: {key: K/attest.pub}}\nformats: any\n"
    (keyed.folder / "policy.yaml").write_text(head + "require:\n  signature: {by: [us]}\n")
    command = ("verify", "./model", "--bundle", "model.sig", "--policy", "policy.yaml")
    assert "ALLOWED" in keyed.attest(*command).out
    (keyed.folder / "policy.yaml").write_text(head + "require:\n  signature: {by: [us]}\n  provenance: {by: [us]}\n")
    assert "DENIED" in keyed.attest(*command, expect=1).all


# ---- refused


def test_an_existing_bundle_is_kept(keyed: Shell) -> None:
    keyed.attest(*SIGN)
    before = (keyed.folder / "model.sig").read_bytes()
    refused = keyed.attest(*SIGN, expect=2).complaint
    assert (refused.code, refused.hint) == ("bundle-exists", "--force replaces a bundle")
    assert (keyed.folder / "model.sig").read_bytes() == before
    keyed.attest(*SIGN, "--force")
    assert "ALLOWED" in keyed.attest(*VERIFY).out


@pytest.mark.parametrize("place", ["model/config.json", "model/model.safetensors", "K/attest.key", "link"])
def test_nothing_but_a_bundle_is_ever_replaced(keyed: Shell, place: str) -> None:
    (keyed.folder / "link").symlink_to("model/config.json")
    before = (keyed.folder / place).read_bytes()
    refused = keyed.attest("sign", "model", "--bundle", place, *KEY, "--force", expect=2).complaint
    assert refused.code == "bundle-exists"
    assert (keyed.folder / place).read_bytes() == before


def test_the_model_is_not_replaced_by_its_bundle(keyed: Shell) -> None:
    file = "model/config.json"
    refused = keyed.attest("sign", file, "--bundle", f"./{file}", *KEY, "--force", expect=2).complaint
    assert refused.code == "usage"
    assert (keyed.folder / file).read_text() == '{"model_type": "mlp"}\n'


@pytest.mark.parametrize(
    ("place", "code"),
    [("model", "usage"), ("nowhere/model.sig", "no-such-folder"), ("K/attest.pub/x", "no-such-folder")],
)
def test_a_place_where_no_bundle_can_be(keyed: Shell, place: str, code: str) -> None:
    assert keyed.attest("sign", "model", "--bundle", place, *KEY, expect=2).complaint.code == code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("sign", "nowhere", "--bundle", "x.sig", *KEY), "no-such-folder"),
        (("sign", "model", "--bundle", "x.sig", "--key", "nobody.key"), "key-not-found"),
        (("sign", "model", "--bundle", "x.sig", "--key", "K/attest.pub"), "public-key-given"),
        (("sign", "model", "--bundle", "x.sig"), "no-signing-key"),
        (("sign", "model", *KEY), "usage"),
        (("sign", "model", "--bundle", "x.sig", *KEY, "--keyless"), "usage"),
        (("sign", "model", "--bundle", "x.sig", *KEY, "--identity-token", "x"), "usage"),
        (("sign", "model", "--bundle", "x.sig", *KEY, "--tsa", "http://127.0.0.1:9/"), "tsa-unreachable"),
        (("verify", "./model", "--bundle", "x.sig", *TRUST), "cannot-read"),
        (("verify", "./model", "--bundle", "model/config.json", *TRUST), "malformed-evidence"),
        (("verify", "./model", "--bundle", "x.sig", "--evidence", "y.sig", *TRUST), "usage"),
        (("verify", "./model", "--bundle", "x.sig", "--against", "m:1", *TRUST), "usage"),
        (("verify", "./model", *TRUST), "usage"),
        (("verify", "m:1", "--bundle", "x.sig", *TRUST), "usage"),
        (("verify", "./model", "--bundle", "model/config.json"), "no-trust"),
    ],
)
def test_what_cannot_be_done_leaves_no_bundle(keyed: Shell, arguments: tuple[str, ...], code: str) -> None:
    status = {"tsa-unreachable": 4, "malformed-evidence": 3}.get(code, 2)
    assert keyed.impatient().attest(*arguments, expect=status).complaint.code == code
    assert not list(keyed.folder.glob("*.sig"))


def test_a_secret_in_the_folder_is_found_before_it_is_signed(keyed: Shell) -> None:
    shutil.copy(keyed.folder / "K/attest.key", keyed.folder / "model/notes.txt")
    assert keyed.attest(*SIGN, expect=2).complaint.code == "secret-in-model"
    assert "model.sig" not in keyed.names()


def test_code_has_to_be_named(keyed: Shell) -> None:
    (keyed.folder / "model/modeling.py").write_text("print()\n")
    assert "warning[code-bearing-file]: modeling.py" in keyed.attest(*SIGN).err
    assert "DENIED" in keyed.attest(*VERIFY, expect=1).out
    assert "ALLOWED" in keyed.attest(*VERIFY, "--allow-code", "modeling.py").out


def test_a_folder_that_cannot_be_written_to(keyed: Shell) -> None:
    closed = keyed.folder / "closed"
    closed.mkdir(mode=0o555)
    refused = keyed.powerless().attest("sign", "model", "--bundle", "closed/model.sig", *KEY, expect=4)
    assert refused.complaint.code == "cannot-write"
    assert not _names(closed)


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
