"""Something that signs. Where the private key lives is its own business."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from attest.signing import algorithms
from attest.signing.fingerprint import fingerprint

if TYPE_CHECKING:
    from attest.signing.algorithms import PrivateKey, PublicKey
    from attest_registry.digest import Digest


class KeyWarning(Struct, frozen=True, kw_only=True):
    """Something about a key that its owner should hear of, though signing goes on.

    Args:
        code: stable kebab-case noun.
        text: one line.
    """

    code: str
    text: str


class Signer(Protocol):
    """Whoever can sign."""

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        ...

    @property
    def fingerprint(self) -> Digest:
        """SHA-256 of its DER SubjectPublicKeyInfo."""
        ...

    @property
    def warnings(self) -> tuple[KeyWarning, ...]:
        """What its owner should hear."""
        ...

    def sign(self, data: bytes) -> bytes:
        """A signature over `data`."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class KeySigner:
    """Signs with a private key held in memory.

    Args:
        private_key: the key; never shown.
        found: what was noticed when it was read.
    """

    private_key: PrivateKey = field(repr=False)
    found: tuple[KeyWarning, ...] = ()

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        return self.private_key.public_key()

    @property
    def fingerprint(self) -> Digest:
        """SHA-256 of its DER SubjectPublicKeyInfo."""
        return fingerprint(self.public_key)

    @property
    def warnings(self) -> tuple[KeyWarning, ...]:
        """What was noticed when it was read, and which peers do not know its algorithm."""
        caveat = algorithms.caveat(self.public_key)
        return self.found if caveat is None else (*self.found, KeyWarning(code="key-algorithm", text=caveat))

    def sign(self, data: bytes) -> bytes:
        """A signature over `data`."""
        return algorithms.sign(self.private_key, data)
