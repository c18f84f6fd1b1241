"""Identities that an operator named. In this version: public keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from attest.signing.fingerprint import cosign_hint, fingerprint, oms_hint
from attest.signing.pem import load_public

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

    from attest_registry.digest import Digest

__all__ = ["TrustedKey", "cosign_hint", "fingerprint", "load_trusted_key", "oms_hint"]


class TrustedKey(Struct, frozen=True, kw_only=True):
    """A public key with the name that the operator gave it.

    Args:
        name: the operator's name for whoever holds the private half.
        public_key: the key.
        fingerprint: SHA-256 of its DER SubjectPublicKeyInfo.
        origin: the file it came from, for messages.
    """

    name: str
    public_key: PublicKeyTypes
    fingerprint: Digest
    origin: str

    def __hash__(self) -> int:
        return hash((self.name, self.fingerprint, self.origin))  # keys of cryptography compare and do not hash

    @property
    def title(self) -> str:
        """What people see: `key sha256:7d1c8f20b4e1`."""
        return f"key {self.fingerprint.short}"


def load_trusted_key(path: Path, *, name: str | None = None) -> TrustedKey:
    """Read the public key of somebody who is believed.

    Args:
        path: a PEM file.
        name: what the operator calls its holder; the file's name when left out.

    Raises:
        KeyFileError: missing, a private key (code `private-key-given`), not a key, or a kind that is not used.
    """
    key = load_public(path)
    return TrustedKey(name=name or path.name, public_key=key, fingerprint=fingerprint(key), origin=str(path))
