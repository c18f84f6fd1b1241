"""Keys in PEM files: made once, never overwritten, read with words for everything that people hand over by mistake.

Private keys are PKCS#8 and, with a passphrase, encrypted; public keys are SubjectPublicKeyInfo. Each can be read by
openssl, cosign and model_signing (cosign: public keys only, its private keys have a form of their own).
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from attest.errors import KeyFileError
from attest.signing import algorithms, pem
from attest.signing.signer import KeyWarning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from attest.signing.algorithms import PrivateKey, PublicKey

_ENCRYPTED: Final = re.compile(rb"-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED", re.MULTILINE)
_COSIGN: Final = re.compile(rb"-----BEGIN ENCRYPTED (?:COSIGN|SIGSTORE) PRIVATE KEY-----")


def generate(private: Path, public: Path, *, passphrase: bytes | None) -> PublicKey:
    """Make a P-256 key pair: `private` with mode 0600, `public` with 0644. Neither may exist.

    Args:
        private: where the private half goes.
        public: where the public half goes.
        passphrase: encrypts the private half; `None` or empty leaves it readable for whoever reads the file.

    Raises:
        KeyFileError: one of the files exists (code `key-exists`) or cannot be written; nothing is left behind.
    """
    key = algorithms.new_private_key()
    encryption = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    private_pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    _write_new(private, private_pem, 0o600)
    try:
        write_public(public, key.public_key())
    except KeyFileError:
        private.unlink()
        raise
    return key.public_key()


def public_pem(key: PublicKey) -> bytes:
    """A public key as everybody reads it: SubjectPublicKeyInfo in PEM."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def write_public(path: Path, key: PublicKey) -> None:
    """Write a public key to a new file.

    Args:
        path: where it goes; must not exist.
        key: the key.

    Raises:
        KeyFileError: the file exists (code `key-exists`) or cannot be written (`cannot-write`).
    """
    _write_new(path, public_pem(key), 0o644)


def refuse_existing(path: Path) -> None:
    """Return only if there is nothing at `path`: to be asked before a person types a passphrase.

    Raises:
        KeyFileError: there is (code `key-exists`).
    """
    if os.path.lexists(path):
        raise _exists(path)


def load_private(path: Path, *, passphrase: Callable[[str], bytes | None]) -> tuple[PrivateKey, tuple[KeyWarning, ...]]:
    """Read a private key and what should be said about its file.

    Args:
        path: the file.
        passphrase: asked, with the file's name, only when the key is encrypted; `None` means that there is none.

    Raises:
        KeyFileError: missing, not a private key, a kind that is not used, or no or a wrong passphrase.
    """
    data, mode = pem.read(path, missing="attest keygen        makes one")
    key = parse_private(data, origin=str(path), name=path.name, passphrase=passphrase)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        text = f"{path} can be read by others (mode {stat.S_IMODE(mode):04o}); run chmod 600 {path}"
        return key, (KeyWarning(code="key-readable-by-others", text=text),)
    return key, ()


def parse_private(data: bytes, *, origin: str, name: str, passphrase: Callable[[str], bytes | None]) -> PrivateKey:
    """Read a private key from PEM bytes.

    Args:
        data: the PEM text.
        origin: where it came from, for messages.
        name: what the question for the passphrase calls it.
        passphrase: as for `load_private`.

    Raises:
        KeyFileError: as for `load_private`.
    """
    _refuse_other_private(data, origin)
    secret = None
    if _ENCRYPTED.search(data):
        secret = passphrase(name)
        if not secret:
            raise KeyFileError(
                f"{origin} is encrypted and there is no passphrase",
                code="passphrase-missing",
                looked_in="--passphrase-file, $ATTEST_PASSPHRASE, the terminal",
            )
    try:
        key = serialization.load_pem_private_key(data, password=secret)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if secret is not None and not isinstance(error, UnsupportedAlgorithm):
            raise KeyFileError(
                f"the passphrase does not open {origin}",
                code="wrong-passphrase",
                hint="give the right one with --passphrase-file or $ATTEST_PASSPHRASE, or type it at a terminal",
            ) from error
        raise KeyFileError(
            f"{origin} is no private key", expected=algorithms.SUPPORTED, found=pem.shape(data)
        ) from error
    return algorithms.supported_private_key(key, origin=origin)


def _refuse_other_private(data: bytes, origin: str) -> None:
    if _COSIGN.search(data):
        raise KeyFileError(
            f"{origin} is a private key in cosign's own format, which only cosign opens",
            code="cosign-private-key",
            hint="attest keygen        makes a key to sign with; cosign verifies it by its public half",
        )
    if pem.PUBLIC in data and not pem.PRIVATE.search(data):
        other = f"{origin.removesuffix('.pub')}.key" if origin.endswith(".pub") else None
        raise KeyFileError(
            f"{origin} is a public key; signing needs the private half",
            code="public-key-given",
            hint=f"the private half is {other}" if other else None,
        )


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError as error:
        raise KeyFileError(f"{path} cannot be written: {error.strerror}", code="cannot-write") from error
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with contextlib.suppress(OSError):
            path.unlink()
        raise KeyFileError(f"{path} cannot be written: {error.strerror}", code="cannot-write") from error


def _exists(path: Path) -> KeyFileError:
    return KeyFileError(
        f"{path} exists and a key is never overwritten",
        code="key-exists",
        hint="attest keygen --out FOLDER        writes another pair elsewhere",
    )
