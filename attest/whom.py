"""What a person types about whom to trust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Whom:
    """Whom to trust, as it was typed.

    Args:
        key: a public key file.
        policy: a policy file.
        allow_code: code-bearing files that are accepted beside a key or identity.
        identity: subject of a certificate: e-mail address, URI or user name.
        issuer: URL of the OIDC issuer that has to have vouched for it.
        trusted_root: pinned trusted root that vouches for the certificates.
    """

    key: str | Path | None = None
    policy: str | Path | None = None
    allow_code: tuple[str, ...] = ()
    identity: str | None = None
    issuer: str | None = None
    trusted_root: str | Path | None = None

    @property
    def short_form(self) -> bool:
        """Whether one key or one identity was typed instead of a policy."""
        return self.key is not None or self.identity is not None or self.issuer is not None
