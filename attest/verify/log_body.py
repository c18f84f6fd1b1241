"""What a log entry has to say, word for word, if it is about this bundle. One builder for each kind of entry.

An entry that is not compared whole is how somebody else's entry came to vouch for a signature (CVE-2022-36056,
CVE-2022-23649, CVE-2026-22703). Every body is built from the bundle and compared as a value. Two things cannot be
built. `dsse` and `intoto` entries hash the envelope as the client happened to write it: such a digest is taken as it
is; payload, signature and verifier, which say the same, are compared. And Rekor v1 keeps certificates and keys as PEM,
which breaks lines as its writer likes: it has to hold the same DER under the same label, with nothing around it.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import Struct

from attest.errors import AttestError, ProofInvalid
from attest.signing.dsse import decode_base64, encode_base64
from attest.verify.sigstore_bundle import Envelope
from attest_registry import limits
from attest_registry.strict_json import parse_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from attest.trust.verifying_key import VerifyingKey
    from attest.verify.sigstore_bundle import LogEntry

_HEX: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PEM: Final = re.compile(rb"-----BEGIN (CERTIFICATE|PUBLIC KEY)-----\n([A-Za-z0-9+/=\n]+)\n-----END \1-----\n?")
_REKOR_HASHES: Final[Mapping[str, str]] = {"sha256": "SHA2_256", "sha384": "SHA2_384", "sha512": "SHA2_512"}


class Signed(Struct, frozen=True, kw_only=True):
    """What an entry has to be about.

    Args:
        content: the envelope; the digest of the bare words (by the hash of the key) for a message.
        signature: the one signature.
        key: what it was checked with.
        certificate: DER of the certificate that holds the key; `None` where a key signed.
    """

    content: Envelope | bytes
    signature: bytes
    key: VerifyingKey
    certificate: bytes | None


Builder: TypeAlias = "Callable[[Signed, dict[str, Any]], dict[str, Any] | None]"


def check_body(entry: LogEntry, signed: Signed) -> None:
    """Return only if the entry is about exactly this signature by this signer over these words.

    Raises:
        ProofInvalid: `log-entry-unsupported` or `log-entry-mismatch`.
    """
    builder = _BUILDERS.get((entry.kind, entry.version))
    if builder is None:
        raise ProofInvalid(
            "the log entry is of a kind that attest does not read",
            code="log-entry-unsupported",
            expected=", ".join(" ".join(kind) for kind in _BUILDERS),
            found=f"{entry.kind} {entry.version}",
        )
    try:
        body = parse_object(entry.body, what="the log entry", limit=limits.BUNDLE_BYTES)
    except AttestError as error:
        raise ProofInvalid(error.message, code="log-entry-mismatch", found=error.found) from error
    spec = body.get("spec")
    expected = builder(signed, spec if isinstance(spec, dict) else {})
    if expected is None or body != {"apiVersion": entry.version, "kind": entry.kind, "spec": expected}:
        raise ProofInvalid(
            "the log entry is not about this bundle",
            code="log-entry-mismatch",
            expected=f"{entry.kind} {entry.version} with this bundle's words, signature and signer",
        )


def _hashedrekord_v1(signed: Signed, spec: dict[str, Any]) -> dict[str, Any] | None:
    match spec:
        case {"signature": {"publicKey": {"content": str(holder)}}} if _holds(holder, signed):
            pass
        case _:
            return None
    if isinstance(signed.content, Envelope) or signed.key.hash_name is None:
        return None
    return {
        "data": {"hash": {"algorithm": signed.key.hash_name, "value": signed.content.hex()}},
        "signature": {
            "content": encode_base64(signed.signature),
            "publicKey": {"content": holder},
        },
    }


def _hashedrekord_v2(signed: Signed, _spec: dict[str, Any]) -> dict[str, Any] | None:
    """Rekor v2 logs envelopes too, as the digest of what DSSE signs (rekor-v2-spec section 6.1.4)."""
    algorithm = signed.key.hash_name
    if algorithm is None:  # pure Ed25519 has no digest that could be logged
        return None
    digest = signed.content
    if isinstance(digest, Envelope):
        digest = hashlib.new(algorithm, digest.signed_bytes).digest()
    holder: dict[str, Any] = (
        {"publicKey": {"rawBytes": encode_base64(signed.key.spki)}}
        if signed.certificate is None
        else {"x509Certificate": {"rawBytes": encode_base64(signed.certificate)}}
    )
    return {
        "hashedRekordV002": {
            "data": {"algorithm": _REKOR_HASHES[algorithm], "digest": encode_base64(digest)},
            "signature": {
                "content": encode_base64(signed.signature),
                "verifier": {"keyDetails": signed.key.details, **holder},
            },
        }
    }


def _dsse_v1(signed: Signed, spec: dict[str, Any]) -> dict[str, Any] | None:
    match spec:
        case {"envelopeHash": stated, "signatures": [{"verifier": str(holder)}]} if _is_digest(stated):
            pass
        case _:
            return None
    if not isinstance(signed.content, Envelope) or not _holds(holder, signed):
        return None
    return {
        "envelopeHash": stated,
        "payloadHash": _digest(signed.content.payload),
        "signatures": [{"signature": encode_base64(signed.signature), "verifier": holder}],
    }


def _intoto_v2(signed: Signed, spec: dict[str, Any]) -> dict[str, Any] | None:
    """The kind that came before `dsse`: everything base64 inside base64, and the payload itself often left out."""
    match spec:
        case {"content": {"hash": stated, "envelope": {"signatures": [{"publicKey": str(holder)}], **envelope}}} if (
            _is_digest(stated)
        ):
            pass
        case _:
            return None
    if not isinstance(signed.content, Envelope) or not _holds(holder, signed):
        return None
    signature: dict[str, Any] = {
        "publicKey": holder,
        "sig": encode_base64(encode_base64(signed.signature).encode()),
    }
    if signed.content.keyid:
        signature["keyid"] = signed.content.keyid
    expected: dict[str, Any] = {"payloadType": signed.content.payload_type, "signatures": [signature]}
    if "payload" in envelope:
        expected["payload"] = encode_base64(encode_base64(signed.content.payload).encode())
    return {"content": {"envelope": expected, "hash": stated, "payloadHash": _digest(signed.content.payload)}}


_BUILDERS: Final[Mapping[tuple[str, str], Builder]] = {
    ("hashedrekord", "0.0.1"): _hashedrekord_v1,
    ("hashedrekord", "0.0.2"): _hashedrekord_v2,
    ("dsse", "0.0.1"): _dsse_v1,
    ("intoto", "0.0.2"): _intoto_v2,
}


def _digest(data: bytes) -> dict[str, str]:
    return {"algorithm": "sha256", "value": hashlib.sha256(data).hexdigest()}


def _holds(encoded: str, signed: Signed) -> bool:
    """Whether it is PEM in base64 of the certificate, or the key, that the signature was checked with."""
    try:
        pem = _PEM.fullmatch(decode_base64(encoded, what="the verifier"))
        der = decode_base64(pem.group(2).replace(b"\n", b"").decode(), what="the verifier") if pem else b""
    except AttestError:
        return False
    label, expected = (
        (b"PUBLIC KEY", signed.key.spki) if signed.certificate is None else (b"CERTIFICATE", signed.certificate)
    )
    return pem is not None and pem.group(1) == label and der == expected


def _is_digest(value: Any) -> bool:
    match value:
        case {"algorithm": "sha256", "value": str(digits), **rest}:
            return not rest and _HEX.fullmatch(digits) is not None
        case _:
            return False
