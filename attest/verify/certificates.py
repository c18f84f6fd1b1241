"""The path from a signing certificate to an authority of the trusted root, at every proven time.

A path is given, not searched: the leaf, what the bundle brings, then the authority's own certificates. Bundles must not
bring certificates of the root of trust, let alone roots (protobuf-specs, `X509CertificateChain`): refused. The whole
path has to be valid at each proven time, intermediates too (CVE-2026-24122), and so has the authority's window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from msgspec import Struct

from attest.errors import AttestError, MalformedEvidence, OutsideWindow, ProofInvalid, SignerNotTrusted
from attest.trust.times import shown
from attest.trust.verifying_key import VerifyingKey
from attest.trust.x509_path import (
    UNREADABLE,
    check_authorities,
    check_extensions,
    check_issued,
    extension,
    is_self_issued,
    issuing_key,
    load_certificate,
    named,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attest.trust.roots import CertificateAuthority, TrustedRoot
    from attest.verify.proven import ProvenTime
    from attest.verify.sigstore_bundle import CertificateChain


class SigningCertificate(Struct, frozen=True, kw_only=True):
    """A certificate that signs, read but not yet believed.

    Args:
        certificate: the leaf.
        above: what the bundle brings besides, each issuing the one before.
        der: the leaf's bytes.
        key: what it signs with.
    """

    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...]
    der: bytes
    key: VerifyingKey


class SigningPath(Struct, frozen=True, kw_only=True):
    """A certificate with the authority that vouches for it.

    Args:
        issuer_spki: the key of whoever issued the leaf; what an SCT binds.
        authority: of the trusted root.
    """

    issuer_spki: bytes
    authority: CertificateAuthority


def read_certificate(
    chain: CertificateChain, *, private: bool = False, accept_any_usage: bool = False
) -> SigningCertificate:
    """The bundle's certificates, with the leaf's profile checked.

    Args:
        chain: as the bundle brings it.
        private: take what OMS bundles of private authorities hold: a chain with its root, which counts for nothing
            unless the operator pinned it; a leaf that says `CA:TRUE` and may not issue by its key usage.
        accept_any_usage: take a leaf that does not say what for it was issued. One that names other purposes, and not
            code, is refused all the same.

    Raises:
        MalformedEvidence: no certificate, or a kind of key that is not used.
        ProofInvalid: `certificate-chain`: a root among them; `certificate-usage`: the leaf is not for signing code.
    """
    leaf = load_certificate(chain.leaf, what="the signing certificate")
    above = tuple(load_certificate(der, what="a certificate of the bundle") for der in chain.above)
    if not private and any(is_self_issued(certificate) for certificate in (leaf, *above)):
        raise ProofInvalid("the bundle brings a root certificate of its own", code="certificate-chain")
    _check_profile(leaf, private=private, accept_any_usage=accept_any_usage)
    try:
        public = leaf.public_key()
    except UNREADABLE as error:
        raise MalformedEvidence("the signing certificate holds no key", found=str(error)[:120]) from error
    key = VerifyingKey.of(public, what="the signing certificate")
    return SigningCertificate(certificate=leaf, above=above, der=chain.leaf, key=key)


def _check_profile(leaf: x509.Certificate, *, private: bool, accept_any_usage: bool) -> None:
    check_extensions(leaf, what="the signing certificate")
    basic: x509.BasicConstraints | None = extension(leaf, x509.BasicConstraints)
    usage: x509.KeyUsage | None = extension(leaf, x509.KeyUsage)
    authority = basic is not None and basic.ca and not private
    if authority or usage is None or usage.key_cert_sign or not usage.digital_signature:
        raise ProofInvalid(
            "the signing certificate is not one for signatures",
            code="certificate-usage",
            expected="key usage: digital signature, and no authority",
        )
    purposes: x509.ExtendedKeyUsage | None = extension(leaf, x509.ExtendedKeyUsage)
    if purposes is not None and ExtendedKeyUsageOID.CODE_SIGNING in purposes:
        return
    for_anything = purposes is None or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in purposes  # RFC 5280, 4.2.1.12
    if not (for_anything and accept_any_usage):
        raise ProofInvalid(
            "the signing certificate is not one for code",
            code="certificate-usage",
            expected="extended key usage: code signing",
            found="no purpose at all" if for_anything else "other purposes",
            hint="--accept-any-usage takes certificates that name no purpose" if for_anything and private else None,
        )


def check_path(signing: SigningCertificate, *, root: TrustedRoot, times: Iterable[ProvenTime]) -> SigningPath:
    """Return only if an authority of the root vouches for the certificate at every one of `times`.

    Raises:
        SignerNotTrusted: `certificate-authority-unknown`: no authority of the root issued it.
        ProofInvalid: `certificate-chain`: the certificates of the bundle do not lead there.
        OutsideWindow: `ca-window` or `certificate-expired`.
    """
    moments = list(times)
    last = signing.above[-1] if signing.above else signing.certificate
    issued = [authority for authority in root.certificate_authorities if authority.path[0].subject == last.issuer]
    if not issued:
        raise SignerNotTrusted(
            "the signing certificate was issued by an authority that the trusted root does not name",
            code="certificate-authority-unknown",
            expected=", ".join(named(each.path[0]) for each in root.certificate_authorities[:5]) or "an authority",
            found=named(last.issuer),
        )
    refusal: AttestError | None = None
    for authority in issued:  # several may share a name and even a key, with windows of their own
        try:
            return _path(signing, authority, moments)
        except (ProofInvalid, OutsideWindow) as error:
            if refusal is None or isinstance(error, OutsideWindow):
                refusal = error
    raise refusal or ProofInvalid("the signing certificate leads nowhere", code="certificate-chain")


def _path(signing: SigningCertificate, authority: CertificateAuthority, moments: list[ProvenTime]) -> SigningPath:
    path = (*signing.above, *authority.path)
    check_issued(signing.certificate, path[0], what="the signing certificate")
    if signing.above:  # the root's own part was checked when it was read
        check_authorities(path, what="the bundle's path", purpose=ExtendedKeyUsageOID.CODE_SIGNING)
    for proven in moments:
        if proven.moment not in authority.window:
            raise OutsideWindow(
                "the signing certificate's authority did not count at the proven time",
                code="ca-window",
                expected=str(authority.window),
                found=str(proven),
            )
        check_valid((signing.certificate, *path), proven)
    return SigningPath(
        issuer_spki=issuing_key(path[0]) if signing.above else authority.spki,
        authority=authority,
    )


def check_valid(path: Iterable[x509.Certificate], proven: ProvenTime) -> None:
    """Return only if every certificate of the path was valid.

    Raises:
        OutsideWindow: `certificate-expired`.
    """
    for certificate in path:
        start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if not start <= proven.moment <= end:
            raise OutsideWindow(
                f"the certificate of {named(certificate)} was not valid at a proven time",
                code="certificate-expired",
                expected=f"{shown(start)} to {shown(end)}",
                found=str(proven),
            )
