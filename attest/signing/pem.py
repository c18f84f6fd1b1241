"""PEM files of keys, as far as reading and believing need them: nothing in here signs."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from attest.errors import KeyFileError
from attest.signing import algorithms

if TYPE_CHECKING:
    from pathlib import Path

    from attest.signing.algorithms import PublicKey

PRIVATE: Final = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----")
PUBLIC: Final = b"-----BEGIN PUBLIC KEY-----"
_MOST_BYTES: Final = 64 * 1024


def load_public(path: Path) -> PublicKey:
    """Read a public key.

    Raises:
        KeyFileError: missing, a private key, not a key, or a kind that is not used.
    """
    data, _ = read(path, missing="the public half comes from whoever signs; keygen writes it beside the private one")
    if PRIVATE.search(data):
        raise KeyFileError(
            f"{path} is a private key; a public one belongs here",
            code="private-key-given",
            hint=f"the public half is {path.with_suffix('.pub').name}",
        )
    try:
        key = serialization.load_pem_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(
            f"{path} is no public key", expected=f"PEM with {PUBLIC.decode()}", found=shape(data)
        ) from error
    return algorithms.supported_public_key(key, origin=str(path))


def read(path: Path, *, missing: str) -> tuple[bytes, int]:
    """The bytes of a small file, and its mode.

    Args:
        path: the file.
        missing: what helps where there is no such file.

    Raises:
        KeyFileError: missing (code `key-not-found`), unreadable, or too large for a key.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise KeyFileError(f"{path} does not exist", code="key-not-found", hint=missing) from error
    except IsADirectoryError as error:
        raise KeyFileError(f"{path} is a folder, not a key", hint=_within(path)) from error
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {(error.strerror or 'unknown reason').lower()}") from error
    if len(data) > _MOST_BYTES:
        raise KeyFileError(f"{path} is too large for a key", expected=f"at most {_MOST_BYTES} bytes")
    return data, mode


def _within(folder: Path) -> str | None:
    keys = sorted(str(path) for path in folder.glob("*") if path.suffix in {".pub", ".key"})
    return f"it holds {', '.join(keys[:4])}" if keys else None


def shape(data: bytes) -> str:
    """What the bytes look like, for a message; never any of a key's own bytes."""
    if not data.strip():
        return "an empty file"
    if found := re.search(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----", data):
        return f"PEM with {found.group(1).decode()}"
    return "no PEM text"
