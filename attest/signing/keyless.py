"""Signing with an identity: one short-lived certificate from Fulcio for all claims of one push.

    1  a token is at hand (`token_sources`), fit for use
    2  Fulcio gives one certificate for a key that lives in this process only; its promise to publish it is checked
    3  each claim is signed, stamped by every authority that was asked for, then logged
    4  our own verifier accepts the bundle, against the instance's own trusted root, as signed by this certificate's
       holder; so a wrong instance is found with the first claim

A bundle is given out whole or not at all. What has reached a log stays there: that is why stamping comes first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from attest.errors import (
    AttestError,
    CredentialError,
    Incident,
    MalformedEvidence,
    Refusal,
    ServiceAnswerInvalid,
)
from attest.signing.fulcio_client import FulcioClient
from attest.signing.log_client import LOGS, DuplicateEntry
from attest.signing.services import DEFAULT, Kind, Service
from attest.signing.timestamp_client import TimestampClient
from attest.trust.certificate_identity import CertificateIdentity
from attest.trust.times import shown
from attest.trust.trusted_holder import TrustedHolder

if TYPE_CHECKING:
    from cryptography import x509

    from attest.claims.statement import Statement
    from attest.signing.signer import KeyWarning
    from attest.signing.tokens import Token
    from attest.signing.trust_config import SigningTrust
    from attest.verify.demands import Demands
    from attest.verify.fulcio import CertificateSigner
    from attest_registry.oci.remote_options import RemoteOptions


@dataclass(frozen=True, kw_only=True, slots=True)
class KeylessSigner:
    """Signs as the holder of one certificate, until it ends.

    Args:
        trust: the instance.
        certificate: what Fulcio gave.
        holder: whom it names.
        engine: signs with the certificate's key.
    """

    trust: SigningTrust
    certificate: x509.Certificate
    holder: CertificateSigner
    engine: Any = field(repr=False)

    @classmethod
    def open(cls, trust: SigningTrust, token: Token, *, options: RemoteOptions = DEFAULT) -> Self:
        """Get the certificate.

        Args:
            trust: the instance.
            token: who signs.
            options: how the services are reached.

        Raises:
            ServiceError: `fulcio-unreachable`, `fulcio-refused`, `fulcio-failed`, `fulcio-answer`,
                `fulcio-not-trusted`, `clock-skew`.
            CredentialError: `broken-credential`.
        """
        from attest.signing import sigstore_session  # noqa: PLC0415  # 0.2 s

        def service(kind: Kind, url: str) -> Service:
            return Service(kind=kind, url=url, options=options, secret=token.raw)

        fulcio = FulcioClient(service=service(Kind.FULCIO, trust.fulcio))
        try:
            engine = sigstore_session.open_signer(
                trust.client,
                token.raw,
                fulcio=fulcio,
                log=LOGS[trust.log_version](service=service(Kind.REKOR, trust.log)),
                log_version=trust.log_version,
                timestamps=[TimestampClient(service=service(Kind.TSA, url)) for url in trust.timestamps],
            )
        except AttestError:
            raise
        except Exception as error:  # the engine lets its libraries' errors through
            raise _not_opened(error, token, trust) from error
        assert fulcio.issued is not None  # noqa: S101  # the engine asked it
        return cls(
            trust=trust,
            certificate=fulcio.issued.cert,
            holder=_holder(fulcio.issued.cert, fulcio.service),
            engine=engine,
        )

    @property
    def identity(self) -> CertificateIdentity:
        """The signer, in the form in which a policy names one."""
        return CertificateIdentity(issuer=self.holder.issuer, subject=self.holder.subject, kind=self.holder.kind)

    @property
    def description(self) -> str:
        """The signer, for people."""
        return f"identity {self.holder.subject} (by {self.holder.issuer})"

    @property
    def warnings(self) -> tuple[KeyWarning, ...]:
        """Nothing: there is no key to keep."""
        return ()

    @property
    def trusted(self) -> TrustedHolder:
        """The signer, as somebody who is believed under the instance's root."""
        return TrustedHolder(
            name="this identity", identity=self.identity, root=self.trust.root, origin=self.trust.origin
        )

    @property
    def demands(self) -> Demands:
        """What each bundle of this signer has to prove."""
        from attest.verify.demands import Demands  # noqa: PLC0415

        return Demands(times=max(1, len(self.trust.timestamps)), timestamps=len(self.trust.timestamps))

    def sign_statement(self, statement: Statement) -> bytes:
        """A bundle by this certificate's holder, with its log entry and every timestamp, accepted by our verifier.

        Raises:
            ServiceError: `rekor-…` or `tsa-…`: a service did not do its part, or its answer does not fit the root.
            CredentialError: `signing-certificate-expired`: the push took longer than the certificate lives.
            MalformedEvidence: the engine does not take the statement.
        """
        try:
            raw = self._sign(statement)
        except DuplicateEntry:
            raw = self._sign(statement)  # an answer was lost; another signature is another entry
        self._check(raw, statement)
        return raw

    def _sign(self, statement: Statement) -> bytes:
        from attest.signing import sigstore_session  # noqa: PLC0415

        try:
            return sigstore_session.sign(self.engine, statement.raw)
        except AttestError:
            raise
        except Exception as error:
            raise _not_signed(error, self.certificate) from error

    def _check(self, raw: bytes, statement: Statement) -> None:
        from attest.verify.by_certificate import verify_certificate_bundle  # noqa: PLC0415
        from attest.verify.sigstore_bundle import SigstoreBundle  # noqa: PLC0415

        try:
            verified = verify_certificate_bundle(
                SigstoreBundle.parse(raw), root=self.trust.root, identity=self.identity, demands=self.demands
            )
        except (Refusal, Incident) as error:
            raise ServiceAnswerInvalid(
                f"what was signed does not fit the trusted root of {self.trust.origin}: {error.message}",
                code=error.code,
                expected=error.expected,
                found=error.found,
                hint="is this the trust configuration of the instance that answered?",
            ) from error
        if verified.payload != statement.raw:
            raise MalformedEvidence("the bundle holds other words than were to be signed")


def _holder(certificate: x509.Certificate, service: Service) -> CertificateSigner:
    from attest.verify.fulcio import read_signer  # noqa: PLC0415

    try:
        return read_signer(certificate)
    except Incident as error:
        raise ServiceAnswerInvalid(
            f"{service.name} sent a certificate that names nobody", code="fulcio-answer", found=error.message
        ) from error


def _not_opened(error: Exception, token: Token, trust: SigningTrust) -> AttestError:
    """The engine's own errors before there is a certificate."""
    from sigstore.errors import VerificationError  # noqa: PLC0415
    from sigstore.oidc import ExpiredIdentity, IdentityError  # noqa: PLC0415

    if isinstance(error, ExpiredIdentity | IdentityError):
        return CredentialError(f"the identity token of {token.origin} cannot be used", found=str(error)[:160] or None)
    if isinstance(error, VerificationError):
        return ServiceAnswerInvalid(
            f"the certificate that {trust.fulcio} gave does not fit the trusted root of {trust.origin}",
            code="fulcio-not-trusted",
            found=str(error)[:160],
            hint="is this the trust configuration of the instance that answered?",
        )
    return ServiceAnswerInvalid(
        f"{trust.fulcio} sent no usable certificate", code="fulcio-answer", found=type(error).__name__
    )


def _not_signed(error: Exception, certificate: x509.Certificate) -> AttestError:
    """The engine's own errors while signing."""
    from sigstore._internal.fulcio import ExpiredCertificate  # noqa: PLC0415
    from sigstore.models import InvalidBundle  # noqa: PLC0415

    if isinstance(error, ExpiredCertificate):
        return CredentialError(
            "the signing certificate has expired",
            code="signing-certificate-expired",
            found=f"it ended at {shown(certificate.not_valid_after_utc)}",
            hint="run it again: a new certificate is asked for",
        )
    if isinstance(error, InvalidBundle):
        return ServiceAnswerInvalid(
            "the answers of the services make no bundle", code="rekor-answer", found=str(error)[:160]
        )
    return MalformedEvidence("the statement cannot be signed", found=" ".join(str(error).split())[:160])
