"""Issues of a revocation feed, for whoever goes on from them: what stands, and whether a new one will be gone by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from attest.claims.revocations import Revocations
from attest.errors import AttestError, EvidenceMissing, Incident, NoTrust, Refusal, SignerNotTrusted
from attest.evidence.evidence import Evidence
from attest.policy import denials
from attest.policy.feed import GivenFeed, Remembered, judge_feed, judge_history
from attest.policy.requirements import FeedDemand
from attest.policy.verdict import Status
from attest.verify.feed import verify_feed
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from attest.feed_places import FeedPlace, Standing
    from attest.policy.requirements import Policy
    from attest.policy.verdict import Finding
    from attest.trust.signatory import Signatory
    from attest.verify.facts import Fact


class FeedIssue(Struct, frozen=True, kw_only=True):
    """A verified issue.

    Args:
        fact: who signed which words.
        said: what they say.
        mark: what a later issue takes the place of; `None` where it stands nowhere yet.
    """

    fact: Fact
    said: Revocations
    mark: Digest | None = None

    @property
    def digest(self) -> Digest:
        """Of its words, which the next one names."""
        return Digest.of(self.fact.statement.raw)

    @property
    def remembered(self) -> Remembered:
        """What a host remembers that has gone by it."""
        return Remembered(sequence=self.said.sequence, digest=self.digest)


def demand_of(policy: Policy) -> FeedDemand:
    """By whom a feed has to be: those whom the policy names for it; under `--key` or `--identity`, whoever was named.

    Raises:
        NoTrust: the policy names no feed.
    """
    if policy.revocations is not None:
        return policy.revocations
    if all(identity.given for identity in policy.identities.values()):
        return FeedDemand(by=tuple(policy.identities))
    raise NoTrust(
        f"the policy {policy.name} says nothing of whose revocations count",
        expected="revocations: {by: […], file: … or ref: …}",
        hint="--key PUBLIC_KEY names somebody",
    )


def keys_of(policy: Policy) -> tuple[Signatory, ...]:
    """All keys and identities of those by whom a feed may be under a policy.

    Raises:
        NoTrust: the policy names no feed.
    """
    by = demand_of(policy).by
    return tuple(key for name, identity in policy.identities.items() if name in by for key in identity.keys)


def standing_issue(
    place: FeedPlace, *, keys: Sequence[Signatory], seen: Remembered | None, now: datetime
) -> FeedIssue | None:
    """What stands at a place, to go on from; `None` where nothing stands and nothing is remembered.

    Args:
        place: where.
        keys: by whom it may be.
        seen: the newest issue that this machine has gone by.
        now: the time.

    Raises:
        EvidenceMissing: it is gone (`revocations-missing`).
        Refusal: it is somebody else's, an older one, of another history, or from the future.
        Incident: it does not parse, or its signature does not fit.
        StoreError: the store did not answer.
    """
    standing = place.find()
    if standing is None:
        if seen is None:
            return None
        raise EvidenceMissing(
            f"the revocation feed {place} is gone",
            code="revocations-missing",
            expected=f"number {seen.sequence} or later, as seen before",
            found="nothing",
            hint="put its newest issue back: whoever has gone by it refuses one that begins again at 1",
        )
    issue = _verified(standing, place, keys)
    given = GivenFeed(place=str(place), fact=issue.fact, remembered=seen)
    wrong = judge_history(given, issue.said, now=now)
    if wrong is not None:
        raise _refused(f"the revocation feed {place} cannot be continued", wrong)
    return issue


def _verified(standing: Standing, place: FeedPlace, keys: Sequence[Signatory]) -> FeedIssue:
    try:
        return _issue(verify_feed(standing.evidence, keys), mark=standing.mark)
    except SignerNotTrusted as error:
        raise Refusal(
            f"the revocation feed {place} is somebody else's",
            code="revocations-other-signer",
            expected=" or ".join(f"{key.name} ({key.title})" for key in keys),
            found=error.found or error.message,
            hint="--trust-key PUBLIC_KEY continues an issue by that key, --policy FILE one by those whom it names",
        ) from error
    except Incident as error:
        raise Incident(
            f"the revocation feed {place} cannot be continued: {error.message}",
            code="signature-invalid" if error.code == "signature-invalid" else "revocations-malformed",
            expected=error.expected,
            found=error.found,
        ) from error


def checked_issue(
    bundle: bytes, place: FeedPlace, *, policy: Policy, before: FeedIssue | None, now: datetime
) -> FeedIssue:
    """A new issue, as a host reads it that has gone by the one before.

    Args:
        bundle: the issue, signed.
        place: where it is to stand.
        policy: the readers'.
        before: the one before.
        now: the time.

    Raises:
        Refusal: nobody would go by it; nothing was written.
        NoTrust: the policy names no feed.
    """
    seen = None if before is None else before.remembered
    given = judged_feed(Evidence(raw=bundle, origin="just signed"), str(place), policy=policy, seen=seen, now=now)
    if given.finding.status is not Status.PASSED or given.issue is None:
        raise _refused("nobody would go by this issue, and nothing was written", given.finding)
    return given.issue


class JudgedFeed(Struct, frozen=True, kw_only=True):
    """What a policy says of a feed.

    Args:
        issue: what was verified; `None` where nobody whom the policy names signed it.
        error: why there is none.
        finding: whether it may be gone by.
    """

    issue: FeedIssue | None
    error: AttestError | None
    finding: Finding


def judged_feed(
    evidence: Evidence, place: str, *, policy: Policy, seen: Remembered | None, now: datetime
) -> JudgedFeed:
    """Judge a bundle as the feed of a policy.

    Args:
        evidence: the bundle.
        place: where it is, for people.
        policy: whose feed it is.
        seen: the newest issue gone by before.
        now: the time.

    Raises:
        NoTrust: the policy names no feed.
    """
    demand = demand_of(policy)
    given, issue = GivenFeed(place=place, remembered=seen), None
    try:
        issue = _issue(verify_feed(evidence, policy.keys))
        given = GivenFeed(place=place, remembered=seen, fact=issue.fact)
    except AttestError as error:
        given = GivenFeed(place=place, remembered=seen, error=error)
    own = denials.in_force([(policy.name, policy.deny)], now=now)
    return JudgedFeed(issue=issue, error=given.error, finding=judge_feed(policy, demand, given, now=now, denials=own))


def _issue(fact: Fact, *, mark: Digest | None = None) -> FeedIssue:
    if not isinstance(fact.claim, Revocations):
        raise TypeError("a feed's fact holds a feed")
    return FeedIssue(fact=fact, said=fact.claim, mark=mark)


def _refused(message: str, finding: Finding) -> Refusal:
    return Refusal(
        message,
        code=finding.code,
        expected=finding.expected,
        found=finding.found,
        hint=f"attest explain {finding.code}",
    )
