"""The signature itself: over an envelope's type and payload, or over words that stand elsewhere."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from attest.claims.predicates import PAYLOAD_TYPE
from attest.errors import MalformedEvidence, SubjectMismatch
from attest.verify.sigstore_bundle import BareMessage, Envelope
from attest_registry.digest import SHA256, Digest

if TYPE_CHECKING:
    from attest.trust.verifying_key import VerifyingKey
    from attest.verify.sigstore_bundle import SigstoreBundle


def check_kind(bundle: SigstoreBundle, message: bytes | Digest | None) -> None:
    """Return only if the bundle holds what the caller wants to read: in-toto words, or a signature over `message`.

    Raises:
        MalformedEvidence: `payload-type` or `content-kind`. Another type's words are never read as in-toto.
    """
    match bundle.content:
        case Envelope(payload_type=kind) if kind != PAYLOAD_TYPE:
            raise MalformedEvidence(
                "the bundle holds another kind of payload",
                code="payload-type",
                expected=PAYLOAD_TYPE,
                found=kind[:120],
            )
        case BareMessage() if message is None:
            raise MalformedEvidence("the bundle signs bare bytes", code="content-kind", expected="a DSSE envelope")
        case Envelope() if message is not None:
            raise MalformedEvidence("the bundle holds an envelope", code="content-kind", expected="a bare signature")
        case _:
            pass


def check_signature(bundle: SigstoreBundle, key: VerifyingKey, message: bytes | Digest | None) -> Envelope | bytes:
    """Return only if `key` signed the bundle's words; what its log entry has to be about.

    Args:
        bundle: its kind has been checked.
        key: of whoever is believed.
        message: the bare words or their digest; `None` for an envelope.

    Raises:
        SignatureInvalid: `signature-invalid`, or `digest-unsupported`.
        SubjectMismatch: `message-digest-mismatch`: the bundle says another digest than the words have.
    """
    if isinstance(bundle.content, Envelope):
        key.check(bundle.signature, bundle.content.signed_bytes, what="the bundle")
        return bundle.content
    words = b"" if message is None else message
    _check_hint(bundle.content, words)
    if isinstance(words, Digest):
        key.check_digest(bundle.signature, words.raw, algorithm=SHA256, what="the bundle")
        return words.raw
    key.check(bundle.signature, words, what="the bundle")
    return hashlib.new(key.hash_name or SHA256, words).digest()


def _check_hint(content: BareMessage, words: bytes | Digest) -> None:
    """The stated digest proves nothing; one that contradicts the words is a bundle for something else."""
    if content.algorithm is None or content.digest is None:
        return
    if isinstance(words, bytes):
        found = hashlib.new(content.algorithm, words).digest()
    elif content.algorithm == SHA256:
        found = words.raw
    else:
        return
    if found != content.digest:
        raise SubjectMismatch(
            "the bundle is about other words",
            code="message-digest-mismatch",
            expected=f"{content.algorithm}:{content.digest.hex()}",
            found=f"{content.algorithm}:{found.hex()}",
        )
