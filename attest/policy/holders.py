"""The identities of a policy document that are holders of certificates: of a Sigstore's, or of a private authority's.

ci: {issuer: "https://token.actions.githubusercontent.com", subject: "https://github.com/acme/…@refs/heads/main",
     extensions: {source-repository-identifier: "4711", runner-environment: github-hosted}}
release: {root: acme-ca.pem, subject-glob: "*@acme.example", kind: email, time: not-required}
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from attest.errors import AttestError, PolicyError
from attest.policy.identities import PKI_KEYS, SIGSTORE_KEYS, no_root, read_plain, read_time_demand
from attest.policy.key_rows import EXTENSIONS, TABLE
from attest.policy.reading import read_word
from attest.strict_yaml import dotted
from attest.trust.certificate_identity import CertificateIdentity, SubjectKind
from attest.trust.managed_key import TimeDemand
from attest.trust.private_pki import NameKind, PrivateAuthority, PrivateIdentity
from attest.trust.trusted_holder import PkiHolder, TrustedHolder
from attest.written_path import written_path

if TYPE_CHECKING:
    from attest.policy.identities import Beside
    from attest.strict_yaml import Document
    from attest.trust.signatory import CertificateHolder

Word = TypeVar("Word", bound="StrEnum")


class Usage(StrEnum):
    """What a certificate of a private authority has to be for. The words stand in policies."""

    CODE_SIGNING = "code-signing"
    ANY = "any"  # those too that name no purpose; never those for other purposes alone


def read_holder(document: Document, name: str, value: dict[str, Any], beside: Beside) -> CertificateHolder:
    """Somebody who signs with certificates.

    Args:
        document: the policy.
        name: what it calls him.
        value: what it says of him; its keys are all known ones.
        beside: the folder and the trusted root of the policy.

    Raises:
        PolicyError: anything about it is not understood, or would match nobody in particular.
    """
    path = ("identities", name)
    if "root" in value:
        return _pki(document, path, value, beside)
    document.check_keys(path, value, SIGSTORE_KEYS)
    if "issuer" not in value:
        raise document.error(
            path,
            f"{dotted(path)} says not who vouches for the subject",
            code="missing-key",
            expected="issuer: URL (Sigstore), or root: FILE (an authority of your own)",
        )
    return _sigstore(document, path, value, beside)


def _sigstore(document: Document, path: tuple[str, ...], value: dict[str, Any], beside: Beside) -> TrustedHolder:
    try:
        identity = CertificateIdentity(
            issuer=read_plain(document, (*path, "issuer"), value["issuer"]),
            subject=_optional(document, path, value, "subject"),
            subject_glob=_optional(document, path, value, "subject-glob"),
            kind=_kind(document, path, value, SubjectKind),
            extensions=_extensions(document, path, value),
        )
    except PolicyError as error:
        raise _unfit(document, path, error) from error
    if beside.root is None or not beside.root.certificate_authorities:
        raise no_root(document, path, "an identity with an issuer")
    return TrustedHolder(name=path[-1], identity=identity, root=beside.root, origin=beside.origin)


def _pki(document: Document, path: tuple[str, ...], value: dict[str, Any], beside: Beside) -> PkiHolder:
    document.check_keys(path, value, PKI_KEYS)
    try:
        identity = PrivateIdentity(
            subject=_optional(document, path, value, "subject"),
            subject_glob=_optional(document, path, value, "subject-glob"),
            kind=_kind(document, path, value, NameKind),
        )
    except PolicyError as error:
        raise _unfit(document, path, error) from error
    required = read_time_demand(document, path, value) is not TimeDemand.NOT_REQUIRED
    file = read_plain(document, (*path, "root"), value["root"])
    try:
        origin, authority = _authority(file, beside, document.what)
    except AttestError as error:
        raise document.error(
            (*path, "root"), error.message, code="bad-authority", expected=error.expected, hint=error.hint
        ) from error
    if required and beside.root is None:
        raise no_root(document, path, "a proven time")
    return PkiHolder(
        name=path[-1],
        identity=identity,
        authority=authority,
        origin=origin,
        root=beside.root,
        time_required=required,
        any_usage="usage" in value and read_word(document, (*path, "usage"), value["usage"], Usage) is Usage.ANY,
    )


def _authority(text: str, beside: Beside, what: str) -> tuple[str, PrivateAuthority]:
    if beside.folder is None:
        return what, PrivateAuthority.parse(text.encode("utf-8"), what=what)
    place = beside.folder / written_path(text)
    return str(place), PrivateAuthority.load(place)


def _unfit(document: Document, path: tuple[str, ...], error: PolicyError) -> AttestError:
    """The same error with its place in the document; errors that have one already stay as they are."""
    if error.code.startswith("policy-"):
        return error
    return document.error(path, error.message, code="bad-identity", expected=error.expected)


def _optional(document: Document, path: tuple[str, ...], value: dict[str, Any], key: str) -> str | None:
    return read_plain(document, (*path, key), value[key]) if key in value else None


def _kind(document: Document, path: tuple[str, ...], value: dict[str, Any], known: type[Word]) -> Word | None:
    return read_word(document, (*path, "kind"), value["kind"], known) if "kind" in value else None


def _extensions(document: Document, path: tuple[str, ...], value: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    if "extensions" not in value:
        return ()
    where = (*path, "extensions")
    said = TABLE.checked(document, where, value["extensions"])
    if not said:
        raise document.error(
            where, f"{dotted(where)} demands nothing", code="empty-list", expected=", ".join(EXTENSIONS)
        )
    return tuple((key.replace("-", "_"), read_plain(document, (*where, key), said[key])) for key in sorted(said))
