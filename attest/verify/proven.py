"""What a verified bundle proves: who signed what, when at the latest it existed, and where that was made public."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest.trust.times import shown

if TYPE_CHECKING:
    from datetime import datetime

    from attest.trust.managed_key import ManagedKey
    from attest.trust.private_pki import NameKind
    from attest.trust.window import Span
    from attest.verify.fulcio import CertificateSigner
    from attest_registry.digest import Digest

_SEAL: Final = object()


class TimeSource(StrEnum):
    """Who vouches for a time."""

    LOG = "transparency log"
    TIMESTAMP = "timestamp authority"


class ProvenTime(Struct, frozen=True, kw_only=True):
    """A moment at which the signature existed.

    Args:
        moment: when.
        source: by what kind of witness.
        witness: which one: its address in the trusted root.
    """

    moment: datetime
    source: TimeSource
    witness: str

    def __str__(self) -> str:
        return f"{shown(self.moment)} ({self.source} {self.witness})"

    def to_json(self) -> dict[str, str]:
        """For documents that commands print."""
        return {"moment": shown(self.moment), "source": self.source.value, "witness": self.witness}


class Logged(Struct, frozen=True, kw_only=True):
    """Where a signature was made public.

    Args:
        log: the log's address in the trusted root.
        origin: the name under which it signed its checkpoint.
        index: of the entry, in the tree of that checkpoint.
        size: of that tree.
    """

    log: str
    origin: str
    index: int
    size: int


class PkiSigner(Struct, frozen=True, kw_only=True):
    """The holder of a private authority's certificate, as the certificate says it.

    Args:
        subject: the name by which he was recognised.
        kind: as what the certificate says it.
        key: SHA-256 of his public key's DER SubjectPublicKeyInfo.
    """

    subject: str
    kind: NameKind
    key: Digest


class VerifiedBundle(Struct, frozen=True, kw_only=True):
    """A bundle whose signature, signer, times and log entry hold. Constructing one outside `attest.verify` fails.

    Args:
        signer: who signed: the holder of a certificate, or of a key that the operator named.
        payload: the signed words; `None` where a bare digest was signed.
        payload_type: their type; `None` there too.
        message: the digest of the bare words; `None` for an envelope.
        times: when it existed, proven; earliest first.
        logged: where it was made public; `None` where that was not demanded and not there.
        certificate: digest of the signing certificate; `None` for keys.
        counts: when the signer counts. Where no time is proven, whoever has a clock owes a look at it.
        unchecked: how many log entries and timestamps the bundle brings that nothing was there to check against.
    """

    signer: CertificateSigner | ManagedKey | PkiSigner
    payload: bytes | None
    payload_type: str | None
    message: Digest | None
    times: tuple[ProvenTime, ...]
    logged: Logged | None
    certificate: Digest | None = None
    counts: Span | None = None
    unchecked: int = 0
    seal: object = None

    def __post_init__(self) -> None:
        """Refuse to exist unless a verifier made it."""
        if self.seal is not _SEAL:
            raise TypeError("verified bundles are made by attest.verify only")
