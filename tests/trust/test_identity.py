from __future__ import annotations

import base64
import hashlib
import subprocess
from typing import TYPE_CHECKING

import pytest

from attest.errors import KeyFileError
from attest.signing import keyfile
from attest.trust.identity import cosign_hint, fingerprint, load_trusted_key, oms_hint

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def public(tmp_path: Path) -> Path:
    keyfile.generate(tmp_path / "alice.key", tmp_path / "alice.pub", passphrase=None)
    return tmp_path / "alice.pub"


def test_a_key_is_called_by_its_file_or_as_the_operator_says(public: Path) -> None:
    key = load_trusted_key(public)
    assert (key.name, key.origin) == ("alice.pub", str(public))
    assert load_trusted_key(public, name="risk-ml").name == "risk-ml"
    assert key.fingerprint == fingerprint(key.public_key)


def test_the_three_forms_are_what_openssl_computes(public: Path) -> None:
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", public, "-outform", "DER"], capture_output=True, check=True
    ).stdout
    key = load_trusted_key(public).public_key
    assert fingerprint(key).hex == hashlib.sha256(der).hexdigest()
    assert cosign_hint(key) == base64.b64encode(hashlib.sha256(der).digest()).decode()
    assert oms_hint(key) == hashlib.sha256(public.read_bytes()).hexdigest()


def test_a_private_key_is_never_believed_and_the_public_half_is_named(public: Path) -> None:
    with pytest.raises(KeyFileError) as caught:
        load_trusted_key(public.with_suffix(".key"))
    assert caught.value.code == "private-key-given"
    assert caught.value.hint == "the public half is alice.pub"
    assert caught.value.exit_status == 2


def test_a_missing_key_is_said(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError) as caught:
        load_trusted_key(tmp_path / "bob.pub")
    assert caught.value.code == "key-not-found"


def test_a_public_and_a_private_key_in_one_file_are_refused(public: Path) -> None:
    both = public.with_name("both.pem")
    both.write_bytes(public.read_bytes() + public.with_suffix(".key").read_bytes())
    with pytest.raises(KeyFileError) as caught:
        load_trusted_key(both)
    assert caught.value.code == "private-key-given"


def test_a_text_file_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("call Alice")
    with pytest.raises(KeyFileError) as caught:
        load_trusted_key(tmp_path / "notes.txt")
    assert (caught.value.code, caught.value.found) == ("bad-key", "no PEM text")
