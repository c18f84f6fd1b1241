"""Whose key made a signature, among the keys that the operator named. The hint never selects trust: it only explains.

Key mode and certificate mode never stand in for one another (docs/threats.md row 46).
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from attest.errors import SignatureInvalid, SignerNotTrusted
from attest.signing.algorithms import check_signature
from attest.signing.bundle import CertificateMaterial
from attest.signing.fingerprint import cosign_hint, oms_hint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.signing.bundle import Bundle
    from attest.trust.signatory import KeyHolder

_PEM_HINT: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_DIGEST_BYTES: Final = 32
_LONGEST_HINT: Final = 80


def find_signer(bundle: Bundle, keys: Sequence[KeyHolder], *, what: str) -> KeyHolder:
    """Steps 2 to 4 of the verifier: the trusted key whose signature this is.

    Args:
        bundle: what to check; the signature has to cover its own payload type and payload.
        keys: whom the operator named. Each is tried, whatever the bundle hints at.
        what: the evidence's name for messages.

    Raises:
        SignerNotTrusted: none of them made it (`signer-not-trusted`), or it is signed with a certificate
            (`certificate-unsupported`).
        SignatureInvalid: it claims to be by one of them and is not.
    """
    if isinstance(bundle.material, CertificateMaterial):
        raise SignerNotTrusted(
            f"{what} is signed with a certificate",
            code="certificate-unsupported",
            expected="a signature by a public key that the policy names",
            found="a certificate (keyless signing), which is never taken in a key's place",
        )
    for key in keys:
        try:
            check_signature(key.public_key, bundle.signature, bundle.signed_bytes, what=what)
        except SignatureInvalid:
            continue
        return key
    raise _nobody(bundle.material.hint or bundle.keyid, keys, what)


def _nobody(hint: str, keys: Sequence[KeyHolder], what: str) -> SignatureInvalid | SignerNotTrusted:
    for key in keys:
        if hint and hint in {cosign_hint(key.public_key), oms_hint(key.public_key)}:
            return SignatureInvalid(
                f"{what} says that {key.name} signed it, and the signature does not fit",
                expected=f"a signature by key {key.fingerprint.short} over these words",
                found="a signature over other words, or by another key",
            )
    names = ", ".join(f"{key.name} (key {key.fingerprint.short})" for key in keys[:5])
    return SignerNotTrusted(
        f"{what} is signed by somebody else",
        expected=names + (" …" if len(keys) > 5 else "") or "a key that the policy names",  # noqa: PLR2004
        found=describe_hint(hint) or "a signature without a key hint",
    )


def describe_hint(hint: str | None) -> str | None:
    """What a bundle claims about its signer, in our form of fingerprints where the hint has one. Unverified."""
    if not hint:
        return None
    if _PEM_HINT.fullmatch(hint):  # model_signing: SHA-256 of the PEM text, which says nothing about the DER one
        return f"key with PEM digest sha256:{hint[:12]}, as stated"
    try:
        digest = base64.b64decode(hint, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) == _DIGEST_BYTES:
        return f"key sha256:{digest.hex()[:12]}, as stated"
    return f"key {hint[:_LONGEST_HINT]!r}, as stated"
