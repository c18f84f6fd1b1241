"""Signing where the private key cannot be read: a token or service is given a digest, and its answer is checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec

from attest.errors import KeyFileError, SignatureInvalid
from attest.signing import algorithms
from attest.signing.fingerprint import fingerprint
from attest.signing.signer import KeyWarning

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

    from attest_registry.digest import Digest


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestSigner:
    """Signs with an ECDSA key that stays where it is.

    Args:
        public_key: its public half.
        place: what keeps the key, for messages.
        sign_digest: makes a DER signature over a digest; translates its own errors.
        found: what was noticed when the key was opened.
    """

    public_key: ec.EllipticCurvePublicKey
    place: str
    sign_digest: Callable[[bytes], bytes] = field(repr=False)
    found: tuple[KeyWarning, ...] = ()

    @property
    def fingerprint(self) -> Digest:
        """SHA-256 of its DER SubjectPublicKeyInfo."""
        return fingerprint(self.public_key)

    @property
    def warnings(self) -> tuple[KeyWarning, ...]:
        """What was noticed when it was opened, and which peers do not know its algorithm."""
        caveat = algorithms.caveat(self.public_key)
        return self.found if caveat is None else (*self.found, KeyWarning(code="key-algorithm", text=caveat))

    def sign(self, data: bytes) -> bytes:
        """A signature over `data`, verified before anybody gets it.

        A token may pair a private key with another public one, and a service may hash the digest once more: whoever
        relied on such a signature would find out too late.

        Raises:
            SignatureInvalid: the public half does not verify it (code `key-signs-wrongly`).
            KeyFileError: the token failed.
            KeyServiceError: the service failed.
        """
        signature = self.sign_digest(algorithms.digest(self.public_key, data))
        try:
            algorithms.check_signature(self.public_key, signature, data, what=self.place)
        except SignatureInvalid as error:
            raise SignatureInvalid(
                f"{self.place} made a signature that its own public key does not verify",
                code="key-signs-wrongly",
                expected=f"a signature by {self.fingerprint.short}",
            ) from error
        return signature


def ecdsa_only(key: PublicKeyTypes, *, place: str) -> ec.EllipticCurvePublicKey:
    """The same key, once it is one that signs digests.

    Raises:
        KeyFileError: another kind of key (code `bad-key`).
    """
    supported = algorithms.supported_public_key(key, origin=place)
    if not isinstance(supported, ec.EllipticCurvePublicKey):
        raise KeyFileError(
            f"{place} holds a key that does not sign digests",
            expected="an ECDSA key on P-256 or P-384",
            found=algorithms.algorithm(supported),
        )
    return supported
