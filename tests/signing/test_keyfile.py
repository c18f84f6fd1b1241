from __future__ import annotations

import os
import stat
import subprocess
from typing import TYPE_CHECKING, NoReturn

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from attest.errors import KeyFileError
from attest.signing import keyfile, pem

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

PKCS8, SEC1 = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL


def nobody(name: str) -> NoReturn:
    raise AssertionError(f"nobody should be asked for {name}")


def refusal(path: Path, passphrase: bytes | None = None) -> KeyFileError:
    with pytest.raises(KeyFileError) as caught:
        keyfile.load_private(path, passphrase=lambda _: passphrase)
    return caught.value


def public_refusal(path: Path) -> KeyFileError:
    with pytest.raises(KeyFileError) as caught:
        pem.load_public(path)
    return caught.value


def make(folder: Path, passphrase: bytes | None = None) -> tuple[Path, Path]:
    private, public = folder / "attest.key", folder / "attest.pub"
    keyfile.generate(private, public, passphrase=passphrase)
    return private, public


def pem_of(key: PrivateKeyTypes, form: serialization.PrivateFormat = PKCS8) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def test_a_pair_fits_and_has_safe_modes(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        private, public = make(tmp_path)
    finally:
        os.umask(old)
    key, warnings = keyfile.load_private(private, passphrase=nobody)
    assert key.public_key() == pem.load_public(public)
    assert warnings == ()
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(public.stat().st_mode) == 0o644


def test_modes_do_not_depend_on_a_strict_umask(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        _, public = make(tmp_path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(public.stat().st_mode) == 0o644


def test_an_encrypted_key_opens_with_its_passphrase_and_is_asked_for_by_name(tmp_path: Path) -> None:
    private, public = make(tmp_path, "pässphrase".encode())
    asked: list[str] = []

    def answer(name: str) -> bytes:
        asked.append(name)
        return "pässphrase".encode()

    key, _ = keyfile.load_private(private, passphrase=answer)
    assert key.public_key() == pem.load_public(public)
    assert asked == ["attest.key"]
    assert b"ENCRYPTED" in private.read_bytes()


def test_openssl_reads_what_we_write(tmp_path: Path) -> None:
    private, public = make(tmp_path, b"secret")
    shown = subprocess.run(
        ["openssl", "pkey", "-in", private, "-passin", "pass:secret", "-pubout"], capture_output=True, check=True
    )
    assert shown.stdout == public.read_bytes()


def test_a_wrong_passphrase_is_said(tmp_path: Path) -> None:
    assert refusal(make(tmp_path, b"right")[0], b"wrong").code == "wrong-passphrase"


@pytest.mark.parametrize("passphrase", [None, b""])
def test_a_missing_passphrase_is_said_with_the_places_looked_in(tmp_path: Path, passphrase: bytes | None) -> None:
    error = refusal(make(tmp_path, b"right")[0], passphrase)
    assert error.code == "passphrase-missing"
    assert error.looked_in is not None
    assert "ATTEST_PASSPHRASE" in error.looked_in


def test_an_old_openssl_encryption_is_read_too(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    encrypted = key.private_bytes(serialization.Encoding.PEM, SEC1, serialization.BestAvailableEncryption(b"right"))
    path = tmp_path / "old.key"
    path.write_bytes(encrypted)
    path.chmod(0o600)
    assert b"Proc-Type: 4,ENCRYPTED" in encrypted
    assert refusal(path).code == "passphrase-missing"
    assert keyfile.load_private(path, passphrase=lambda _: b"right")[0].public_key() == key.public_key()


def test_a_key_that_exists_is_never_overwritten(tmp_path: Path) -> None:
    private, public = make(tmp_path)
    before = private.read_bytes(), public.read_bytes()
    with pytest.raises(KeyFileError) as caught:
        make(tmp_path)
    assert caught.value.code == "key-exists"
    assert (private.read_bytes(), public.read_bytes()) == before


def test_an_existing_public_half_leaves_no_private_half_behind(tmp_path: Path) -> None:
    (tmp_path / "attest.pub").write_text("somebody else's")
    with pytest.raises(KeyFileError) as caught:
        make(tmp_path)
    assert caught.value.code == "key-exists"
    assert [path.name for path in tmp_path.iterdir()] == ["attest.pub"]


def test_a_link_at_the_place_of_a_key_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "attest.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFileError) as caught:
        make(tmp_path)
    assert caught.value.code == "key-exists"
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError) as caught:
        make(tmp_path / "missing")
    assert caught.value.code == "cannot-write"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622])
def test_a_private_key_that_others_can_reach_is_warned_of(tmp_path: Path, mode: int) -> None:
    private, _ = make(tmp_path)
    private.chmod(mode)
    _, warnings = keyfile.load_private(private, passphrase=nobody)
    assert [warning.code for warning in warnings] == ["key-readable-by-others"]


def test_a_missing_key_is_said(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.key").code == "key-not-found"
    assert public_refusal(tmp_path / "none.pub").code == "key-not-found"


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    assert refusal(tmp_path).code == "bad-key"


def test_a_huge_file_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"x" * (65 * 1024))
    assert refusal(path).code == "bad-key"
    assert public_refusal(path).code == "bad-key"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "an empty file"),
        (b"hello", "no PEM text"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "PEM with CERTIFICATE"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "PEM with PRIVATE KEY"),
    ],
)
def test_what_is_no_private_key_is_described(tmp_path: Path, data: bytes, found: str) -> None:
    path = tmp_path / "x.key"
    path.write_bytes(data)
    error = refusal(path)
    assert (error.code, error.found) == ("bad-key", found)


def test_a_public_key_cannot_sign(tmp_path: Path) -> None:
    error = refusal(make(tmp_path)[1])
    assert error.code == "public-key-given"
    assert error.hint is not None
    assert error.hint.endswith("attest.key")


@pytest.mark.parametrize("passphrase", [None, b"secret"])
def test_a_private_key_is_not_believed(tmp_path: Path, passphrase: bytes | None) -> None:
    error = public_refusal(make(tmp_path, passphrase)[0])
    assert error.code == "private-key-given"
    assert error.hint == "the public half is attest.pub"


@pytest.mark.parametrize("form", [PKCS8, SEC1])
def test_an_rsa_key_is_refused_in_any_form(tmp_path: Path, form: serialization.PrivateFormat) -> None:
    path = tmp_path / "rsa.key"
    path.write_bytes(pem_of(rsa.generate_private_key(65537, 2048), form))
    error = refusal(path)
    assert (error.code, error.found) == ("bad-key", "RSA 2048")


@pytest.mark.parametrize("label", ["COSIGN", "SIGSTORE"])
def test_a_cosign_private_key_is_named_as_what_it_is(tmp_path: Path, label: str) -> None:
    path = tmp_path / "cosign.key"
    path.write_text(
        f"-----BEGIN ENCRYPTED {label} PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED {label} PRIVATE KEY-----\n"
    )
    assert refusal(path, b"x").code == "cosign-private-key"


def test_a_refusal_never_repeats_the_bytes_of_a_key(tmp_path: Path) -> None:
    private, _ = make(tmp_path)
    secret = private.read_text().splitlines()[1]
    path = tmp_path / "broken.key"
    path.write_text(private.read_text().replace("-----END", "-----FIN"))
    error = refusal(path)
    assert secret[:20] not in f"{error.message} {error.found} {error.hint} {error.__cause__}"
