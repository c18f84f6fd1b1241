"""Facts: claims whose signature, signer and subject were verified. Only this package makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from attest.claims.log_checkpoint import Checkpoint
    from attest.claims.mlbom import MLBOM
    from attest.claims.provenance import Provenance
    from attest.claims.revocations import Revocations
    from attest.claims.signature import ModelSignature
    from attest.claims.statement import Statement
    from attest.claims.vsa import Summary
    from attest.errors import AttestError
    from attest.evidence.evidence import Evidence
    from attest.trust.signatory import Signatory
    from attest.trust.window import Span
    from attest.verify.proven import ProvenTime, VerifiedBundle

    Claim = ModelSignature | Provenance | MLBOM | Revocations | Summary | Checkpoint

_SEAL: Final = object()


class Fact(Struct, frozen=True, kw_only=True):
    """A verified claim. Constructing one outside `attest.verify` fails.

    Args:
        statement: what was said, with the signed bytes.
        signer: the trusted key, or holder of a certificate, that said it.
        evidence: the bundle it came from.
        claim: the predicate as its own type; `None` for types that no rule of ours reads.
        claimed_time: when the signer says it was said, RFC 3339; nobody else confirms it.
        proven: what its certificate, log entry and timestamps prove besides; `None` for a bare key.
        counts: when the signer counts, where that has an end; held against the clock where no time is proven.
        unchecked: how many log entries and timestamps the bundle brings that nothing was there to check against.
    """

    statement: Statement
    signer: Signatory
    evidence: Evidence
    claim: Claim | None = None
    claimed_time: str | None = None
    proven: VerifiedBundle | None = None
    counts: Span | None = None
    unchecked: int = 0
    seal: object = None

    def __post_init__(self) -> None:
        """Refuse to exist unless the verifier made it."""
        if self.seal is not _SEAL:
            raise TypeError("facts are made by attest.verify only")

    @property
    def times(self) -> tuple[ProvenTime, ...]:
        """When it was said, as far as that is proven; earliest first."""
        return () if self.proven is None else self.proven.times


class Rejected(Struct, frozen=True, kw_only=True):
    """Evidence that did not become a fact, and why. Judged on its own: it spoils nothing else (docs/threats.md row 36).

    Args:
        evidence: the bundle.
        error: why; its code and exit status count where the evidence was needed.
        predicate_type: what it claims to say, unverified; `None` where it could not be read.
        key_hint: fingerprint the bundle claims for its signer, unverified, as text.
    """

    evidence: Evidence
    error: AttestError
    predicate_type: str | None = None
    key_hint: str | None = None


class Judged(Struct, frozen=True, kw_only=True):
    """All evidence of one version after verification.

    Args:
        facts: what holds.
        rejected: what does not.
    """

    facts: tuple[Fact, ...]
    rejected: tuple[Rejected, ...]
