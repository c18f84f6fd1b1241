"""Who may have signed with a certificate: a subject and, always, the issuer that vouched for it.

A subject without its issuer is nobody: anybody can run an issuer that vouches for `alice@example.com`. A pattern is
always anchored at both ends (`subject_glob`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest.errors import PolicyError, SignerNotTrusted
from attest.trust.subject_glob import check_glob, matches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest.verify.fulcio import CertificateSigner

_STAR: Final = "*"


class SubjectKind(StrEnum):
    """As what a certificate names its holder."""

    EMAIL = "email"
    URI = "uri"
    USERNAME = "username"


class CertificateIdentity(Struct, frozen=True, kw_only=True):
    """Somebody whom the operator believes.

    Args:
        issuer: the OIDC issuer that vouched for the subject; compared exactly.
        subject: the e-mail address, URI (SPIFFE ids too) or user name; compared exactly.
        subject_glob: instead of `subject`: `*` stands for any text without `/` and `@`, `**` for any text.
        kind: as what the certificate has to name the subject; any kind when left out.
        extensions: what the issuer has to have said besides, by the field names of `FulcioExtensions`; exact, or a
            pattern where there is a star in it, such as `refs/tags/v*`.
    """

    issuer: str
    subject: str | None = None
    subject_glob: str | None = None
    kind: SubjectKind | None = None
    extensions: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse identities that would match nobody in particular."""
        if not self.issuer:
            raise PolicyError("an identity needs its issuer", code="issuer-missing", hint="name the OIDC issuer's URL")
        if bool(self.subject) == bool(self.subject_glob):
            raise PolicyError("an identity needs one subject", expected="either subject or subject_glob")
        if self.subject_glob:
            check_glob(self.subject_glob)
        if len(dict(self.extensions)) != len(self.extensions) or not all(all(pair) for pair in self.extensions):
            raise PolicyError("an identity's extensions need one value each")
        for _, value in self.extensions:
            if _STAR in value:
                check_glob(value)

    def check(self, signer: CertificateSigner) -> None:
        """Return only if `signer` is this identity.

        Raises:
            SignerNotTrusted: `issuer-mismatch`, `identity-mismatch` or `extension-mismatch`.
        """
        if signer.issuer != self.issuer:
            raise SignerNotTrusted(
                "the certificate's issuer is another one",
                code="issuer-mismatch",
                expected=self.issuer,
                found=signer.issuer[:200],
            )
        if (self.kind is not None and signer.kind is not self.kind) or not self._matches(signer.subject):
            raise SignerNotTrusted(
                "the certificate is somebody else's",
                code="identity-mismatch",
                expected=f"{self.subject or self.subject_glob}" + (f" ({self.kind})" if self.kind else ""),
                found=f"{signer.subject[:200]} ({signer.kind})",
            )
        self._check_extensions(signer.extensions.values)

    def _matches(self, subject: str) -> bool:
        if self.subject is not None:
            return subject == self.subject
        return matches(self.subject_glob or "", subject)

    def _check_extensions(self, said: Mapping[str, str]) -> None:
        for name, expected in self.extensions:
            found = said.get(name)
            if found is None or not (matches(expected, found) if _STAR in expected else found == expected):
                raise SignerNotTrusted(
                    f"the certificate says something else as {name.replace('_', ' ')}",
                    code="extension-mismatch",
                    expected=expected,
                    found="nothing" if found is None else found[:200],
                )
