"""Keys that a test draws by chance, or from a seed, and signatures by them."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

PrivateKey = ec.EllipticCurvePrivateKey


class _Chance:
    """Where keys and serial numbers come from. Signatures are by RFC 6979, so nothing else is left to chance."""

    seed: bytes | None = None
    drawn = 0

    def number(self, bits: int) -> int:
        if self.seed is None:
            return secrets.randbits(bits)
        self.drawn += 1
        return int.from_bytes(hashlib.shake_256(self.seed + self.drawn.to_bytes(8, "big")).digest(bits // 8), "big")


_CHANCE = _Chance()


@contextlib.contextmanager
def repeatable(seed: bytes) -> Iterator[None]:
    """Within, everything comes out the same at each run: for fixtures that are kept (fixtures/sigstore/make.py)."""
    _CHANCE.seed, _CHANCE.drawn = seed, 0
    try:
        yield
    finally:
        _CHANCE.seed = None


def new_key() -> PrivateKey:
    return ec.derive_private_key(1 + _CHANCE.number(248), ec.SECP256R1())


def new_ed25519_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.from_private_bytes(_CHANCE.number(256).to_bytes(32, "big"))


def serial() -> int:
    return 1 + _CHANCE.number(152)


def spki(key: Any) -> bytes:
    found: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return found


def sign(key: PrivateKey, data: bytes) -> bytes:
    return key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
