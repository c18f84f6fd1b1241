"""A signing key's certificate with the authorities above it, as people have them in files, checked before it signs.

Every fault of theirs is the signer's to mend, so each is told to him and not to whoever verifies: a certificate of
another key, one that is not for signing code, one that does not count now, a chain with a gap.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from msgspec import Struct

from attest.errors import AttestError, InputError
from attest.signing.fingerprint import fingerprint
from attest.trust.private_pki import NameKind, PrivateIdentity
from attest.trust.times import shown
from attest.trust.x509_path import UNREADABLE, check_authorities, named
from attest.verify.by_private_pki import read_names
from attest.verify.certificates import read_certificate
from attest.verify.sigstore_bundle import CertificateChain

if TYPE_CHECKING:
    from pathlib import Path

    from attest.signing.algorithms import PublicKey

_MOST_BYTES: Final = 256 * 1024
_MOST: Final = 16
_PREFERRED: Final = (NameKind.EMAIL, NameKind.URI, NameKind.NAME, NameKind.DNS)


class SigningChain(Struct, frozen=True, kw_only=True):
    """A certificate that may sign code now, and who vouches for it.

    Args:
        leaf: the signing key's certificate.
        above: each issued the one before; the last is a root, or issued by one that verifiers have.
    """

    leaf: x509.Certificate
    above: tuple[x509.Certificate, ...]

    @classmethod
    def load(cls, certificate: Path, chain: Path | None = None, *, now: datetime | None = None) -> Self:
        """Read the files.

        Args:
            certificate: PEM; more certificates in it belong to the chain.
            chain: PEM of the certificates above it, in any order.
            now: the time at which all have to count; the present when left out.

        Raises:
            InputError: `bad-certificate`: they are none, not for signing code, do not count now, or do not lead from
                one to the next; `certificate-chain-missing`: nobody vouches for the certificate.
        """
        leaf, *rest = _read(certificate)
        rest += [] if chain is None else _read(chain)
        found = cls(leaf=leaf, above=_in_order(leaf, [each for each in dict.fromkeys(rest) if each != leaf]))
        if not found.above:
            raise InputError(
                f"nothing says who vouches for the certificate of {named(leaf)}",
                code="certificate-chain-missing",
                expected=f"the certificate of {named(leaf.issuer)}, and of those above it",
                hint="--certificate-chain CHAIN.pem names them",
            )
        found._check(now or datetime.now(UTC))
        return found

    def check_key(self, key: PublicKey) -> None:
        """Return only if the certificate is this key's.

        Raises:
            InputError: `certificate-key-mismatch`.
        """
        own, theirs = fingerprint(key), fingerprint(self.leaf.public_key())
        if not own.matches(theirs):
            raise InputError(
                f"the certificate of {named(self.leaf)} belongs to another key than the one that signs",
                code="certificate-key-mismatch",
                expected=f"a certificate of key {own.short}",
                found=f"one of key {theirs.short}",
            )

    @property
    def der(self) -> list[bytes]:
        """All of them, the leaf first."""
        return [each.public_bytes(Encoding.DER) for each in (self.leaf, *self.above)]

    @property
    def title(self) -> str:
        """For people: whose it is, and by whom."""
        return f"certificate of {named(self.leaf)} (by {named(self.leaf.issuer)})"

    @property
    def identity(self) -> PrivateIdentity:
        """Its holder as verifiers name him, by the shortest of his names."""
        names = read_names(self.leaf)
        kind = next(each for each in _PREFERRED if names.get(each))
        return PrivateIdentity(subject=names[kind][0], kind=kind)

    def _check(self, now: datetime) -> None:
        leaf, *above = self.der
        try:
            if not read_names(self.leaf):
                raise _bad("the certificate names nobody, so that nobody could ask for its holder")
            read_certificate(CertificateChain(leaf=leaf, above=tuple(above)), private=True)
            check_authorities(self.above, what="the chain's", purpose=ExtendedKeyUsageOID.CODE_SIGNING)
        except AttestError as error:
            raise _bad(error.message, expected=error.expected, found=error.found) from error
        for each in (self.leaf, *self.above):
            start, end = each.not_valid_before_utc, each.not_valid_after_utc
            if not start <= now <= end:
                raise _bad(
                    f"the certificate of {named(each)} does not count now",
                    expected=f"{shown(start)} to {shown(end)}",
                    found=shown(now),
                )


def _read(path: Path) -> list[x509.Certificate]:
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
        if len(raw) > _MOST_BYTES:
            raise _bad(f"{path} is too large for certificates", expected=f"at most {_MOST_BYTES} bytes")
        found = x509.load_pem_x509_certificates(raw)
    except OSError as error:
        raise _bad(f"{path} cannot be read: {(error.strerror or 'unknown reason').lower()}") from error
    except UNREADABLE as error:
        raise _bad(f"{path} holds no certificate", expected="PEM with -----BEGIN CERTIFICATE-----") from error
    if len(found) > _MOST:
        raise _bad(f"{path} holds too many certificates", expected=f"at most {_MOST}", found=str(len(found)))
    return found


def _in_order(leaf: x509.Certificate, several: list[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """OMS 4.1: the leaf is followed by its chain; readers take each for issued by the next."""
    path = [leaf]
    while several:
        issuer = next((each for each in several if _issued(path[-1], each)), None)
        if issuer is None:
            raise _bad(
                "the certificates of the chain do not lead from one to the next",
                expected=f"the certificate of {named(path[-1].issuer)}",
                found=", ".join(named(each) for each in several[:5]),
            )
        several.remove(issuer)
        path.append(issuer)
    return tuple(path[1:])


def _issued(child: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        child.verify_directly_issued_by(issuer)
    except (*UNREADABLE, InvalidSignature):
        return False
    return True


def _bad(message: str, *, expected: str | None = None, found: str | None = None) -> InputError:
    return InputError(message, code="bad-certificate", expected=expected, found=found)
