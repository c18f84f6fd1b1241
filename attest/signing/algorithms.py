"""The algorithms, one table: key type → hash → how to sign and verify. Verifying raises; it never returns a flag.

The hash follows the curve (sigstore algorithm registry: P-384 with SHA-384). cosign and sigstore-js assume SHA-256 for
every key instead, so P-256 is what we make, and other keys come with a caveat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from attest.errors import KeyFileError, SignatureInvalid

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

PublicKey: TypeAlias = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

SUPPORTED: Final = "an ECDSA key on P-256 or P-384, or an Ed25519 key"
_ED25519: Final = "Ed25519"
_CURVES: Final[dict[str, tuple[str, hashes.HashAlgorithm]]] = {
    "secp256r1": ("P-256", hashes.SHA256()),
    "secp384r1": ("P-384", hashes.SHA384()),
}
_CAVEATS: Final = {
    "P-256": None,
    "P-384": "cosign and sigstore-js assume SHA-256 and do not verify P-384 signatures made with SHA-384",
    _ED25519: "model_signing does not verify Ed25519 signatures, and Rekor v2 does not log them",
}


def supported_public_key(key: PublicKeyTypes, *, origin: str) -> PublicKey:
    """The same key, once it is one that we can verify with.

    Raises:
        KeyFileError: another kind of key.
    """
    if isinstance(key, ed25519.Ed25519PublicKey) or (
        isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES
    ):
        return key
    raise _unsupported(key, origin)


def supported_private_key(key: PrivateKeyTypes, *, origin: str) -> PrivateKey:
    """The same key, once it is one that we can sign with.

    Raises:
        KeyFileError: another kind of key.
    """
    if isinstance(key, ed25519.Ed25519PrivateKey) or (
        isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES
    ):
        return key
    raise _unsupported(key, origin)


def new_private_key() -> PrivateKey:
    """A fresh P-256 key: the one kind that every peer verifies."""
    return ec.generate_private_key(ec.SECP256R1())


def algorithm(key: PublicKey) -> str:
    """What people call it: P-256, P-384 or Ed25519."""
    return _ED25519 if isinstance(key, ed25519.Ed25519PublicKey) else _CURVES[key.curve.name][0]


def caveat(key: PublicKey) -> str | None:
    """Which peers do not verify signatures of this key; `None` where all do."""
    return _CAVEATS[algorithm(key)]


def digest(key: ec.EllipticCurvePublicKey, data: bytes) -> bytes:
    """What a token or service signs that is given digests only: the hash of `data` that belongs to the key's curve."""
    hasher = hashes.Hash(_CURVES[key.curve.name][1])
    hasher.update(data)
    return hasher.finalize()


def sign(key: PrivateKey, data: bytes) -> bytes:
    """A signature over `data`: DER for ECDSA, 64 bytes for Ed25519."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    return key.sign(data, ec.ECDSA(_CURVES[key.curve.name][1]))


def check_signature(key: PublicKeyTypes, signature: bytes, data: bytes, *, what: str) -> None:
    """Return only if `signature` over `data` was made with the private half of `key`.

    Args:
        key: the key of whoever is believed; never one that the evidence brought along.
        signature: DER for ECDSA, 64 bytes for Ed25519.
        data: what was signed.
        what: the thing's name for messages.

    Raises:
        SignatureInvalid: it was not.
        KeyFileError: the key is of a kind that we do not verify with.
    """
    supported = supported_public_key(key, origin=what)
    try:
        if isinstance(supported, ed25519.Ed25519PublicKey):
            supported.verify(signature, data)
        else:
            supported.verify(signature, data, ec.ECDSA(_CURVES[supported.curve.name][1]))
    except InvalidSignature as error:
        raise SignatureInvalid(f"{what} does not carry a signature of this key over these words") from error


def _unsupported(key: Any, origin: str) -> KeyFileError:
    kind = type(key).__name__.removeprefix("_").removesuffix("PublicKey").removesuffix("PrivateKey")
    size = getattr(key, "key_size", None)
    curve = getattr(getattr(key, "curve", None), "name", None)
    return KeyFileError(
        f"{origin} holds a kind of key that attest does not use",
        expected=SUPPORTED,
        found=" ".join(str(part) for part in (kind, curve or size) if part),
        hint="attest keygen        makes one that every verifier understands",
    )
