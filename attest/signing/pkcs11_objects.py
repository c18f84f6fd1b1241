"""The objects on a token that make a signing key: its private half, and its public one wherever the token keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

from attest.errors import KeyFileError
from attest.signing.digest_signer import ecdsa_only
from attest.signing.fingerprint import fingerprint
from attest.signing.pkcs11_token import library, translated
from attest.signing.pkcs11_uri import TokenURI, shown_identifier

if TYPE_CHECKING:
    from collections.abc import Sequence

_CURVES: Final[dict[bytes, ec.EllipticCurve]] = {
    bytes.fromhex("06082a8648ce3d030107"): ec.SECP256R1(),
    bytes.fromhex("06052b81040022"): ec.SECP384R1(),
}
"""CKA_EC_PARAMS: the curve's object identifier as DER."""


def private_key(session: Any, uri: TokenURI) -> Any:
    """The one ECDSA private key that `uri` describes.

    Raises:
        KeyFileError: none (code `key-not-found`), several (`key-ambiguous`), another kind (`bad-key`).
    """
    pkcs11 = library()
    with translated(uri, "the token"):
        found = list(session.get_objects(_template(pkcs11.ObjectClass.PRIVATE_KEY, uri.label, uri.identifier)))
        if len(found) != 1:
            raise _not_one(uri, [f"object={key.label};id={shown_identifier(key.id)}" for key in found])
        if found[0].key_type != pkcs11.KeyType.EC:
            raise KeyFileError(
                f"{uri.key_shown} is a kind of key that attest does not use",
                expected="an ECDSA key on P-256 or P-384",
                found=getattr(found[0].key_type, "name", str(found[0].key_type)),
            )
    return found[0]


def public_half(
    session: Any, uri: TokenURI, *, label: str | None, identifier: bytes | None
) -> ec.EllipticCurvePublicKey:
    """The public key, or the one in a certificate, that carries this label or CKA_ID.

    Raises:
        KeyFileError: none (code `key-not-found`), two different ones (`key-ambiguous`), another kind (`bad-key`).
    """
    pkcs11 = library()
    with translated(uri, "the token"):
        keys = list(session.get_objects(_template(pkcs11.ObjectClass.PUBLIC_KEY, label, identifier)))
        halves = [_from_object(key, uri) for key in keys]
        if not halves:
            kept = list(session.get_objects(_template(pkcs11.ObjectClass.CERTIFICATE, label, identifier)))
            halves = [_from_certificate(certificate[pkcs11.Attribute.VALUE], uri) for certificate in kept]
    distinct = {fingerprint(key): key for key in halves}
    if len(distinct) != 1:
        raise _not_one(uri, [digest.short for digest in distinct], what="public key or certificate")
    return next(iter(distinct.values()))


def asks_every_time(key: Any, uri: TokenURI) -> bool:
    """Whether the token wants the PIN before each signature (CKA_ALWAYS_AUTHENTICATE, as PIV's signing key does)."""
    pkcs11 = library()
    with translated(uri, "the token"):
        try:
            return bool(key[pkcs11.Attribute.ALWAYS_AUTHENTICATE])
        except pkcs11.AttributeTypeInvalid:  # older than PKCS#11 2.20
            return False


def _template(kind: Any, label: str | None, identifier: bytes | None) -> dict[Any, Any]:
    attribute = library().Attribute
    wanted = {attribute.CLASS: kind, attribute.LABEL: label, attribute.ID: identifier}
    return {name: value for name, value in wanted.items() if value is not None}


def _from_object(key: Any, uri: TokenURI) -> ec.EllipticCurvePublicKey:
    pkcs11 = library()
    if key.key_type != pkcs11.KeyType.EC:
        raise _other_kind(uri, getattr(key.key_type, "name", str(key.key_type)))
    curve = _CURVES.get(bytes(key[pkcs11.Attribute.EC_PARAMS]))
    if curve is None:
        raise _other_kind(uri, "another curve")
    point = bytes(key[pkcs11.Attribute.EC_POINT])
    size = 1 + 2 * ((curve.key_size + 7) // 8)
    if len(point) == size + 2:  # an OCTET STRING, as PKCS#11 says; some tokens leave its head out
        point = point[2:]
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
    except ValueError as error:
        raise _other_kind(uri, "a point that is not on its curve") from error


def _from_certificate(der: bytes, uri: TokenURI) -> ec.EllipticCurvePublicKey:
    try:
        key = x509.load_der_x509_certificate(bytes(der)).public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _other_kind(uri, "a certificate that cannot be read") from error
    return ecdsa_only(key, place=uri.key_shown)


def _other_kind(uri: TokenURI, found: str) -> KeyFileError:
    return KeyFileError(
        f"the public half of {uri.key_shown} is of a kind that attest does not use",
        expected="an ECDSA key on P-256 or P-384",
        found=found,
    )


def _not_one(uri: TokenURI, found: Sequence[str], *, what: str = "private key") -> KeyFileError:
    if not found:
        return KeyFileError(
            f"there is no such {what} in {uri.token_shown}",
            code="key-not-found",
            expected=uri.key_shown,
            hint="pkcs11-tool -O -l shows what a token holds",
        )
    return KeyFileError(
        f"this URI means several keys in {uri.token_shown}",
        code="key-ambiguous",
        expected=f"one {what}",
        found=", ".join(found[:8]),
        hint="add the id=… of the one that is meant",
    )
