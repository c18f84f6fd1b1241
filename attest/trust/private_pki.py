"""A certificate authority of one's own, outside Sigstore, and whom it may name: pinned PEM in, frozen values out.

What Fulcio has and such an authority has not: an issuer that vouched for a login, and a log of what was issued. So all
rests on the pinned certificates, and on a subject that always has to be named: without one, every server certificate
of the company would sign models (model_signing's certificate method asks for none).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

from msgspec import Struct

from attest.errors import AttestError, InputError, PolicyError, SignerNotTrusted
from attest.trust.subject_glob import check_glob, matches
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryptography import x509

_MOST_BYTES: Final = 256 * 1024
_MOST_ANCHORS: Final = 16


class NameKind(StrEnum):
    """As what a certificate of a private authority names its holder."""

    EMAIL = "email"
    URI = "uri"
    DNS = "dns"
    NAME = "name"  # the distinguished name, RFC 4514, as in `CN=release,O=Acme`


class PrivateIdentity(Struct, frozen=True, kw_only=True):
    """Somebody whom certificates of a private authority name.

    Args:
        subject: the name; compared exactly.
        subject_glob: instead of `subject`: a pattern, see `subject_glob`. Not for distinguished names, whose commas no
            star minds.
        kind: as what the certificate has to say it; read off the name when left out.
    """

    subject: str | None = None
    subject_glob: str | None = None
    kind: NameKind | None = None

    def __post_init__(self) -> None:
        """Refuse identities that would match nobody in particular."""
        if bool(self.subject) == bool(self.subject_glob):
            raise PolicyError("an identity needs one subject", expected="either subject or subject_glob")
        if self.subject_glob:
            check_glob(self.subject_glob)
            if self.said_as is NameKind.NAME:
                raise PolicyError(
                    "a distinguished name is compared whole", code="identity-too-wide", expected="the exact subject"
                )

    @property
    def said_as(self) -> NameKind:
        """The kind; where none was given, what the name looks like. One name never counts as two kinds."""
        if self.kind is not None:
            return self.kind
        text = self.subject or self.subject_glob or ""
        if "://" in text:
            return NameKind.URI
        if "=" in text:
            return NameKind.NAME
        return NameKind.EMAIL if "@" in text else NameKind.DNS

    def find(self, names: Mapping[NameKind, Sequence[str]]) -> str:
        """The name by which a certificate is this identity.

        Args:
            names: all that the certificate says, by kind.

        Raises:
            SignerNotTrusted: `identity-mismatch`: none is it.
        """
        for name in names.get(self.said_as, ()):
            if name == self.subject or (self.subject_glob and matches(self.subject_glob, name)):
                return name
        said = [f"{name} ({kind})" for kind, several in names.items() for name in several]
        raise SignerNotTrusted(
            "the certificate is somebody else's",
            code="identity-mismatch",
            expected=f"{self.subject or self.subject_glob} ({self.said_as})",
            found=", ".join(said)[:300] or "a certificate without a name",
        )


class PrivateAuthority(Struct, frozen=True, kw_only=True):
    """The certificates that are believed as they are; whatever they issued, directly or through others, is theirs.

    Args:
        digest: of their DER, in the order of the file: to pin and to show.
        anchors: the certificates.
    """

    digest: Digest
    anchors: tuple[x509.Certificate, ...]

    @classmethod
    def parse(cls, raw: bytes, *, what: str) -> Self:
        """Read PEM.

        Args:
            raw: one certificate or several.
            what: its name for messages.

        Raises:
            InputError: `bad-authority`: no certificate, one that may not issue, or something else beside them.
        """
        from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415
        from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415
        from cryptography.x509.oid import ExtendedKeyUsageOID  # noqa: PLC0415

        from attest.trust.x509_path import UNREADABLE, check_authorities, load_certificate  # noqa: PLC0415

        if b"PRIVATE KEY" in raw:
            raise _bad(f"{what} holds a private key", expected="certificates alone")
        try:
            encoded = [each.public_bytes(Encoding.DER) for each in load_pem_x509_certificates(raw)]
            if not 1 <= len(encoded) <= _MOST_ANCHORS or len(set(encoded)) != len(encoded):
                raise _bad(f"{what} is no short list of certificates", expected=f"1 to {_MOST_ANCHORS}, each once")
            anchors = tuple(load_certificate(der, what=what) for der in encoded)
            for anchor in anchors:
                check_authorities((anchor,), what=what, purpose=ExtendedKeyUsageOID.CODE_SIGNING)
        except UNREADABLE as error:
            raise _bad(f"{what} holds no certificate", expected="PEM with -----BEGIN CERTIFICATE-----") from error
        except InputError:
            raise
        except AttestError as error:
            raise _bad(error.message, expected="a certificate authority", found=error.found) from error
        return cls(digest=Digest.of(b"".join(encoded)), anchors=anchors)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file that the operator pinned.

        Raises:
            InputError: `authority-not-found`, or as `parse`.
        """
        try:
            with path.open("rb") as file:
                raw = file.read(_MOST_BYTES + 1)
        except OSError as error:
            raise InputError(
                f"{path} cannot be read: {error.strerror}",
                code="authority-not-found",
                expected="a certificate authority's certificate, PEM",
            ) from error
        if len(raw) > _MOST_BYTES:
            raise _bad(f"{path} is too large", expected=f"at most {_MOST_BYTES} bytes")
        return cls.parse(raw, what=str(path))


def _bad(message: str, *, expected: str, found: str | None = None) -> InputError:
    return InputError(message, code="bad-authority", expected=expected, found=found)
