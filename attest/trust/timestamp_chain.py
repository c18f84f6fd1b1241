"""A timestamp authority as its operator hands it out: one PEM file, the signing certificate first, its root last.

It becomes a trusted root that names this authority and nothing else, so that timestamps are checked in one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attest.errors import AttestError, InputError
from attest.trust.roots import TimestampAuthority, TrustedRoot
from attest.trust.window import Window
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509

_MOST_BYTES: Final = 256 * 1024
_MOST: Final = 16


def load_timestamp_chain(path: Path) -> TrustedRoot:
    """Read the file that the operator named.

    Raises:
        InputError: `bad-timestamp-chain`: it cannot be read, is no list of certificates, or they do not lead from the
            authority's own to the last.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise _bad(f"{path} cannot be read: {(error.strerror or 'unknown reason').lower()}") from error
    return parse_timestamp_chain(raw, what=str(path))


def parse_timestamp_chain(raw: bytes, *, what: str) -> TrustedRoot:
    """Read its content.

    Args:
        raw: PEM.
        what: its name for messages.

    Raises:
        InputError: as `load_timestamp_chain`.
    """
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415

    from attest.trust.x509_path import UNREADABLE, load_certificate  # noqa: PLC0415

    try:
        encoded = [each.public_bytes(Encoding.DER) for each in load_pem_x509_certificates(raw[:_MOST_BYTES])]
        several = [load_certificate(der, what=what) for der in encoded]
    except (*UNREADABLE, AttestError) as error:
        raise _bad(f"{what} holds no certificate", expected="PEM with -----BEGIN CERTIFICATE-----") from error
    if len(raw) > _MOST_BYTES or len(several) > _MOST:
        raise _bad(f"{what} is no short list of certificates", expected=f"at most {_MOST}")
    _check(what, several)
    leaf, *above = several
    authority = TimestampAuthority(
        uri=leaf.subject.rfc4514_string()[:160] or what,
        leaf=leaf,
        path=tuple(above),
        window=Window(start=leaf.not_valid_before_utc, end=leaf.not_valid_after_utc),
    )
    return TrustedRoot(
        digest=Digest.of(b"".join(encoded)),
        certificate_authorities=(),
        logs=(),
        certificate_logs=(),
        timestamp_authorities=(authority,),
    )


def _check(what: str, several: list[x509.Certificate]) -> None:
    from cryptography import x509  # noqa: PLC0415
    from cryptography.x509.oid import ExtendedKeyUsageOID  # noqa: PLC0415

    from attest.trust.x509_path import check_authorities, check_issued, extension  # noqa: PLC0415

    leaf, *above = several
    purposes: x509.ExtendedKeyUsage | None = extension(leaf, x509.ExtendedKeyUsage)
    if purposes is None or ExtendedKeyUsageOID.TIME_STAMPING not in purposes:
        raise _bad(
            f"the first certificate of {what} is not one for timestamps",
            expected="the authority's own first, then those above it",
        )
    try:
        if above:
            check_issued(leaf, above[0], what="the authority's own certificate")
            check_authorities(above, what="the authority's", purpose=ExtendedKeyUsageOID.TIME_STAMPING)
    except AttestError as error:
        raise _bad(f"{what}: {error.message}", expected=error.expected, found=error.found) from error


def _bad(message: str, *, expected: str | None = None, found: str | None = None) -> InputError:
    return InputError(message, code="bad-timestamp-chain", expected=expected, found=found)
