"""A release key in a token: push with it, hand out its public half, verify; and what a token can do wrong."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.services.softhsm import PIN, fresh

if TYPE_CHECKING:
    from tests.end_to_end.shell import Shell

ROOT = Path(__file__).parents[2]
FAULTS = ROOT / "tests/services/pkcs11_faults.c"
MAKE_KEYS = """
import sys, pathlib
from tests.services.softhsm import SoftHSM
hsm = SoftHSM(folder=pathlib.Path(sys.argv[1]), module=sys.argv[2])
hsm.add_key("release", "models", identifier=bytes([1]))
hsm.add_key("release", "others", identifier=bytes([2]))
"""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A person with a token.

    Args:
        shell: the person, who knows the token's module.
        key: URI of the key that signs models.
        other: URI of another key on the same token.
        module: the token's module.
    """

    shell: Shell
    key: str
    other: str
    module: str


@pytest.fixture
def desk(shell: Shell, tmp_path: Path) -> Desk:
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
    hsm = fresh(tmp_path / "hsm")
    hsm.add_token("release")
    person = replace(shell, environment={**shell.environment, **hsm.environment})
    # in a process of its own: one process reads SoftHSM's configuration once
    subprocess.run(
        [sys.executable, "-c", MAKE_KEYS, str(hsm.folder), hsm.module], cwd=ROOT, env=person.variables(), check=True
    )
    return Desk(shell=person, key=hsm.uri("release", "models"), other=hsm.uri("release", "others"), module=hsm.module)


def test_push_with_a_token_export_and_verify(desk: Desk) -> None:
    shell = desk.shell
    pushed = shell.attest("push", "model", "m", "--key", desk.key, ATTEST_PASSPHRASE=PIN)
    assert PIN not in pushed.all
    shell.attest("key", "export", desk.key, "--out", "models.pub")
    assert "ALLOWED" in shell.attest("verify", "m:1", "--key", "models.pub").out
    shell.attest("key", "export", desk.other, "--out", "others.pub")
    denied = shell.attest("verify", "m:1", "--key", "others.pub", expect=1)
    assert "DENIED" in denied.out


def test_the_key_from_the_configuration_and_the_pin_from_a_file(desk: Desk) -> None:
    shell = desk.shell
    (shell.folder / "pin").write_text(PIN + "\n")
    shell.attest("push", "model", "m", "--passphrase-file", "pin", ATTEST_KEY=desk.key)
    shell.attest("push", "model", "n", "--key", f"{desk.key}&pin-source=file:{shell.folder}/pin")
    warned = shell.attest("push", "model", "o", "--key", f"{desk.key}&pin-value={PIN}")
    assert "warning[pin-in-uri]" in warned.err
    assert PIN not in warned.all.replace(str(shell.folder), "")


def test_show_and_export_say_the_same_without_a_pin(desk: Desk) -> None:
    shell = desk.shell
    shown = shell.attest("key", "show", f"{desk.key}&pin-value={PIN}", "--json")
    printed = shell.attest("key", "export", desk.key).out
    (shell.folder / "printed.pub").write_text(printed)
    again = shell.attest("key", "show", "printed.pub", "--json")
    assert shown.out.partition("fingerprints")[2] == again.out.partition("fingerprints")[2]
    for_people = shell.attest("key", "show", f"{desk.key}&pin-value={PIN}")
    assert "pin-value=…" in for_people.out
    assert PIN not in for_people.all


def test_an_export_overwrites_nothing(desk: Desk) -> None:
    (desk.shell.folder / "mine.pub").write_text("mine")
    refused = desk.shell.attest("key", "export", desk.key, "--out", "mine.pub", expect=2)
    assert "error[key-exists]" in refused.err
    assert (desk.shell.folder / "mine.pub").read_text() == "mine"


def test_nothing_is_stored_with_a_wrong_pin_or_none(desk: Desk) -> None:
    wrong = desk.shell.attest("push", "model", "m", "--key", desk.key, expect=2, ATTEST_PASSPHRASE="9999")
    assert "error[wrong-pin]" in wrong.err
    none = desk.shell.attest("push", "model", "m", "--key", desk.key, expect=2)
    assert "error[passphrase-missing]" in none.err
    assert "m" not in desk.shell.attest("ls").out.split()


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        ("pin-locked", "pin-locked", 2),
        ("locked-flag", "pin-locked", 2),
        ("removed", "pkcs11-failed", 2),
        ("short", "pkcs11-failed", 2),
        ("flipped", "key-signs-wrongly", 3),
    ],
)
def test_a_token_that_fails(desk: Desk, tmp_path: Path, fault: str, code: str, status: int) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler here to make a failing token with")
    module = tmp_path / "faults.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(module), str(FAULTS), "-ldl"], check=True)
    variables = {**desk.shell.environment, "ATTEST_PASSPHRASE": PIN, "INNER_MODULE": desk.module}
    shell = replace(desk.shell, environment=variables)
    key = desk.key.replace(desk.module, str(module))
    refused = shell.attest("push", "model", "m", "--key", key, expect=status, FAULT=fault)
    assert f"error[{code}]" in refused.err
    assert "m" not in shell.attest("ls").out.split()
    shell.attest("push", "model", "m", "--key", key)
