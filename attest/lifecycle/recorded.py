"""Claims that a log names, and whether they are in the store as they were signed (docs/threats.md row 69)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.signed_claims import reviewed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from attest.claims.approval import Reviewed
    from attest.claims.signer_name import SignerName
    from attest.evidence.evidence import Evidence
    from attest.trust.signatory import Signatory
    from attest.verify.facts import Judged


def missing_among(
    evidence: Sequence[Evidence],
    recorded: Iterable[Reviewed],
    *,
    signatory_of: Callable[[SignerName], Signatory],
) -> tuple[Reviewed, ...]:
    """The recorded claims of which no bundle holds the words as their signer signed them.

    Args:
        evidence: all bundles of the version.
        recorded: the claims that the log names.
        signatory_of: the key or holder of a name.
    """
    from attest.verify.said_by import is_said_by  # noqa: PLC0415  # of most versions nothing is left to look for

    return tuple(
        claim
        for claim in recorded
        if not any(is_said_by(piece, claim, signatory_of=signatory_of) for piece in evidence)
    )


def missing_from(
    judged: Judged, recorded: Sequence[Reviewed], *, signatory_of: Callable[[SignerName], Signatory]
) -> tuple[Reviewed, ...]:
    """The same where the evidence was judged by a policy: what became a fact need not be looked at again.

    Args:
        judged: the evidence after verification; what counts for nothing in the policy has to be there too.
        recorded: the claims that the log names.
        signatory_of: the key or holder of a name.
    """
    if not recorded:
        return ()
    facts = set(reviewed(judged.facts))
    left = [claim for claim in recorded if claim not in facts]
    if not left:
        return ()
    return missing_among([each.evidence for each in judged.rejected], left, signatory_of=signatory_of)
