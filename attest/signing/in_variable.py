"""`env:NAME`: a private key as PEM text in a variable, which is how many CI systems hand out secrets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from attest.errors import KeyFileError
from attest.signing.keyfile import parse_private
from attest.signing.signer import KeySigner

if TYPE_CHECKING:
    from attest.signing.algorithms import PublicKey
    from attest.signing.signer import Signer
    from attest.signing.technology import KeyAccess


def open_signer(rest: str, access: KeyAccess) -> Signer:
    """Whoever signs with the private key in the variable.

    Raises:
        KeyFileError: the variable is not set, or its key cannot be used.
    """
    text = os.environ.get(rest)
    if not text:
        raise KeyFileError(
            f"the variable {rest} is not set", code="key-not-found", expected="a private key as PEM text"
        )
    return KeySigner(
        private_key=parse_private(text.encode(), origin=f"env:{rest}", name=rest, passphrase=access.passphrase)
    )


def read_public(rest: str, access: KeyAccess) -> PublicKey:
    """The public half of the private key in the variable.

    Raises:
        KeyFileError: the variable is not set, or its key cannot be used.
    """
    return open_signer(rest, access).public_key
