"""One key, three printed forms. Ours is the SPKI one; the others are what peers write into bundles."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attest.signing.dsse import encode_base64
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes


def fingerprint(key: PublicKeyTypes) -> Digest:
    """SHA-256 of the DER SubjectPublicKeyInfo: the one form that we show and compare."""
    return Digest.of(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def oms_hint(key: PublicKeyTypes) -> str:
    """What model_signing writes as hint and demands to find: hex SHA-256 of the PEM text."""
    return hashlib.sha256(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def cosign_hint(key: PublicKeyTypes) -> str:
    """What cosign and sigstore-go write as hint: base64 SHA-256 of the DER SubjectPublicKeyInfo."""
    return encode_base64(fingerprint(key).raw)
