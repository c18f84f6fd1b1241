"""`file:PATH`: a key in a PEM file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.errors import KeyFileError
from attest.signing.keyfile import load_private
from attest.signing.pem import load_public
from attest.signing.signer import KeySigner
from attest.written_path import written_path

if TYPE_CHECKING:
    from pathlib import Path

    from attest.signing.algorithms import PublicKey
    from attest.signing.signer import Signer
    from attest.signing.technology import KeyAccess


def open_signer(rest: str, access: KeyAccess) -> Signer:
    """Whoever signs with the private key in the file.

    Raises:
        KeyFileError: the key cannot be used.
    """
    key, warnings = load_private(_path(rest), passphrase=access.passphrase)
    return KeySigner(private_key=key, found=warnings)


def read_public(rest: str, access: KeyAccess) -> PublicKey:
    """The public key in the file, or the public half of the private one.

    Raises:
        KeyFileError: the key cannot be used.
    """
    try:
        return load_public(_path(rest))
    except KeyFileError as error:
        if error.code != "private-key-given":
            raise
    return open_signer(rest, access).public_key


def _path(rest: str) -> Path:
    return written_path(rest.removeprefix("//"))
