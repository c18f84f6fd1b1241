"""Holders of short-lived certificates that an operator named: an identity, and the pinned root that vouches for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from attest_registry.digest import Digest
from attest_registry.strict_json import to_compact_json

if TYPE_CHECKING:
    from attest.trust.certificate_identity import CertificateIdentity
    from attest.trust.roots import TrustedRoot


@dataclass(frozen=True, kw_only=True, slots=True)
class TrustedHolder:
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
