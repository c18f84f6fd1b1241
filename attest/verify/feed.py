"""A feed of revocations → a fact. It is about no version, so that nothing but its signer and its words bind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims import revocations
from attest.verify.verifier import authenticate, establish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.evidence.evidence import Evidence
    from attest.trust.signatory import Signatory
    from attest.verify.facts import Fact


def verify_feed(evidence: Evidence, keys: Sequence[Signatory]) -> Fact:
    """Steps 1 to 6 of the verifier, and step 9. Whether it is in force is for whoever has a clock.

    Args:
        evidence: a bundle from anywhere.
        keys: whom the operator named.

    Raises:
        MalformedEvidence: it cannot be read in one way, or is no feed.
        SignerNotTrusted: somebody else signed it.
        SignatureInvalid: it claims one of the keys and its signature does not fit, or it is in another's name.
    """
    signed = authenticate(evidence, keys)
    return establish(signed, revocations.parse(signed.statement))
