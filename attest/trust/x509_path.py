"""X.509 certificates as far as a fixed path of them has to be checked: who issued whom, and who may issue at all.

Paths are never searched here. A trusted root and a bundle say in which order their certificates stand, so each only has
to be issued by the next (RFC 5280 section 6, for a path that is given). What this does not implement it refuses: name
constraints, policy constraints, and any other critical extension that it does not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID

from attest.errors import MalformedEvidence, ProofInvalid

if TYPE_CHECKING:
    from collections.abc import Sequence

UNREADABLE: Final = (
    ValueError,
    TypeError,
    OverflowError,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.InvalidVersion,
    UnsupportedAlgorithm,
    Warning,  # where a caller turned them into errors: cryptography warns about names that break X.520
)
"""What cryptography raises over certificates that cannot be read; it reads their parts only when asked for them."""

_UNDERSTOOD: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    }
)
_NOT_IMPLEMENTED: Final = (ExtensionOID.NAME_CONSTRAINTS, ExtensionOID.POLICY_CONSTRAINTS)
_HASHES: Final = frozenset({"sha256", "sha384", "sha512"})
_LEAST_RSA_BITS: Final = 2048


def load_certificate(der: bytes, *, what: str) -> x509.Certificate:
    """A certificate whose parts can all be read.

    Raises:
        MalformedEvidence: it is none.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.version, certificate.subject, certificate.issuer, certificate.extensions
        _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except UNREADABLE as error:
        raise MalformedEvidence(f"{what} is no certificate", expected="DER", found=str(error)[:120]) from error
    return certificate


def extension(certificate: x509.Certificate, kind: type[x509.ExtensionType]) -> Any:
    """The value of an extension; `None` where the certificate has none of that kind."""
    for found in certificate.extensions:
        if found.oid == kind.oid:  # ten times as fast as asking for the class: those are abstract ones
            return found.value
    return None


def check_extensions(certificate: x509.Certificate, *, what: str) -> None:
    """Refuse what this path check would have to obey and does not implement.

    Raises:
        ProofInvalid: `certificate-chain`.
    """
    for found in certificate.extensions:
        if found.oid in _NOT_IMPLEMENTED or (found.critical and found.oid not in _UNDERSTOOD):
            raise ProofInvalid(
                f"{what} has a constraint that attest does not implement",
                code="certificate-chain",
                found=f"extension {found.oid.dotted_string}",
            )


def check_issued(child: x509.Certificate, issuer: x509.Certificate, *, what: str) -> None:
    """Return only if `issuer` signed `child`, with an algorithm that still counts.

    Raises:
        ProofInvalid: `certificate-chain`.
    """
    try:
        strong = child.signature_hash_algorithm is None or child.signature_hash_algorithm.name in _HASHES
        child.verify_directly_issued_by(issuer)
        key = issuer.public_key()
    except (*UNREADABLE, InvalidSignature) as error:
        raise ProofInvalid(
            f"{what} was not issued by the next certificate",
            code="certificate-chain",
            expected=named(issuer),
            found=named(child.issuer),
        ) from error
    if not strong or (isinstance(key, rsa.RSAPublicKey) and key.key_size < _LEAST_RSA_BITS):
        raise ProofInvalid(f"{what} was signed with a weak algorithm", code="certificate-chain")


def check_authorities(path: Sequence[x509.Certificate], *, what: str, purpose: x509.ObjectIdentifier) -> None:
    """Return only if every certificate of `path` may issue, and was issued by the next one.

    Args:
        path: from the one that issues leaves to the anchor, which is believed as it is.
        what: its name for messages.
        purpose: the extended key usage that leaves will have; authorities that name usages have to name it.

    Raises:
        ProofInvalid: `certificate-chain`.
    """
    for below, certificate in enumerate(path):
        name = f"{what} certificate {below + 1}"
        check_extensions(certificate, what=name)
        basic: x509.BasicConstraints | None = extension(certificate, x509.BasicConstraints)
        usage: x509.KeyUsage | None = extension(certificate, x509.KeyUsage)
        purposes: x509.ExtendedKeyUsage | None = extension(certificate, x509.ExtendedKeyUsage)
        if basic is None or not basic.ca or (usage is not None and not usage.key_cert_sign):
            raise ProofInvalid(f"{name} may not issue certificates", code="certificate-chain", found=named(certificate))
        if basic.path_length is not None and basic.path_length < below:
            raise ProofInvalid(f"{name} may not stand so far up", code="certificate-chain", found=named(certificate))
        if purposes is not None and purpose not in purposes:
            raise ProofInvalid(f"{name} issues for other purposes", code="certificate-chain", found=named(certificate))
        if below + 1 < len(path):
            check_issued(certificate, path[below + 1], what=name)


def issuing_key(certificate: x509.Certificate) -> bytes:
    """DER SubjectPublicKeyInfo of a certificate; what SCTs name it by.

    Raises:
        MalformedEvidence: its key cannot be read, which nobody has noticed yet where it issued no other authority.
    """
    try:
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except UNREADABLE as error:
        raise MalformedEvidence(
            f"the certificate of {named(certificate)} holds no key", found=str(error)[:120]
        ) from error


def is_self_issued(certificate: x509.Certificate) -> bool:
    """Whether it names itself as issuer: a root."""
    return certificate.subject == certificate.issuer


def named(holder: x509.Certificate | x509.Name) -> str:
    """A certificate's subject, or a name, for messages."""
    name = holder.subject if isinstance(holder, x509.Certificate) else holder
    return name.rfc4514_string()[:160] or "an empty name"
