"""Evidence: the bytes of a bundle and where they came from. Nothing in here has been verified."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from attest_registry.digest import Digest

BUNDLE_MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"


class Evidence(Struct, frozen=True, kw_only=True):
    """A Sigstore bundle at rest.

    Args:
        raw: the bundle's bytes.
        origin: where it was found, for messages: a referrer's digest or a file's name.
    """

    raw: bytes
    origin: str

    @property
    def digest(self) -> Digest:
        """The digest of the bytes. Bundles are malleable: this names a copy, not a claim."""
        return Digest.of(self.raw)
