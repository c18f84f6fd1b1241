"""References in a training record → digests: looked up in their store, and judged under the pusher's policy.

What a store answers is not believed (threats: lineage laundering): an ancestor that the pusher's policy admits is
written down as admitted, any other as unverified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.admit import judge_version, locate_version
from attest.claims.record import Resolved
from attest.claims.training import Standing
from attest.stores import meant_in
from attest_registry.errors import ContentMismatch
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from attest.policy.document import Policy
    from attest.stores import Surroundings


def resolver(
    surroundings: Surroundings, policies: Callable[[Reference], Policy | None], now: datetime
) -> Callable[[str], Resolved]:
    """How references of a record become digests.

    Args:
        surroundings: where ancestors, their logs and revocations are looked for.
        policies: the pusher's policy for an ancestor; `None` where there is none.
        now: the time to judge at.

    Returns:
        a function from the text of a reference to digest, address and standing. It raises what looking up raises, and
        `ContentMismatch` where the ancestor's own evidence shows tampering: nobody should build on that.
    """

    def resolve(text: str) -> Resolved:
        reference = Reference.parse(text)
        repository = surroundings.repository_of(reference)
        policy = policies(reference)
        if policy is None:
            meant = meant_in(surroundings, reference, repository, now=now) if reference.alias else reference
            _, artefact = locate_version(meant, repository)
            return Resolved(digest=artefact.digest, uri=_address(reference), standing=Standing.UNVERIFIED)
        judgement = judge_version(reference, repository, policy, now=now, surroundings=surroundings)
        if judgement.verdict.exit_status == ContentMismatch.exit_status:
            raise ContentMismatch(
                f"the evidence of {text} contradicts itself; a model must not be built on it",
                code="ancestor-tampered",
                hint=f"attest verify {text}     shows what is wrong",
            )
        standing = Standing.ADMITTED if judgement.verdict.allowed else Standing.UNVERIFIED
        return Resolved(digest=judgement.artefact.digest, uri=_address(reference), standing=standing)

    return resolve


def _address(reference: Reference) -> str:
    """Where others find it; a store of this machine has no address that means anything elsewhere."""
    return f"oci://{reference.name}" if reference.host else f"attest:{reference.model}"
