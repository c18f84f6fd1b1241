"""Sigstore bundles with everything in them, read strictly: bytes in, one frozen meaning out. Nothing here verifies.

`attest.signing.bundle` reads what we write for keys; this reads whatever a Sigstore client writes: media types 0.1, 0.2
and 0.3 in both spellings, an envelope or a bare signature, a certificate, a chain or a key, log entries and timestamps.
Versions before 0.3 could do without proofs that are demanded now (protobuf-specs: clients SHOULD NOT allow 0.1), so a
caller has to ask for them by name. Everything is bounded before it is decoded.
"""

from __future__ import annotations

from typing import Any, Final, Self

from msgspec import Struct

from attest.errors import AttestError, MalformedEvidence
from attest.signing.dsse import pae
from attest.trust.proto_json import Message
from attest_registry import limits
from attest_registry.strict_json import parse_object

MEDIA_TYPES: Final = (
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
)
OLD_MEDIA_TYPES: Final = (
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
)
MOST_LOG_ENTRIES: Final = 1
MOST_TIMESTAMPS: Final = 32
_MOST_CERTIFICATES: Final = 16
_MOST_HASHES: Final = 64  # a log of 2^63 entries needs no more
_CERTIFICATE_BYTES: Final = 64 * 1024
_SIGNATURE_BYTES: Final = 16 * 1024
_TIMESTAMP_BYTES: Final = 64 * 1024
_CHECKPOINT_CHARACTERS: Final = 64 * 1024
_HASH_BYTES: Final = 32

_BUNDLE: Final = frozenset({"mediaType", "verificationMaterial", "dsseEnvelope", "messageSignature"})
_KINDS: Final = frozenset({"publicKey", "certificate", "x509CertificateChain"})
_MATERIAL: Final = _KINDS | {"tlogEntries", "timestampVerificationData"}
_ENTRY: Final = frozenset(
    {
        "logIndex",
        "logId",
        "kindVersion",
        "integratedTime",
        "inclusionPromise",
        "inclusionProof",
        "canonicalizedBody",
    }
)
_PROOF: Final = frozenset({"logIndex", "rootHash", "treeSize", "hashes", "checkpoint"})
_DIGESTS: Final = {"SHA2_256": ("sha256", 32), "SHA2_384": ("sha384", 48), "SHA2_512": ("sha512", 64)}


class Envelope(Struct, frozen=True, kw_only=True):
    """DSSE words with their type.

    Args:
        payload: the signed words.
        payload_type: their type, part of what is signed.
        keyid: the signature's key id; empty where left out.
    """

    payload: bytes
    payload_type: str
    keyid: str

    @property
    def signed_bytes(self) -> bytes:
        """What the signature covers."""
        return pae(self.payload_type, self.payload)


class BareMessage(Struct, frozen=True, kw_only=True):
    """Words that are not in the bundle.

    Args:
        algorithm: of the digest, as `hashlib` calls it; `None` where the bundle says none.
        digest: what the signer says their digest is. A hint: compared where it is there, believed nowhere.
    """

    algorithm: str | None
    digest: bytes | None


class KeyHint(Struct, frozen=True, kw_only=True):
    """The bundle says that a key signed it; `hint` never selects trust."""

    hint: str | None


class CertificateChain(Struct, frozen=True, kw_only=True):
    """The bundle says that the holder of a certificate signed it.

    Args:
        leaf: DER.
        above: DER of the certificates that it brings besides, in order.
    """

    leaf: bytes
    above: tuple[bytes, ...]


class InclusionProof(Struct, frozen=True, kw_only=True):
    """What a log says about where an entry stands.

    Args:
        index: of the entry in the tree.
        size: of the tree.
        root: its root hash.
        hashes: the audit path, leaf first.
        checkpoint: a signed note about size and root; `None` where there is none, which proves nothing.
    """

    index: int
    size: int
    root: bytes
    hashes: tuple[bytes, ...]
    checkpoint: str | None


class LogEntry(Struct, frozen=True, kw_only=True):
    """A transparency log entry, unverified.

    Args:
        index: over all trees of the log; only a promise binds it.
        log_id: which log.
        kind: of the body.
        version: of the body.
        integrated: seconds since 1970; means nothing without a promise.
        promise: the signed entry timestamp; `None` where there is none.
        proof: where it stands; `None` where it says nothing about that.
        body: what was logged.
    """

    index: int
    log_id: bytes
    kind: str
    version: str
    integrated: int
    promise: bytes | None
    proof: InclusionProof | None
    body: bytes


class SigstoreBundle(Struct, frozen=True, kw_only=True):
    """What a bundle's bytes say. Unverified.

    Args:
        media_type: which version of the format.
        content: what was signed.
        signature: the one signature.
        material: how the signer says it can be checked.
        log_entry: that it was logged.
        timestamps: DER of RFC 3161 responses.
    """

    media_type: str
    content: Envelope | BareMessage
    signature: bytes
    material: KeyHint | CertificateChain
    log_entry: LogEntry | None
    timestamps: tuple[bytes, ...]

    @classmethod
    def parse(cls, raw: bytes, *, accept_old_versions: bool = False) -> Self:
        """Read one.

        Args:
            raw: the bytes.
            accept_old_versions: take media types 0.1 and 0.2 as well. The proofs demanded are the same.

        Raises:
            MalformedEvidence: it does not have exactly one meaning; `bundle-version` for other versions,
                `signature-count` for envelopes with more or fewer than one signature.
        """
        try:
            document = parse_object(raw, what="the bundle", limit=limits.BUNDLE_BYTES)
        except AttestError as error:
            raise MalformedEvidence(error.message, expected=error.expected, found=error.found) from error
        bundle = Message.of(document, what="the bundle", known=_BUNDLE)
        media_type = bundle.text("mediaType")
        if media_type not in MEDIA_TYPES + (OLD_MEDIA_TYPES if accept_old_versions else ()):
            raise MalformedEvidence(
                "the bundle has another version", code="bundle-version", expected=MEDIA_TYPES[0], found=media_type[:120]
            )
        material = bundle.message("verificationMaterial", _MATERIAL)
        content, signature = _content(bundle)
        entries = material.messages("tlogEntries", _ENTRY, most=MOST_LOG_ENTRIES)
        holder = _holder(material)
        if isinstance(holder, KeyHint) and isinstance(content, Envelope) and content.keyid:
            _check_keyid(content.keyid, holder.hint)
        return cls(
            media_type=media_type,
            content=content,
            signature=signature,
            material=holder,
            log_entry=_log_entry(entries[0]) if entries else None,
            timestamps=_timestamps(material),
        )


def _content(bundle: Message) -> tuple[Envelope | BareMessage, bytes]:
    if ("dsseEnvelope" in bundle) == ("messageSignature" in bundle):
        raise MalformedEvidence("the bundle needs one content", expected="either dsseEnvelope or messageSignature")
    if "messageSignature" in bundle:
        signed = bundle.message("messageSignature", frozenset({"messageDigest", "signature"}))
        return _message(signed), signed.data("signature", longest=_SIGNATURE_BYTES)
    envelope = bundle.message("dsseEnvelope", frozenset({"payload", "payloadType", "signatures"}))
    signatures = envelope.several("signatures", most=_MOST_CERTIFICATES)
    if len(signatures) != 1:
        raise MalformedEvidence(
            "the envelope needs one signature", code="signature-count", expected="exactly 1", found=str(len(signatures))
        )
    only = Message.of(signatures[0], what="the signature", known=frozenset({"sig", "keyid"}))
    keyid: Any = only.fields.get("keyid", "")
    if not isinstance(keyid, str):
        raise MalformedEvidence("the signature's key id is no text", found=type(keyid).__name__)
    content = Envelope(
        payload=envelope.data("payload", longest=limits.BUNDLE_BYTES),
        payload_type=envelope.text("payloadType"),
        keyid=keyid,
    )
    return content, only.data("sig", longest=_SIGNATURE_BYTES)


def _message(signed: Message) -> BareMessage:
    if "messageDigest" not in signed:
        return BareMessage(algorithm=None, digest=None)
    stated = signed.message("messageDigest", frozenset({"algorithm", "digest"}))
    algorithm, size = _DIGESTS.get(stated.text("algorithm"), ("", 0))
    digest = stated.data("digest", longest=64)
    if not algorithm or len(digest) != size:
        raise MalformedEvidence(
            "the message digest is none", expected=" or ".join(_DIGESTS), found=stated.text("algorithm")[:40]
        )
    return BareMessage(algorithm=algorithm, digest=digest)


def _holder(material: Message) -> KeyHint | CertificateChain:
    given = sorted(kind for kind in _KINDS if kind in material)
    if len(given) != 1:
        raise MalformedEvidence(
            "the bundle needs one way to be checked",
            expected="a public key or a certificate",
            found=", ".join(given) or "none",
        )
    if given == ["publicKey"]:
        key = material.message("publicKey", frozenset({"hint"}))
        return KeyHint(hint=key.text("hint") if "hint" in key else None)
    known = frozenset({"rawBytes"})
    if given == ["certificate"]:
        listed = [material.message("certificate", known)]
    else:
        chain = material.message("x509CertificateChain", frozenset({"certificates"}))
        listed = chain.messages("certificates", known, most=_MOST_CERTIFICATES)
    if not listed:
        raise MalformedEvidence("the bundle's certificate chain is empty", expected=f"1 to {_MOST_CERTIFICATES}")
    leaf, *above = (each.data("rawBytes", longest=_CERTIFICATE_BYTES) for each in listed)
    return CertificateChain(leaf=leaf, above=tuple(above))


def _check_keyid(keyid: str, hint: str | None) -> None:
    if hint is not None and keyid != hint:
        raise MalformedEvidence("the key id contradicts the hint", expected=hint[:100], found=keyid[:100])


def _log_entry(entry: Message) -> LogEntry:
    kind = entry.message("kindVersion", frozenset({"kind", "version"}))
    promise = None
    if "inclusionPromise" in entry:
        stated = entry.message("inclusionPromise", frozenset({"signedEntryTimestamp"}))
        promise = stated.data("signedEntryTimestamp", longest=_SIGNATURE_BYTES)
    return LogEntry(
        index=entry.integer("logIndex"),
        log_id=_hash(entry.message("logId", frozenset({"keyId"})), "keyId"),
        kind=kind.text("kind", longest=64),
        version=kind.text("version", longest=64),
        integrated=entry.integer("integratedTime"),
        promise=promise,
        proof=_proof(entry.message("inclusionProof", _PROOF)) if "inclusionProof" in entry else None,
        body=entry.data("canonicalizedBody", longest=limits.BUNDLE_BYTES),
    )


def _proof(proof: Message) -> InclusionProof:
    checkpoint = None
    if "checkpoint" in proof:
        stated = proof.message("checkpoint", frozenset({"envelope"}))
        checkpoint = stated.text("envelope", longest=_CHECKPOINT_CHARACTERS)
    return InclusionProof(
        index=proof.integer("logIndex"),
        size=proof.integer("treeSize"),
        root=_hash(proof, "rootHash"),
        hashes=tuple(
            _hash(Message(fields={"hash": each}, what="the inclusion proof"), "hash")
            for each in proof.several("hashes", most=_MOST_HASHES)
        ),
        checkpoint=checkpoint,
    )


def _hash(message: Message, key: str) -> bytes:
    found = message.data(key, longest=_HASH_BYTES)
    if len(found) != _HASH_BYTES and not (key == "keyId" and len(found) == 4):  # noqa: PLR2004  # a short log id
        raise MalformedEvidence(f"{key} of {message.what} has another length", found=f"{len(found)} bytes")
    return found


def _timestamps(material: Message) -> tuple[bytes, ...]:
    if "timestampVerificationData" not in material:
        return ()
    stated = material.message("timestampVerificationData", frozenset({"rfc3161Timestamps"}))
    listed = stated.messages("rfc3161Timestamps", frozenset({"signedTimestamp"}), most=MOST_TIMESTAMPS)
    return tuple(each.data("signedTimestamp", longest=_TIMESTAMP_BYTES) for each in listed)
