"""Public keys with the algorithm that their owner declared for them: one table, by Sigstore's names.

Names and pairs are those of protobuf-specs. Verifying raises; it never returns a flag. What is not in
the table is not guessed: Ed25519ph, RSA-PSS and post-quantum keys cannot be checked with what we have.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from msgspec import Struct

from attest.errors import MalformedEvidence, SignatureInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

Key: TypeAlias = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey

_CURVES: Final[Mapping[str, tuple[str, hashes.HashAlgorithm]]] = {
    "secp256r1": ("PKIX_ECDSA_P256_SHA_256", hashes.SHA256()),
    "secp384r1": ("PKIX_ECDSA_P384_SHA_384", hashes.SHA384()),
    "secp521r1": ("PKIX_ECDSA_P521_SHA_512", hashes.SHA512()),
}
_RSA: Final[Mapping[int, str]] = {
    2048: "PKIX_RSA_PKCS1V15_2048_SHA256",
    3072: "PKIX_RSA_PKCS1V15_3072_SHA256",
    4096: "PKIX_RSA_PKCS1V15_4096_SHA256",
}
_ED25519: Final = "PKIX_ED25519"
_OLD_RSA: Final = "PKCS1_RSA_PKCS1V5"  # of early CT logs: no size in the name, and the key not wrapped as SPKI
KNOWN_DETAILS: Final = frozenset([*(name for name, _ in _CURVES.values()), *_RSA.values(), _ED25519, _OLD_RSA])


class VerifyingKey(Struct, frozen=True, kw_only=True):
    """A public key and how its signatures are made.

    Args:
        key: the key.
        details: Sigstore's name of the algorithm.
        hash: what is hashed with before signing; `None` for Ed25519, which signs the words themselves.
    """

    key: Key
    details: str
    hash: hashes.HashAlgorithm | None

    @classmethod
    def of(cls, key: Any, *, what: str) -> Self:
        """The key with the algorithm that its kind implies.

        Raises:
            MalformedEvidence: a kind that is not in the table (`key-unsupported`).
        """
        if isinstance(key, ed25519.Ed25519PublicKey):
            return cls(key=key, details=_ED25519, hash=None)
        if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
            details, algorithm = _CURVES[key.curve.name]
            return cls(key=key, details=details, hash=algorithm)
        if isinstance(key, rsa.RSAPublicKey) and key.key_size in _RSA:
            return cls(key=key, details=_RSA[key.key_size], hash=hashes.SHA256())
        raise MalformedEvidence(
            f"{what} holds a kind of key that attest does not verify with",
            code="key-unsupported",
            expected=", ".join(sorted(KNOWN_DETAILS - {_OLD_RSA})),
            found=f"{type(key).__name__} {getattr(key, 'key_size', '')}".strip(),
        )

    @classmethod
    def load(cls, der: bytes, *, details: str, what: str) -> Self:
        """A key from a document that names its algorithm.

        Raises:
            MalformedEvidence: no key, or one of another kind than named.
        """
        try:
            key = serialization.load_der_public_key(der)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise MalformedEvidence(f"{what} holds no public key", expected=details, found=str(error)[:120]) from error
        found = cls.of(key, what=what)
        if found.details != details and not (details == _OLD_RSA and isinstance(key, rsa.RSAPublicKey)):
            raise MalformedEvidence(f"{what} holds another kind of key", expected=details, found=found.details)
        return found

    @property
    def hash_name(self) -> str | None:
        """As `hashlib` calls it."""
        return None if self.hash is None else self.hash.name

    @property
    def spki(self) -> bytes:
        """DER SubjectPublicKeyInfo."""
        return self.key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    def check(self, signature: bytes, data: bytes, *, what: str) -> None:
        """Return only if `signature` over `data` was made with the private half.

        Raises:
            SignatureInvalid: it was not.
        """
        if self.hash is None:
            self._check(signature, data, None, what)
        else:
            self._check(signature, data, self.hash, what)

    def check_digest(self, signature: bytes, digest: bytes, *, algorithm: str, what: str) -> None:
        """Like `check`, for words of which only the digest is known.

        Raises:
            SignatureInvalid: it was not made with the private half, or this key hashes otherwise
                (`digest-unsupported`).
        """
        if self.hash is None or self.hash_name != algorithm or len(digest) != hashlib.new(algorithm).digest_size:
            raise SignatureInvalid(
                f"{what} cannot be checked against a {algorithm} digest",
                code="digest-unsupported",
                expected=f"the words themselves, for a key of {self.details}",
                found="their digest",
            )
        self._check(signature, digest, utils.Prehashed(self.hash), what)

    def _check(
        self, signature: bytes, data: bytes, algorithm: hashes.HashAlgorithm | utils.Prehashed | None, what: str
    ) -> None:
        try:
            match self.key, algorithm:
                case ed25519.Ed25519PublicKey(), None:
                    self.key.verify(signature, data)
                case ec.EllipticCurvePublicKey(), hashes.HashAlgorithm() | utils.Prehashed():
                    self.key.verify(signature, data, ec.ECDSA(algorithm))
                case rsa.RSAPublicKey(), hashes.HashAlgorithm() | utils.Prehashed():
                    self.key.verify(signature, data, padding.PKCS1v15(), algorithm)
                case _:
                    raise InvalidSignature  # noqa: TRY301  # a pair that the table does not make
        except InvalidSignature as error:
            raise SignatureInvalid(f"{what} does not carry a signature of this key over these words") from error
