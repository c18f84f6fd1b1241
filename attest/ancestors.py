"""References in a training record → digests: looked up in their store, and judged under the pusher's policy.

What a store answers is not believed (threats: lineage laundering): an ancestor that the pusher's policy admits is
written down as admitted, any other as unverified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.admit import gathered_for, judge_evidence, locate_version
from attest.claims.record import Resolved
from attest.claims.training import Standing
from attest.policy.evaluate import evaluate
from attest.stores import Surroundings
from attest_registry.errors import ContentMismatch
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from attest.policy.document import Policy
    from attest_registry.oci.content import Repository


def resolver(
    repository_of: Callable[[Reference], Repository],
    policies: Callable[[Reference], Policy | None],
    now: datetime,
    *,
    state: Path | None = None,
) -> Callable[[str], Resolved]:
    """How references of a record become digests.

    Args:
        repository_of: opens the store of a reference.
        policies: the pusher's policy for an ancestor; `None` where there is none.
        now: the time to judge at.
        state: folder of what has to be remembered of revocation feeds.

    Returns:
        a function from the text of a reference to digest, address and standing. It raises what looking up raises, and
        `ContentMismatch` where the ancestor's own evidence shows tampering: nobody should build on that.
    """

    def resolve(text: str) -> Resolved:
        reference = Reference.parse(text)
        repository = repository_of(reference)
        pinned, artefact = locate_version(reference, repository)
        policy = policies(reference)
        standing = Standing.UNVERIFIED
        if policy is not None:
            judged = judge_evidence(artefact, repository, reference=reference, policy=policy)
            gathered = gathered_for(
                judged,
                artefact,
                reference=pinned,
                policy=policy,
                now=now,
                surroundings=Surroundings(repository_of=repository_of, state=state),
            )
            verdict = evaluate(policy, judged, artefact=artefact, reference=str(pinned), now=now, gathered=gathered)
            if verdict.exit_status == ContentMismatch.exit_status:
                raise ContentMismatch(
                    f"the evidence of {text} contradicts itself; a model must not be built on it",
                    code="ancestor-tampered",
                    hint=f"attest verify {text}     shows what is wrong",
                )
            standing = Standing.ADMITTED if verdict.allowed else Standing.UNVERIFIED
        return Resolved(digest=artefact.digest, uri=_address(reference), standing=standing)

    return resolve


def _address(reference: Reference) -> str:
    """Where others find it; a store of this machine has no address that means anything elsewhere."""
    return f"oci://{reference.name}" if reference.host else f"attest:{reference.model}"
