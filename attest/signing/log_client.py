"""Entries in a transparency log, Rekor v1 or v2, as the fields of a bundle's `tlogEntries`.

Both are asked through `Service`, so an answer may be lost and the request repeated. Rekor v1 then answers 409 and where
the entry is, which is fetched. Rekor v2 answers 409 and has nothing to fetch from: that is `rekor-duplicate`, and the
caller signs again, since another signature is another entry.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Final, Protocol

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from attest.claims.predicates import PAYLOAD_TYPE
from attest.errors import InputError, MalformedEvidence, ServiceRefused
from attest.signing import algorithms
from attest.signing.dsse import decode_base64, encode_base64, pae
from attest_registry.strict_json import to_compact_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest.signing.algorithms import PublicKey
    from attest.signing.services import Answer, Service

_JSON: Final = {"Content-Type": "application/json", "Accept": "application/json"}
_CREATED: Final = frozenset({200, 201})
_CONFLICT: Final = 409
_UUID: Final = re.compile(r"[0-9a-f]{64}(?:[0-9a-f]{16})?", re.ASCII)
_DETAILS: Final[Mapping[str, tuple[str, str]]] = {
    "P-256": ("PKIX_ECDSA_P256_SHA_256", "sha256"),
    "P-384": ("PKIX_ECDSA_P384_SHA_384", "sha384"),
}

LogFields = dict[str, Any]


class DuplicateEntry(ServiceRefused):
    """The log has this very entry and does not give it out."""

    code = "rekor-duplicate"


class LogClient(Protocol):
    """A log of either version."""

    @property
    def service(self) -> Service:
        """Where it is."""
        ...

    def submit(self, proposal: Mapping[str, Any]) -> LogFields:
        """Log a proposal, and give the entry."""
        ...

    def log_by_key(self, payload: bytes, signature: bytes, key: PublicKey) -> LogFields:
        """Log a DSSE envelope that a key signed, and give the entry."""
        ...


class RekorV2(Struct, frozen=True, kw_only=True):
    """A tile-backed log: entries with an inclusion proof and a checkpoint, and without a time.

    Args:
        service: where it is.
    """

    service: Service

    def submit(self, proposal: Mapping[str, Any]) -> LogFields:
        """Log a proposal.

        Args:
            proposal: a `CreateEntryRequest` (rekor-tiles).

        Raises:
            ServiceError: `rekor-unreachable`, `rekor-refused`, `rekor-failed`, `rekor-answer`.
            DuplicateEntry: it was logged before, and this answer has no entry.
        """
        answer = _post(self.service, "/api/v2/log/entries", proposal)
        if answer.status == _CONFLICT:
            raise DuplicateEntry(f"{self.service.name} has this entry and does not give it out")
        entry = self.service.document(answer)
        known = {"logIndex", "logId", "kindVersion", "integratedTime", "inclusionPromise", "inclusionProof"}
        fields = {name: entry[name] for name in (*known, "canonicalizedBody") if name in entry}
        match fields:
            case {"canonicalizedBody": str(), "logId": {"keyId": str()}, "inclusionProof": {"checkpoint": {}}}:
                return fields
            case _:
                raise self.service.invalid("sent no log entry")

    def log_by_key(self, payload: bytes, signature: bytes, key: PublicKey) -> LogFields:
        """Log a DSSE envelope that a key signed: as the digest of what DSSE signs (rekor-v2-spec section 6.1.4).

        Raises:
            InputError: `key-not-loggable`: Rekor v2 takes no plain Ed25519 signatures (rekor-tiles #927).
            ServiceError: as `submit`.
        """
        known = _DETAILS.get(algorithms.algorithm(key))
        if known is None:
            raise InputError(
                "signatures of an Ed25519 key cannot be logged in Rekor v2",
                code="key-not-loggable",
                expected=" or ".join(_DETAILS),
                hint="sign with a P-256 key, or without a log",
            )
        details, hash_name = known
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        digest = hashlib.new(hash_name, pae(PAYLOAD_TYPE, payload)).digest()
        verifier = {"publicKey": {"rawBytes": encode_base64(spki)}, "keyDetails": details}
        signed = {"content": encode_base64(signature), "verifier": verifier}
        return self.submit({"hashedRekordRequestV002": {"digest": encode_base64(digest), "signature": signed}})


class RekorV1(Struct, frozen=True, kw_only=True):
    """The log with promises: its entries carry a time that it signed.

    Args:
        service: where it is.
    """

    service: Service

    def submit(self, proposal: Mapping[str, Any]) -> LogFields:
        """Log a proposal; one that is there already is fetched.

        Args:
            proposal: of kind `dsse` or `hashedrekord`.

        Raises:
            ServiceError: `rekor-unreachable`, `rekor-refused`, `rekor-failed`, `rekor-answer`.
        """
        answer = _post(self.service, "/api/v1/log/entries", proposal)
        if answer.status == _CONFLICT:
            uuid = answer.headers.get("Location", "").rpartition("/")[2]
            if not _UUID.fullmatch(uuid):
                raise DuplicateEntry(f"{self.service.name} has this entry and does not say where")
            answer = self.service.ask(f"/api/v1/log/entries/{uuid}", asked="a log entry", headers=_JSON)
        document = self.service.document(answer)
        if len(document) != 1:
            raise self.service.invalid("sent no single log entry", found=f"{len(document)} entries")
        try:
            return _fields(next(iter(document.values())))
        except (KeyError, TypeError, ValueError, AttributeError, MalformedEvidence) as error:
            raise self.service.invalid("sent no log entry", found=type(error).__name__) from error

    def log_by_key(self, payload: bytes, signature: bytes, key: PublicKey) -> LogFields:
        """Log a DSSE envelope that a key signed, as a `dsse` entry.

        Raises:
            ServiceError: as `submit`.
        """
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        envelope = {
            "payload": encode_base64(payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": encode_base64(signature)}],
        }
        content = {"envelope": to_compact_json(envelope).decode(), "verifiers": [encode_base64(pem)]}
        return self.submit({"kind": "dsse", "apiVersion": "0.0.1", "spec": {"proposedContent": content}})


LOGS: Final[Mapping[int, type[RekorV1 | RekorV2]]] = {1: RekorV1, 2: RekorV2}
"""API version → client."""


def _post(service: Service, path: str, proposal: Mapping[str, Any]) -> Answer:
    return service.ask(
        path,
        to_compact_json(dict(proposal)),
        asked="a log entry",
        headers=_JSON,
        accept=_CREATED | {_CONFLICT},
    )


def _fields(entry: Any) -> LogFields:
    """Rekor v1's own answer as a bundle writes it: base64 instead of hex, numbers as text (protobuf's JSON)."""
    proof = entry["verification"]["inclusionProof"]
    body = json.loads(decode_base64(entry["body"], what="the log entry"))
    return {
        "logIndex": str(int(entry["logIndex"])),
        "logId": {"keyId": _base64(entry["logID"])},
        "kindVersion": {"kind": str(body["kind"]), "version": str(body["apiVersion"])},
        "integratedTime": str(int(entry["integratedTime"])),
        "inclusionPromise": {"signedEntryTimestamp": str(entry["verification"]["signedEntryTimestamp"])},
        "inclusionProof": {
            "logIndex": str(int(proof["logIndex"])),
            "rootHash": _base64(proof["rootHash"]),
            "treeSize": str(int(proof["treeSize"])),
            "hashes": [_base64(each) for each in proof["hashes"]],
            "checkpoint": {"envelope": str(proof["checkpoint"])},
        },
        "canonicalizedBody": str(entry["body"]),
    }


def _base64(text: str) -> str:
    return encode_base64(bytes.fromhex(text))
