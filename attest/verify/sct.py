"""The promise that a certificate was made public: exactly one embedded SCT, of a log of the trusted root (RFC 6962).

The log signed the certificate without the SCT, together with the key of its issuer; both are put together again here
from the certificate and from the path that was checked, so that neither can be another one's.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509.certificate_transparency import LogEntryType, SignatureAlgorithm

from attest.errors import OutsideWindow, ProofInvalid, SignatureInvalid, SignerNotTrusted
from attest.trust.times import shown
from attest.trust.x509_path import UNREADABLE, extension

if TYPE_CHECKING:
    from cryptography.x509.certificate_transparency import SignedCertificateTimestamp

    from attest.trust.roots import Log, TrustedRoot

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_BYTES: Final = 2**24 - 1


def check_sct(certificate: x509.Certificate, *, issuer_spki: bytes, root: TrustedRoot, accept_none: bool) -> None:
    """Return only if a log of the root promised to publish the certificate.

    Args:
        certificate: the signing certificate, its path checked.
        issuer_spki: DER of its issuer's public key, from that path.
        root: whose logs count.
        accept_none: take a certificate without any. One that it carries has to hold still.

    Raises:
        ProofInvalid: `sct-missing`: not exactly one; `sct-invalid`: it does not fit.
        SignerNotTrusted: `sct-log-unknown`.
        OutsideWindow: `ct-window`.
    """
    try:
        scts = _scts(certificate)
        if not scts and accept_none:
            return
        if len(scts) != 1:
            raise ProofInvalid(
                "the certificate does not carry one SCT",
                code="sct-missing",
                expected="exactly 1",
                found=str(len(scts)),
            )
        sct = scts[0]
        signed, moment = _signed_bytes(sct, certificate, issuer_spki)
        log_id, signature = sct.log_id, sct.signature
    except UNREADABLE as error:
        raise ProofInvalid("the SCT cannot be read", code="sct-invalid", found=str(error)[:120]) from error
    logs = [log for log in root.certificate_logs if log.log_id == log_id]
    if not logs:
        raise SignerNotTrusted(
            "the certificate was published in a log that the trusted root does not name",
            code="sct-log-unknown",
            expected=", ".join(log.base_url for log in root.certificate_logs[:5]) or "a certificate log",
            found=f"log {log_id.hex()[:16]}",
        )
    log = next((log for log in logs if moment in log.window), None)
    try:
        _check_algorithm(sct, logs[0])
        logs[0].key.check(signature, signed, what="the certificate's SCT")
    except SignatureInvalid as error:
        raise ProofInvalid("the certificate's SCT does not fit the certificate", code="sct-invalid") from error
    if log is None:
        raise OutsideWindow(
            "the certificate's log did not count when it promised",
            code="ct-window",
            expected=str(logs[0].window),
            found=shown(moment),
        )


def _scts(certificate: x509.Certificate) -> list[SignedCertificateTimestamp]:
    found: x509.PrecertificateSignedCertificateTimestamps | None = extension(
        certificate, x509.PrecertificateSignedCertificateTimestamps
    )
    return [] if found is None else list(found)


def _signed_bytes(
    sct: SignedCertificateTimestamp, certificate: x509.Certificate, issuer_spki: bytes
) -> tuple[bytes, datetime]:
    """The `digitally-signed` struct of RFC 6962 section 3.2 for a precertificate, and its time."""
    if sct.entry_type is not LogEntryType.PRE_CERTIFICATE:  # of versions there is one, and its reader refuses others
        raise ProofInvalid("the certificate's SCT is of another kind", code="sct-invalid")
    body = certificate.tbs_precertificate_bytes
    if len(body) > _MOST_BYTES:
        raise ProofInvalid("the certificate is too large for an SCT", code="sct-invalid")
    moment = sct.timestamp.replace(tzinfo=UTC)
    extensions = sct.extension_bytes
    return b"".join(
        [
            b"\x00\x00",  # version 1, a certificate's timestamp
            ((moment - _EPOCH) // timedelta(milliseconds=1)).to_bytes(8, "big"),
            b"\x00\x01",  # of a precertificate
            hashlib.sha256(issuer_spki).digest(),
            len(body).to_bytes(3, "big"),
            body,
            len(extensions).to_bytes(2, "big"),
            extensions,
        ]
    ), moment


def _check_algorithm(sct: SignedCertificateTimestamp, log: Log) -> None:
    """What the SCT says of its own algorithm has to be what the log's key is for."""
    expected = SignatureAlgorithm.RSA if isinstance(log.key.key, rsa.RSAPublicKey) else SignatureAlgorithm.ECDSA
    if (
        isinstance(log.key.key, ed25519.Ed25519PublicKey)
        or not isinstance(sct.signature_hash_algorithm, hashes.SHA256)
        or sct.signature_algorithm is not expected
    ):
        raise ProofInvalid("the certificate's SCT is signed with another algorithm", code="sct-invalid")
