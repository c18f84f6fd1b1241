"""A checkpoint of a model's log → a fact. Whether the log agrees with it and whether it is fresh, a policy judges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims import log_checkpoint
from attest.verify.binding import bind_name
from attest.verify.verifier import authenticate, establish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.evidence.evidence import Evidence
    from attest.trust.signatory import Signatory
    from attest.verify.facts import Fact


def verify_checkpoint(evidence: Evidence, keys: Sequence[Signatory], *, names: Sequence[str]) -> Fact:
    """Steps 1 to 6 of the verifier, the model's name, and step 9.

    Args:
        evidence: a bundle from anywhere.
        keys: whom the operator named.
        names: the model's name without host, then other names that the operator accepts.

    Raises:
        MalformedEvidence: it cannot be read in one way, or is no checkpoint.
        SignerNotTrusted: somebody else signed it.
        SignatureInvalid: it claims one of the keys and its signature does not fit, or it is in another's name.
        SubjectMismatch: it is about the log of another model (`name-mismatch`).
    """
    signed = authenticate(evidence, keys)
    checkpoint = log_checkpoint.parse(signed.statement)
    bind_name(signed.statement, names=names)
    return establish(signed, checkpoint)
