"""A whole Sigstore in memory: certificate authority, certificate log, Rekor v1 and v2, timestamp authority.

Everything it makes is made for a time of the test's choosing, and each part can be told to be wrong in one way. What it
writes was checked with sigstore-python (test_private_sigstore.py), so that a refusal is not one of a broken fixture.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attest.claims.predicates import PAYLOAD_TYPE
from attest.signing.dsse import encode_base64, pae
from attest.trust.roots import TrustedRoot
from attest.verify.sigstore_bundle import MEDIA_TYPES
from tests.verify.private_authority import NOON, Authority
from tests.verify.private_fulcio import CertificateIssuer, CertificateLog, Holder
from tests.verify.private_keys import PrivateKey, sign, spki
from tests.verify.private_rekor import Rekor
from tests.verify.private_timestamps import TimestampService

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

PAYLOAD = json.dumps(
    {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "credit-risk", "digest": {"sha256": hashlib.sha256(b"weights").hexdigest()}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {},
    }
).encode()


class PrivateSigstore:
    """All parts and the trusted root that names them."""

    def __init__(self) -> None:
        self.certificate_log = CertificateLog()
        self.fulcio = CertificateIssuer(Authority.make("fulcio"), self.certificate_log)
        self.tsa = TimestampService()
        self.rekor = {1: Rekor(1, "rekor.acme.example"), 2: Rekor(2, "log2026.rekor.acme.example")}

    def root_document(self) -> dict[str, Any]:
        span = {"start": "2026-01-01T00:00:00Z"}
        named_as = {"organization": "acme", "commonName": "acme"}

        def chain(*certificates: x509.Certificate) -> dict[str, Any]:
            return {
                "certificates": [{"rawBytes": encode_base64(each.public_bytes(Encoding.DER))} for each in certificates]
            }

        def log(url: str, key: bytes, details: str, log_id: bytes) -> dict[str, Any]:
            return {
                "baseUrl": url,
                "hashAlgorithm": "SHA2_256",
                "publicKey": {"rawBytes": encode_base64(key), "keyDetails": details, "validFor": dict(span)},
                "logId": {"keyId": encode_base64(log_id)},
            }

        ct, issuing, tsa = self.certificate_log, self.fulcio.authority, self.tsa
        p256 = "PKIX_ECDSA_P256_SHA_256"
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [
                log(
                    f"https://{rekor.host}",
                    rekor.spki,
                    p256 if rekor.version == 1 else "PKIX_ED25519",
                    rekor.log_id,
                )
                for rekor in self.rekor.values()
            ],
            "certificateAuthorities": [
                {
                    "subject": named_as,
                    "uri": "https://fulcio.acme.example",
                    "certChain": chain(issuing.certificate, issuing.root),
                    "validFor": dict(span),
                }
            ],
            "ctlogs": [log("https://ct.acme.example", spki(ct.key.public_key()), p256, ct.log_id)],
            "timestampAuthorities": [
                {
                    "subject": named_as,
                    "uri": "https://tsa.acme.example/api/v1/timestamp",
                    "certChain": chain(tsa.certificate, tsa.authority.certificate, tsa.authority.root),
                    "validFor": dict(span),
                }
            ],
        }

    def root(self) -> TrustedRoot:
        return TrustedRoot.parse(json.dumps(self.root_document()).encode())

    def bundle(
        self,
        *,
        version: int = 2,
        holder: Holder | None = None,
        payload: bytes = PAYLOAD,
        payload_type: str = PAYLOAD_TYPE,
        stamps: tuple[datetime, ...] | None = None,
        integrated: datetime = NOON,
        logged: bool = True,
    ) -> dict[str, Any]:
        """An envelope by certificate, logged in Rekor of that version; v2 with one timestamp at noon."""
        who = holder or Holder()
        certificate = self.fulcio.issue(who)
        signed = pae(payload_type, payload)
        signature = sign(who.key, signed)
        encoded = encode_base64(certificate.public_bytes(Encoding.DER))
        material: dict[str, Any] = {"certificate": {"rawBytes": encoded}}
        verifier = {"keyDetails": "PKIX_ECDSA_P256_SHA_256", "x509Certificate": {"rawBytes": encoded}}
        pem = certificate.public_bytes(Encoding.PEM)
        entry = self.entry(version, signed, payload, signature, verifier=verifier, pem=pem, moment=integrated)
        material["tlogEntries"] = [entry] if logged else []
        moments = stamps if stamps is not None else ((NOON,) if version == 2 else ())
        return self.assemble(material, signature, payload, payload_type, moments)

    def key_bundle(
        self,
        key: PrivateKey,
        *,
        version: int | None = None,
        stamps: tuple[datetime, ...] = (),
        payload: bytes = PAYLOAD,
    ) -> dict[str, Any]:
        """An envelope by key, logged in Rekor of that version or not at all."""
        signed = pae(PAYLOAD_TYPE, payload)
        signature = sign(key, signed)
        encoded = spki(key.public_key())
        material: dict[str, Any] = {"publicKey": {"hint": encode_base64(hashlib.sha256(encoded).digest())}}
        if version is not None:
            verifier = {"keyDetails": "PKIX_ECDSA_P256_SHA_256", "publicKey": {"rawBytes": encode_base64(encoded)}}
            pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            material["tlogEntries"] = [
                self.entry(version, signed, payload, signature, verifier=verifier, pem=pem, moment=NOON)
            ]
        return self.assemble(material, signature, payload, PAYLOAD_TYPE, stamps)

    def entry(
        self,
        version: int,
        signed: bytes,
        payload: bytes,
        signature: bytes,
        *,
        verifier: dict[str, Any],
        pem: bytes,
        moment: datetime,
    ) -> dict[str, Any]:
        if version == 2:
            data = {"algorithm": "SHA2_256", "digest": encode_base64(hashlib.sha256(signed).digest())}
            spec: dict[str, Any] = {
                "hashedRekordV002": {
                    "data": data,
                    "signature": {"content": encode_base64(signature), "verifier": verifier},
                }
            }
            kind = ("hashedrekord", "0.0.2")
        else:
            spec = {
                "envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(b"as sent").hexdigest()},
                "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
                "signatures": [{"signature": encode_base64(signature), "verifier": encode_base64(pem)}],
            }
            kind = ("dsse", "0.0.1")
        body = {"apiVersion": kind[1], "kind": kind[0], "spec": spec}
        return self.rekor[version].log(kind, body, moment=moment)

    def assemble(
        self,
        material: dict[str, Any],
        signature: bytes,
        payload: bytes,
        payload_type: str,
        stamps: tuple[datetime, ...],
    ) -> dict[str, Any]:
        if stamps:
            material["timestampVerificationData"] = {
                "rfc3161Timestamps": [
                    {"signedTimestamp": encode_base64(self.tsa.stamp(signature, moment=moment))} for moment in stamps
                ]
            }
        return {
            "mediaType": MEDIA_TYPES[0],
            "verificationMaterial": material,
            "dsseEnvelope": {
                "payload": encode_base64(payload),
                "payloadType": payload_type,
                "signatures": [{"sig": encode_base64(signature)}],
            },
        }
