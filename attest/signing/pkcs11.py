"""`pkcs11:` (RFC 7512): a key in a token, smart card or HSM, through python-pkcs11.

The token signs a digest (CKM_ECDSA) and answers with r and s side by side; everybody else wants DER.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from attest.errors import KeyFileError
from attest.signing.digest_signer import DigestSigner
from attest.signing.pkcs11_objects import asks_every_time, private_key, public_half
from attest.signing.pkcs11_token import find_pin, find_token, library, session, translated
from attest.signing.pkcs11_uri import TokenURI, parse
from attest.signing.signer import KeyWarning

if TYPE_CHECKING:
    from attest.signing.algorithms import PublicKey
    from attest.signing.signer import Signer
    from attest.signing.technology import KeyAccess


def open_signer(rest: str, access: KeyAccess) -> Signer:
    """Whoever signs with the private key in the token; it logs in anew for each signature.

    Args:
        rest: what stands behind `pkcs11:`.
        access: asked for the PIN where the URI has none.

    Raises:
        KeyFileError: codes `key-uri-malformed`, `pkcs11-module`, `pkcs11-token-missing`, `passphrase-missing`,
            `pin-source`, `wrong-pin`, `pin-locked`, `key-not-found`, `key-ambiguous`, `bad-key`, `pkcs11-failed`.
        InputError: `extra-missing`.
    """
    uri = parse(rest)
    token = find_token(uri)
    pin = find_pin(uri, token, access)
    with session(uri, token, pin) as opened:
        key = private_key(opened, uri)
        with translated(uri, "the key"):
            identifier, label = key.id or None, key.label
        public = public_half(opened, uri, label=None if identifier else label, identifier=identifier)
    return DigestSigner(
        public_key=public,
        place=f"{uri.key_shown} in {uri.token_shown}",
        sign_digest=lambda digest: _sign(uri, token, pin, digest),
        found=_noticed(uri),
    )


def read_public(rest: str, access: KeyAccess) -> PublicKey:
    """The public half; the PIN is needed only where the token shows public keys to nobody else.

    Args:
        rest: what stands behind `pkcs11:`.
        access: asked for the PIN in that case.

    Raises:
        KeyFileError: as for `open_signer`.
        InputError: `extra-missing`.
    """
    uri = parse(rest)
    token = find_token(uri)
    try:
        with session(uri, token, None) as opened:
            return public_half(opened, uri, label=uri.label, identifier=uri.identifier)
    except KeyFileError as error:
        if error.code != "key-not-found":
            raise
    return open_signer(rest, access).public_key


def _sign(uri: TokenURI, token: Any, pin: str, digest: bytes) -> bytes:
    with session(uri, token, pin) as opened:
        key = private_key(opened, uri)
        again = pin if asks_every_time(key, uri) else None
        with translated(uri, "the key"):
            raw = bytes(key.sign(digest, mechanism=library().Mechanism.ECDSA, pin=again))
    half = len(raw) // 2
    if not raw or len(raw) % 2:
        raise KeyFileError(
            f"{uri.token_shown} answered with something that is no ECDSA signature",
            code="pkcs11-failed",
            expected="r and s of one length",
            found=f"{len(raw)} bytes",
        )
    return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))


def _noticed(uri: TokenURI) -> tuple[KeyWarning, ...]:
    if uri.pin is None:
        return ()
    text = "the PIN stands in the key's URI, where other programs and the shell's history see it; use pin-source=file:…"
    return (KeyWarning(code="pin-in-uri", text=text),)
