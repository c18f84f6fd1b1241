from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import pytest

from attest.errors import AttestError, InputError, KeyFileError
from attest.signing import keyfile, uri
from attest.signing.fingerprint import fingerprint


def nobody(name: str) -> NoReturn:
    raise AssertionError(f"nobody should be asked for {name}")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    keyfile.generate(tmp_path / "attest.key", tmp_path / "attest.pub", passphrase=None)
    return tmp_path / "attest.key"


@pytest.mark.parametrize("form", ["{}", "file:{}", "file://{}"])
def test_a_file_in_each_spelling(key: Path, form: str) -> None:
    assert uri.open_signer(form.format(key), passphrase=nobody).sign(b"words")


def test_the_home_folder_can_be_written_short(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(key.parent))
    assert uri.open_signer("~/attest.key", passphrase=nobody).sign(b"words")


def test_a_variable_holds_the_key(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_SIGNING_KEY", key.read_text())
    same = uri.open_signer(str(key), passphrase=nobody).fingerprint
    assert uri.open_signer("env:CI_SIGNING_KEY", passphrase=nobody).fingerprint == same


def test_a_relative_path_with_a_colon_can_be_said(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(key.parent)
    key.rename(key.parent / "team:prod")
    with pytest.raises(KeyFileError) as caught:
        uri.open_signer("team:prod", passphrase=nobody)
    assert caught.value.code == "key-uri-unknown"
    assert caught.value.hint == "for a file of that name write file:team:prod"
    assert uri.open_signer("file:team:prod", passphrase=nobody).sign(b"words")


@pytest.mark.parametrize(
    "text", ["gcpkms://projects/x", "pkcs11:", "awskms:", "file:", "env:", "", "https://x/attest.key"]
)
def test_what_names_no_key_is_refused(text: str) -> None:
    with pytest.raises(KeyFileError) as caught:
        uri.open_signer(text, passphrase=nobody)
    assert caught.value.code == "key-uri-unknown"


def test_an_unset_variable_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(KeyFileError) as caught:
        uri.open_signer("env:NO_SUCH_KEY", passphrase=nobody)
    assert caught.value.code == "key-not-found"


def test_a_variable_with_something_else_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_SIGNING_KEY", "hunter2")
    with pytest.raises(KeyFileError) as caught:
        uri.open_signer("env:CI_SIGNING_KEY", passphrase=nobody)
    assert caught.value.code == "bad-key"
    assert "hunter2" not in str(vars(caught.value))


@pytest.mark.parametrize("form", ["{}", "file:{}"])
@pytest.mark.parametrize("half", ["attest.key", "attest.pub"])
def test_the_public_half_of_a_file(key: Path, form: str, half: str) -> None:
    signer = uri.open_signer(str(key), passphrase=nobody)
    public = uri.read_public(form.format(key.parent / half), passphrase=nobody)
    assert fingerprint(public) == signer.fingerprint


def test_the_public_half_of_a_variable(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_SIGNING_KEY", key.read_text())
    public = uri.read_public("env:CI_SIGNING_KEY", passphrase=nobody)
    assert fingerprint(public) == uri.open_signer(str(key), passphrase=nobody).fingerprint


@pytest.mark.parametrize("scheme", uri.TECHNOLOGIES)
def test_every_row_names_a_module_with_both_functions(scheme: str) -> None:
    module = import_module(uri.TECHNOLOGIES[scheme].module)
    assert callable(module.open_signer)
    assert callable(module.read_public)
    assert uri.TECHNOLOGIES[scheme].form.startswith(f"{scheme}:")


def test_a_key_in_a_file_loads_nothing_of_other_technologies(key: Path) -> None:
    code = (
        "import sys; from attest.signing import uri; uri.open_signer(sys.argv[1], passphrase=None).sign(b'x');"
        "print({n.split('.')[0] for n in sys.modules} & {'boto3', 'botocore', 'pkcs11'},"
        " [n for n in sys.modules if n.startswith(('attest.signing.pkcs11', 'attest.signing.awskms'))])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(key)], capture_output=True, text=True, check=True)
    assert done.stdout == "set() []\n"


@pytest.mark.parametrize(
    ("text", "package", "extra"),
    [
        ("pkcs11:token=x?module-path=/x.so", "pkcs11", "pkcs11"),
        ("awskms:///alias/x", "boto3", "awskms"),
    ],
)
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, text: str, package: str, extra: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError) as caught:
        uri.open_signer(text, passphrase=nobody)
    assert caught.value.code == "extra-missing"
    assert caught.value.hint == f"pip install 'model-attest[{extra}]'"


@pytest.mark.parametrize("text", ["pkcs11:token=x?pin-value=1234", "odd:x?pin-value=1234&a=b", "odd:x?PIN-VALUE=1234"])
def test_a_pin_is_never_repeated(text: str) -> None:
    assert "1234" not in uri.shown(text)
    with pytest.raises(AttestError) as caught:
        uri.open_signer(text, passphrase=nobody)
    assert "1234" not in caught.value.message


def test_which_keys_are_files() -> None:
    assert uri.file_of("k/attest.key") == uri.file_of("file:k/attest.key") == Path("k/attest.key")
    assert uri.file_of("file:///k") == Path("/k")
    assert {uri.file_of(text) for text in ("env:X", "pkcs11:token=x", "awskms:///alias/x")} == {None}
