"""Codes about bundles beside a folder, and about certificates of a private authority that sign them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

BUNDLES: Final[Mapping[str, tuple[str, str, int]]] = {
    "bundle-exists": (
        "there is a file already where the bundle should go",
        "choose another name; --force replaces a bundle, and nothing else",
        2,
    ),
    "bad-certificate": (
        "the signing key's certificate, or one above it, cannot be used to sign code now",
        "ask your authority for a certificate for code signing, and name its whole chain",
        2,
    ),
    "certificate-chain-missing": (
        "a certificate is named, and nobody who vouches for it",
        "--certificate-chain FILE names the authority's certificates, in any order",
        2,
    ),
    "certificate-key-mismatch": (
        "the certificate belongs to another key than the one that would sign",
        "name the key that the certificate was issued for: attest key show KEY prints a key's fingerprint",
        2,
    ),
    "bad-timestamp-chain": (
        "the certificates of a timestamp authority are none, or do not lead from one to the next",
        "put its own certificate first, then each that issued the one before",
        2,
    ),
    "signature-encoding-broken": (
        "this is a model signature of model_signing 0.2, whose way to encode what is signed lets words be exchanged",
        "sign the model again with a current tool, such as attest sign",
        3,
    ),
}
