"""What a model card is generated from: claims with who said them, and what a policy says of the version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from attest.claims.evaluation import Evaluation
    from attest.claims.mlbom import MLBOM
    from attest.claims.provenance import Provenance
    from attest.describe import Ancestor, EvidenceRow
    from attest.policy.verdict import Verdict
    from attest_registry.digest import Digest

T = TypeVar("T")


class Source(Struct, frozen=True, kw_only=True):
    """Where words come from.

    Args:
        signer: who signed them, as people should see it; of words that nobody verified, who they claim to be from.
        verified: whether that is a fact.
        evidence: digest of the bundle.
        words: SHA-256 of the signed words.
    """

    signer: str
    verified: bool
    evidence: Digest
    words: Digest


class Said(Struct, Generic[T], frozen=True, kw_only=True):
    """A claim's content with its source."""

    value: T
    source: Source


class Facts(Struct, frozen=True, kw_only=True):
    """Everything that is known of a version.

    Args:
        reference: pinned.
        model: the model's name without host.
        digest: the manifest digest.
        bom: the one ML-BOM that counts.
        provenance: the one provenance that counts.
        evaluations: all that count, the evaluator's judgement whatever it is.
        lineage: what it was made from, as a tree.
        claims: every piece of evidence with its standing.
        judged_by: the policy, key or identity by which it was judged, for people; `None` where nobody was named.
        verdict: what that says.
        problems: what keeps the card from being verified besides.
    """

    reference: str
    model: str
    digest: Digest
    bom: Said[MLBOM] | None = None
    provenance: Said[Provenance] | None = None
    evaluations: tuple[Said[Evaluation], ...] = ()
    lineage: tuple[Ancestor, ...] = ()
    claims: tuple[EvidenceRow, ...] = ()
    judged_by: str | None = None
    verdict: Verdict | None = None
    problems: tuple[str, ...] = ()
