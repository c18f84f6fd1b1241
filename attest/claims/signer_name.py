"""How claims of our own name a signer: by a key, or by what the issuer of a login says (docs/formats.md, `by`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from msgspec import Struct

from attest.claims import fields
from attest.errors import MalformedEvidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest_registry.digest import Digest


class SignerName(Struct, frozen=True, kw_only=True):
    """A signer, as a claim names him.

    Args:
        key: SHA-256 of his public key's DER SubjectPublicKeyInfo; `None` for those who sign with a login.
        issuer: who vouched for the login.
        subject: as what.
    """

    key: Digest | None = None
    issuer: str | None = None
    subject: str | None = None

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Self:
        """Read one.

        Raises:
            MalformedEvidence: it is neither a key nor a login, or something besides.
        """
        if "key" in value:
            fields.only(value, {"key"}, "fields of a signer")
            named = fields.mapping(value, "key")
            fields.only(named, {"sha256"}, "fields of a key")
            key = fields.sha256({"digest": named})
            if key is None:
                raise MalformedEvidence("a signer's key needs a digest", expected='{"sha256": …}')
            return cls(key=key)
        fields.only(value, {"issuer", "subject"}, "fields of a signer")
        return cls(issuer=fields.text(value, "issuer"), subject=fields.text(value, "subject"))

    @property
    def title(self) -> str:
        """What people see: `key sha256:7d1c8f20b4e1`, or `alice@example.com via https://accounts.example.com`."""
        return f"key {self.key.short}" if self.key is not None else f"{self.subject} via {self.issuer}"

    def to_json(self) -> dict[str, Any]:
        """As it stands in a claim."""
        if self.key is not None:
            return {"key": {"sha256": self.key.hex}}
        return {"issuer": self.issuer, "subject": self.subject}
