"""Holders of certificates that an operator named: an identity, and the pinned root or authority that vouches for it.

`TrustedHolder` has the short-lived certificates of a Sigstore, `PkiHolder` those of an authority of one's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from attest_registry.digest import Digest
from attest_registry.strict_json import to_compact_json

if TYPE_CHECKING:
    from attest.trust.certificate_identity import CertificateIdentity
    from attest.trust.private_pki import PrivateAuthority, PrivateIdentity
    from attest.trust.roots import TrustedRoot


class TrustedHolder(Struct, frozen=True, kw_only=True):
    """Somebody who signs with certificates, with the name that the operator gave him.

    Args:
        name: the operator's name for him.
        identity: as what his certificates name him, and who has to have vouched for that.
        root: the certificate authorities, logs and timestamp authorities that are believed.
        origin: where the root came from, for messages.
    """

    name: str
    identity: CertificateIdentity
    root: TrustedRoot
    origin: str

    @property
    def fingerprint(self) -> Digest:
        """What tells him from others: digest of identity and root."""
        return Digest.of(to_compact_json(self.to_json()))

    @property
    def title(self) -> str:
        """What people see: `alice@example.com via https://accounts.example.com`."""
        return f"{self.identity.subject or self.identity.subject_glob} via {self.identity.issuer}"

    def to_json(self) -> dict[str, object]:
        """What a policy's digest covers of him."""
        identity = self.identity
        return {
            "issuer": identity.issuer,
            "subject": identity.subject,
            "subject-glob": identity.subject_glob,
            "kind": None if identity.kind is None else identity.kind.value,
            "extensions": dict(sorted(identity.extensions)),
            "root": str(self.root.digest),
        }


class PkiHolder(Struct, frozen=True, kw_only=True):
    """Somebody who signs with certificates of a private authority, with the name that the operator gave him.

    Args:
        name: the operator's name for him.
        identity: as what his certificates name him.
        authority: the certificates that are believed.
        root: whose logs and timestamp authorities prove times; `None` where nobody's do.
        time_required: whether a proven time is demanded. Without one, his certificates count while they are valid.
        any_usage: whether certificates count that name no purpose; else they have to name the signing of code.
        origin: where the authority came from, for messages.
    """

    name: str
    identity: PrivateIdentity
    authority: PrivateAuthority
    origin: str
    root: TrustedRoot | None = None
    time_required: bool = True
    any_usage: bool = False

    @property
    def fingerprint(self) -> Digest:
        """What tells him from others: digest of identity and authority."""
        return Digest.of(to_compact_json(self.to_json()))

    @property
    def title(self) -> str:
        """What people see: `release@acme.example by authority sha256:7d1c8f20b4e1`."""
        return f"{self.identity.subject or self.identity.subject_glob} by authority {self.authority.digest.short}"

    def to_json(self) -> dict[str, object]:
        """What a policy's digest covers of him."""
        identity = self.identity
        return {
            "subject": identity.subject,
            "subject-glob": identity.subject_glob,
            "kind": identity.said_as.value,
            "authority": str(self.authority.digest),
            "time": "required" if self.time_required else "not-required",
            "usage": "any" if self.any_usage else "code-signing",
            "root": None if self.root is None else str(self.root.digest),
        }
