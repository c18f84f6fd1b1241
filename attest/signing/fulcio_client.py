"""Certificates from Fulcio, v2 API. sigstore-python takes this client for its own, which knows no time and no limit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from attest.errors import ServiceAnswerInvalid
from attest.signing.dsse import encode_base64
from attest_registry.strict_json import to_compact_json

if TYPE_CHECKING:
    from attest.signing.services import Service

_MOST_BYTES: Final = 256 * 1024
_MOST_CERTIFICATES: Final = 16


class Issued(Struct, frozen=True, kw_only=True):
    """What Fulcio gave.

    Args:
        cert: the signing certificate.
        chain: the certificates above it.
    """

    cert: x509.Certificate
    chain: list[x509.Certificate]


@dataclass(kw_only=True)
class FulcioClient:
    """One Fulcio, for one token.

    Args:
        service: where it is.
        issued: the certificate in use, once there is one.
    """

    service: Service
    issued: Issued | None = field(default=None, init=False)

    @property
    def signing_cert(self) -> Self:
        """Where sigstore-python expects `post`."""
        return self

    def post(self, request: x509.CertificateSigningRequest, token: Any) -> Issued:
        """Ask for a certificate.

        Args:
            request: proves that its key is ours.
            token: the identity token; its text is what is sent.

        Raises:
            ServiceError: `fulcio-unreachable`, `fulcio-refused`, `fulcio-failed`.
            ServiceAnswerInvalid: `fulcio-answer`: no certificate, or of another key; `clock-skew`.
        """
        body = to_compact_json({"certificateSigningRequest": encode_base64(request.public_bytes(Encoding.PEM))})
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "application/json"}
        answer = self.service.ask(
            "/api/v2/signingCert", body, asked="a signing certificate", headers=headers, limit=_MOST_BYTES
        )
        document = self.service.document(answer)
        match document:
            case {"signedCertificateEmbeddedSct": {"chain": {"certificates": [str(), _, *_] as texts}}}:
                issued = self._read(texts)
            case {"signedCertificateDetachedSct": _}:
                raise ServiceAnswerInvalid(f"{self.service.name} has no certificate log", code="fulcio-without-sct")
            case _:
                raise self.service.invalid("sent no certificate chain")
        if _spki(issued.cert) != request.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo):
            raise self.service.invalid("sent a certificate of another key")
        self._check_clock(issued.cert)
        self.issued = issued
        return issued

    def _read(self, texts: list[Any]) -> Issued:
        try:
            leaf, *above = (x509.load_pem_x509_certificate(str(each).encode()) for each in texts[:_MOST_CERTIFICATES])
        except ValueError as error:
            raise self.service.invalid("sent no certificate") from error
        return Issued(cert=leaf, chain=above)

    def _check_clock(self, certificate: x509.Certificate) -> None:
        """A certificate that is over as soon as it is there: one of the two clocks is wrong."""
        now = datetime.now(UTC)
        if now > certificate.not_valid_after_utc:
            raise ServiceAnswerInvalid(
                f"{self.service.name} and this machine do not agree what time it is",
                code="clock-skew",
                expected="a certificate that is valid now",
                found=f"one that ended {int((now - certificate.not_valid_after_utc).total_seconds() // 60)} min ago",
                hint="check this machine's clock first",
            )


def _spki(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
