"""Sigstore bundle v0.3 with a DSSE envelope: written for keys, read strictly for keys and certificates.

Nothing here verifies. A `Bundle` is what the bytes say, with one meaning; `attest.verify` decides. What is written:

1. `tlogEntries` is there even when empty: sigstore-models and model_signing need it, and no peer minds.
2. One signature without `keyid`. DSSE's Go reader, which cosign and sigstore-go verify with, skips a signature whose
   key id is not its own fingerprint of the key, even where the caller has named the key; nobody else reads it.
3. The hint is what the claim's readers look for: model_signing's own form on OMS claims, cosign's on all others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

from msgspec import Struct

from attest.claims.predicates import MODEL_SIGNATURE, PAYLOAD_TYPE
from attest.errors import AttestError, MalformedEvidence
from attest.evidence.evidence import BUNDLE_MEDIA_TYPE
from attest.signing.dsse import decode_base64, encode_base64, pae
from attest.signing.fingerprint import cosign_hint, oms_hint
from attest_registry import limits
from attest_registry.strict_json import parse_object, to_compact_json

if TYPE_CHECKING:
    from attest.claims.statement import Statement
    from attest.signing.signer import Signer

_MEDIA_TYPES: Final = (BUNDLE_MEDIA_TYPE, "application/vnd.dev.sigstore.bundle+json;version=0.3")
_MOST_LOG_ENTRIES: Final = 32
_MOST_TIMESTAMPS: Final = 32
_MOST_CERTIFICATES: Final = 16


class KeyMaterial(Struct, frozen=True, kw_only=True):
    """The bundle says that a key signed it.

    Args:
        hint: which one, in the signer's words; it never selects trust. `None` where it is left out.
    """

    hint: str | None


class CertificateMaterial(Struct, frozen=True, kw_only=True):
    """The bundle says that the holder of a certificate signed it.

    Args:
        certificates: DER, the leaf first.
    """

    certificates: tuple[bytes, ...]


class Bundle(Struct, frozen=True, kw_only=True):
    """What a bundle's bytes say. Unverified.

    Args:
        payload: the signed words.
        payload_type: their type, part of what is signed.
        signature: the one signature.
        keyid: the envelope's key id; empty where left out.
        material: how the signer says it can be checked.
        log_entries: how many transparency log entries it brings.
        timestamps: how many RFC 3161 timestamps it brings.
    """

    payload: bytes
    payload_type: str
    signature: bytes
    keyid: str
    material: KeyMaterial | CertificateMaterial
    log_entries: int = 0
    timestamps: int = 0

    @property
    def signed_bytes(self) -> bytes:
        """What the signature covers, with the payload type that the envelope itself names."""
        return pae(self.payload_type, self.payload)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read one.

        Raises:
            MalformedEvidence: not strict JSON, another version, unknown fields, not exactly one signature, base64 with
                more than one reading, or a key id that contradicts the hint.
        """
        try:
            document = parse_object(raw, what="the bundle", limit=limits.BUNDLE_BYTES)
        except AttestError as error:
            raise MalformedEvidence(error.message, expected=error.expected, found=error.found) from error
        if "messageSignature" in document:
            raise MalformedEvidence("the bundle signs bare bytes", expected="a DSSE envelope with an in-toto statement")
        _only(document, {"mediaType", "verificationMaterial", "dsseEnvelope"}, "the bundle")
        if document.get("mediaType") not in _MEDIA_TYPES:
            raise MalformedEvidence(
                "the bundle is of no version that is read here",
                expected=BUNDLE_MEDIA_TYPE,
                found=str(document.get("mediaType", "no mediaType"))[:120],
            )
        material, log_entries, timestamps = _material(_object(document, "verificationMaterial", "the bundle"))
        envelope = _object(document, "dsseEnvelope", "the bundle")
        _only(envelope, {"payload", "payloadType", "signatures"}, "the envelope")
        signature, keyid = _signature(envelope)
        if keyid and isinstance(material, KeyMaterial) and material.hint is not None and keyid != material.hint:
            raise MalformedEvidence("the key id contradicts the hint", expected=material.hint[:100], found=keyid[:100])
        return cls(
            payload=decode_base64(_text(envelope, "payload", "the envelope"), what="the payload"),
            payload_type=_text(envelope, "payloadType", "the envelope"),
            signature=signature,
            keyid=keyid,
            material=material,
            log_entries=log_entries,
            timestamps=timestamps,
        )


def sign_statement(statement: Statement, signer: Signer) -> bytes:
    """A bundle that holds `statement` as it is, signed by `signer`.

    Args:
        statement: the claim; its bytes are signed, not written again.
        signer: whoever signs.
    """
    hint = (oms_hint if statement.predicate_type == MODEL_SIGNATURE else cosign_hint)(signer.public_key)
    signature = signer.sign(pae(PAYLOAD_TYPE, statement.raw))
    return to_compact_json(
        {
            "mediaType": BUNDLE_MEDIA_TYPE,
            "verificationMaterial": {"publicKey": {"hint": hint}, "tlogEntries": []},
            "dsseEnvelope": {
                "payload": encode_base64(statement.raw),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"sig": encode_base64(signature)}],
            },
        }
    )


def _material(value: dict[str, Any]) -> tuple[KeyMaterial | CertificateMaterial, int, int]:
    kinds = {"publicKey", "certificate", "x509CertificateChain"}
    _only(value, {*kinds, "tlogEntries", "timestampVerificationData"}, "the verification material")
    given = sorted(kinds & set(value))
    if len(given) != 1:
        raise MalformedEvidence(
            "the bundle needs one way to be checked",
            expected="a public key or a certificate",
            found=", ".join(given) or "none",
        )
    entries = value.get("tlogEntries", [])
    if not isinstance(entries, list) or len(entries) > _MOST_LOG_ENTRIES:
        raise MalformedEvidence("the bundle's log entries are no short list", expected=f"at most {_MOST_LOG_ENTRIES}")
    timestamps = value.get("timestampVerificationData", {})
    stamps = timestamps.get("rfc3161Timestamps", []) if isinstance(timestamps, dict) else None
    if not isinstance(stamps, list) or len(stamps) > _MOST_TIMESTAMPS:
        raise MalformedEvidence("the bundle's timestamps are no short list", expected=f"at most {_MOST_TIMESTAMPS}")
    holder = _object(value, given[0], "the verification material")
    return (_key(holder) if given == ["publicKey"] else _certificates(given[0], holder)), len(entries), len(stamps)


def _key(value: dict[str, Any]) -> KeyMaterial:
    """The hint. A key that the bundle brings along (model_signing before 1.1) is never looked at."""
    _only(value, {"hint", "rawBytes", "keyDetails"}, "the public key")
    return KeyMaterial(hint=_text(value, "hint", "the public key") if "hint" in value else None)


def _certificates(kind: str, value: dict[str, Any]) -> CertificateMaterial:
    listed: Any = [value] if kind == "certificate" else value.get("certificates")
    if not isinstance(listed, list) or not 1 <= len(listed) <= _MOST_CERTIFICATES:
        raise MalformedEvidence("the bundle's certificates are no short list", expected=f"1 to {_MOST_CERTIFICATES}")
    certificates = [_text(item, "rawBytes", "a certificate") for item in listed if isinstance(item, dict)]
    if len(certificates) != len(listed):
        raise MalformedEvidence("a certificate of the bundle is no object")
    return CertificateMaterial(certificates=tuple(decode_base64(text, what="a certificate") for text in certificates))


def _signature(envelope: dict[str, Any]) -> tuple[bytes, str]:
    several = envelope.get("signatures")
    if not isinstance(several, list) or len(several) != 1 or not isinstance(several[0], dict):
        raise MalformedEvidence(
            "the envelope needs one signature",
            expected="exactly 1",
            found=str(len(several)) if isinstance(several, list) else type(several).__name__,
        )
    only: dict[str, Any] = several[0]
    _only(only, {"sig", "keyid"}, "the signature")
    keyid = only.get("keyid")
    if keyid is None:  # left out, or null as model_signing before 1.1 wrote it (OMS 11.1)
        keyid = ""
    if not isinstance(keyid, str):
        raise MalformedEvidence("the signature's key id is no text", found=type(keyid).__name__)
    return decode_base64(_text(only, "sig", "the signature"), what="the signature"), keyid


def _object(value: dict[str, Any], key: str, what: str) -> dict[str, Any]:
    found = value.get(key)
    if not isinstance(found, dict):
        raise MalformedEvidence(f"{what} has no {key}", expected="an object", found=type(found).__name__)
    return found


def _text(value: dict[str, Any], key: str, what: str) -> str:
    found = value.get(key)
    if not isinstance(found, str) or not found:
        raise MalformedEvidence(f"{what} has no {key}", expected="text", found=type(found).__name__)
    return found


def _only(value: dict[str, Any], known: set[str], what: str) -> None:
    if unknown := sorted(set(value) - known):
        raise MalformedEvidence(f"{what} has unknown fields", expected=", ".join(sorted(known)), found=unknown[0][:80])
