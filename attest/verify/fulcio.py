"""What a Fulcio certificate says about its holder (Fulcio, "OID information"). Read, not judged: trust decides that.

The issuer stands in two extensions. The second is proper DER and is what counts; the first is raw text from older days
and must not contradict it. A certificate that says anything twice, or in bytes with more than one reading, is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography import x509
from msgspec import Struct

from attest.errors import ProofInvalid
from attest.trust.certificate_identity import SubjectKind
from attest.trust.x509_path import UNREADABLE, extension

if TYPE_CHECKING:
    from collections.abc import Mapping

_ARC: Final = "1.3.6.1.4.1.57264.1."
_USERNAME: Final = x509.ObjectIdentifier(f"{_ARC}7")
_ISSUER_V1, _ISSUER_V2 = 1, 8
_UTF8_STRING: Final = 0x0C
_LONG_FORM: Final = 0x80
_LONGEST: Final = 4096
_RAW: Final[dict[int, str]] = {
    2: "github_workflow_trigger",
    3: "github_workflow_sha",
    4: "github_workflow_name",
    5: "github_workflow_repository",
    6: "github_workflow_ref",
}
_DER: Final[dict[int, str]] = {
    9: "build_signer_uri",
    10: "build_signer_digest",
    11: "runner_environment",
    12: "source_repository_uri",
    13: "source_repository_digest",
    14: "source_repository_ref",
    15: "source_repository_identifier",
    16: "source_repository_owner_uri",
    17: "source_repository_owner_identifier",
    18: "build_config_uri",
    19: "build_config_digest",
    20: "build_trigger",
    21: "run_invocation_uri",
    22: "source_repository_visibility",
}
EXTENSION_NAMES: Final = frozenset({*_RAW.values(), *_DER.values()})
_NUMBERS: Final = {
    x509.ObjectIdentifier(f"{_ARC}{number}"): number for number in (_ISSUER_V1, _ISSUER_V2, *_RAW, *_DER)
}


class FulcioExtensions(Struct, frozen=True, kw_only=True):
    """What the issuer said about the run that signed: GitHub's and GitLab's claims under Fulcio's common names.

    Args:
        values: by name; see `EXTENSION_NAMES`. Absent ones are absent. Do not change it.
    """

    values: Mapping[str, str]

    def get(self, name: str) -> str | None:
        """One value."""
        return self.values.get(name)


class CertificateSigner(Struct, frozen=True, kw_only=True):
    """The holder of a certificate, as the certificate says it.

    Args:
        subject: e-mail address, URI or user name.
        kind: which of these.
        issuer: the OIDC issuer that vouched for it.
        extensions: what it said besides.
    """

    subject: str
    kind: SubjectKind
    issuer: str
    extensions: FulcioExtensions


def vouched_for(certificate: x509.Certificate) -> bool:
    """Whether it names an OIDC issuer, as those of a Sigstore do and those of other authorities do not."""
    return any(_NUMBERS.get(each.oid) in {_ISSUER_V1, _ISSUER_V2} for each in certificate.extensions)


def read_signer(certificate: x509.Certificate) -> CertificateSigner:
    """The holder of a certificate whose path was checked.

    Raises:
        ProofInvalid: `certificate-identity`: it names nobody, several, or says one thing in two ways.
    """
    try:
        subject, kind = _subject(certificate)
        said = _extensions(certificate)
    except UNREADABLE as error:
        raise _unclear("cannot be read", found=str(error)[:120]) from error
    issuer = _issuer(said)
    values = {_RAW[number]: _raw_text(value) for number, value in said.items() if number in _RAW}
    values |= {_DER[number]: _text(value) for number, value in said.items() if number in _DER}
    return CertificateSigner(subject=subject, kind=kind, issuer=issuer, extensions=FulcioExtensions(values=values))


def _subject(certificate: x509.Certificate) -> tuple[str, SubjectKind]:
    names: x509.SubjectAlternativeName | None = extension(certificate, x509.SubjectAlternativeName)
    listed = list(names) if names is not None else []
    if len(listed) != 1:
        raise _unclear("names nobody in particular", expected="1 subject", found=str(len(listed)))
    match listed[0]:
        case x509.RFC822Name(value=value):
            found, kind = value, SubjectKind.EMAIL
        case x509.UniformResourceIdentifier(value=value):
            found, kind = value, SubjectKind.URI
        case x509.OtherName(type_id=type_id, value=encoded) if type_id == _USERNAME:
            found, kind = _text(encoded), SubjectKind.USERNAME
        case other:
            raise _unclear(
                "names its holder otherwise", expected="e-mail, URI or user name", found=type(other).__name__
            )
    if not found or not found.isprintable() or len(found) > _LONGEST:
        raise _unclear("names its holder in characters that cannot be shown", found=repr(found)[:120])
    return found, kind


def _extensions(certificate: x509.Certificate) -> dict[int, bytes]:
    """Fulcio's own ones, by the last number of their OID."""
    return {
        _NUMBERS[each.oid]: each.value.value
        for each in certificate.extensions
        if each.oid in _NUMBERS and isinstance(each.value, x509.UnrecognizedExtension)
    }


def _issuer(said: Mapping[int, bytes]) -> str:
    old = _raw_text(said[_ISSUER_V1]) if _ISSUER_V1 in said else None
    new = _text(said[_ISSUER_V2]) if _ISSUER_V2 in said else None
    if old is not None and new is not None and old != new:
        raise _unclear("names two issuers", expected=new[:120], found=old[:120])
    issuer = new or old
    if not issuer:
        raise _unclear("names no issuer", expected=f"extension {_ARC}{_ISSUER_V2}")
    return issuer


def _text(encoded: bytes) -> str:
    """A DER UTF8String, whole, with its length in the shortest form."""
    if len(encoded) < 2 or encoded[0] != _UTF8_STRING:  # noqa: PLR2004  # tag and length
        raise _unclear("holds a value that is no DER text", found=encoded[:20].hex())
    length, start = encoded[1], 2
    if length >= _LONG_FORM:
        start += length - _LONG_FORM
        length = int.from_bytes(encoded[2:start], "big")
    if encoded != bytes([_UTF8_STRING]) + _der_length(length) + encoded[start:] or len(encoded) - start != length:
        raise _unclear("holds a value that is no DER text", found=encoded[:20].hex())
    return _raw_text(encoded[start:])


def _der_length(length: int) -> bytes:
    if length < _LONG_FORM:
        return bytes([length])
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([_LONG_FORM + len(digits)]) + digits


def _raw_text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unclear("holds a value that is no text", found=value[:20].hex()) from error


def _unclear(what: str, *, expected: str | None = None, found: str | None = None) -> ProofInvalid:
    return ProofInvalid(f"the certificate {what}", code="certificate-identity", expected=expected, found=found)
