"""What a person types about whom to trust."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path


class Whom(Struct, frozen=True, kw_only=True):
    """Whom to trust, as it was typed.

    Args:
        key: a public key file.
        policy: a policy file.
        allow_code: code-bearing files that are accepted beside a key or identity.
        identity: subject of a certificate: e-mail address, URI or user name.
        issuer: URL of the OIDC issuer that has to have vouched for it.
        trusted_root: pinned trusted root that vouches for the certificates.
        root: certificates of a private authority, which vouches for them in its place.
        tsa_chain: with `root` or `key`: certificates of the timestamp authority that proves times.
        accept_unproven_time: with `root`: whether a signature counts that nothing proves the time of.
        accept_any_usage: with `root`: whether a certificate counts that names no purpose.
    """

    key: str | Path | None = None
    policy: str | Path | None = None
    allow_code: tuple[str, ...] = ()
    identity: str | None = None
    issuer: str | None = None
    trusted_root: str | Path | None = None
    root: str | Path | None = None
    tsa_chain: str | Path | None = None
    accept_unproven_time: bool = False
    accept_any_usage: bool = False

    @property
    def short_form(self) -> bool:
        """Whether one key or one identity was typed instead of a policy."""
        return any(each is not None for each in (self.key, self.identity, self.issuer, self.root))
