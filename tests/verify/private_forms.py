"""The rarer forms of a bundle, by the Sigstore in memory: bare messages, and entries of the kind before `dsse`."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attest.claims.predicates import PAYLOAD_TYPE
from attest.signing.dsse import encode_base64, pae
from tests.verify.private_authority import NOON
from tests.verify.private_fulcio import Holder
from tests.verify.private_keys import sign, spki
from tests.verify.private_sigstore import PAYLOAD

if TYPE_CHECKING:
    from datetime import datetime

    from tests.verify.private_keys import PrivateKey
    from tests.verify.private_sigstore import PrivateSigstore

Bundle = dict[str, Any]


def message_bundle(
    instance: PrivateSigstore,
    message: bytes,
    *,
    version: int | None,
    key: PrivateKey | None = None,
    holder: Holder | None = None,
    stamps: tuple[datetime, ...] = (),
) -> Bundle:
    """A bare signature over `message`, by a key or else by a certificate's holder, as `hashedrekord`."""
    who = holder or Holder()
    signature = sign(key or who.key, message)
    digest = hashlib.sha256(message).digest()
    material, pem, verifier = _material(instance, key, who)
    if version is not None:
        body = _hashedrekord(digest, signature, pem) if version == 1 else _hashedrekord_v2(digest, signature, verifier)
        kind = ("hashedrekord", f"0.0.{version}")
        logged = {"apiVersion": kind[1], "kind": kind[0], "spec": body}
        material["tlogEntries"] = [instance.rekor[version].log(kind, logged)]
    bundle = instance.assemble(material, signature, b"", "", stamps)
    del bundle["dsseEnvelope"]
    stated = {"algorithm": "SHA2_256", "digest": encode_base64(digest)}
    return bundle | {"messageSignature": {"messageDigest": stated, "signature": encode_base64(signature)}}


def _hashedrekord(digest: bytes, signature: bytes, pem: bytes) -> dict[str, Any]:
    return {
        "data": {"hash": {"algorithm": "sha256", "value": digest.hex()}},
        "signature": {"content": encode_base64(signature), "publicKey": {"content": encode_base64(pem)}},
    }


def _hashedrekord_v2(digest: bytes, signature: bytes, verifier: dict[str, Any]) -> dict[str, Any]:
    data = {"algorithm": "SHA2_256", "digest": encode_base64(digest)}
    return {
        "hashedRekordV002": {"data": data, "signature": {"content": encode_base64(signature), "verifier": verifier}}
    }


def intoto_bundle(
    instance: PrivateSigstore,
    *,
    key: PrivateKey | None = None,
    holder: Holder | None = None,
    payload: bytes = PAYLOAD,
    with_payload: bool = False,
    version: str = "0.0.2",
    stamps: tuple[datetime, ...] = (),
) -> Bundle:
    """An envelope whose entry in Rekor v1 is of the kind `intoto`: base64 in base64."""
    who = holder or Holder()
    signature = sign(key or who.key, pae(PAYLOAD_TYPE, payload))
    material, pem, _ = _material(instance, key, who)
    signed = {"publicKey": encode_base64(pem), "sig": encode_base64(encode_base64(signature).encode())}
    envelope: dict[str, Any] = {"payloadType": PAYLOAD_TYPE, "signatures": [signed]}
    if with_payload:
        envelope["payload"] = encode_base64(encode_base64(payload).encode())
    content = {
        "envelope": envelope,
        "hash": {"algorithm": "sha256", "value": hashlib.sha256(b"as sent").hexdigest()},
        "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
    }
    body = {"apiVersion": version, "kind": "intoto", "spec": {"content": content}}
    material["tlogEntries"] = [instance.rekor[1].log(("intoto", version), body, moment=NOON)]
    return instance.assemble(material, signature, payload, PAYLOAD_TYPE, stamps)


def _material(
    instance: PrivateSigstore, key: PrivateKey | None, who: Holder
) -> tuple[dict[str, Any], bytes, dict[str, Any]]:
    """The bundle's material, and the same as Rekor v1 and v2 write it."""
    details = {"keyDetails": "PKIX_ECDSA_P256_SHA_256"}
    if key is not None:
        encoded = spki(key.public_key())
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        hint = encode_base64(hashlib.sha256(encoded).digest())
        return {"publicKey": {"hint": hint}}, pem, {**details, "publicKey": {"rawBytes": encode_base64(encoded)}}
    certificate = instance.fulcio.issue(who)
    raw = {"rawBytes": encode_base64(certificate.public_bytes(Encoding.DER))}
    return {"certificate": dict(raw)}, certificate.public_bytes(Encoding.PEM), {**details, "x509Certificate": raw}
