"""The revocation feed that a policy names: signed by whom it says, in force, and never older than one seen before.

revocations:
  by: [security]
  file: revocations.json            # the newest issue, a Sigstore bundle beside the policy; or
  ref: registry.example.com/security  # in a store, under the tag attest-revocations
  min-sequence: 17                  # for hosts that keep nothing between runs

Without a sound feed nothing is allowed: who can keep it back could otherwise keep a revocation back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest.claims.revocations import Revocations
from attest.policy.in_force import in_force
from attest.policy.verdict import Finding, Status
from attest.trust.times import shown
from attest.verify.facts import Judged
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from datetime import datetime

    from attest.errors import AttestError
    from attest.policy.denials import Denials
    from attest.policy.requirements import FeedDemand, Policy
    from attest.verify.facts import Fact

RULE: Final = "revocations"
_AHEAD: Final = timedelta(minutes=5)
_INCIDENT: Final = 3


class Remembered(Struct, frozen=True, kw_only=True):
    """The newest issue that this machine has seen.

    Args:
        sequence: its number.
        digest: of its words.
    """

    sequence: int
    digest: Digest


class GivenFeed(Struct, frozen=True, kw_only=True):
    """A feed, as it was found.

    Args:
        place: where, for people.
        fact: the claim; `None` where there is none that one of the policy's identities signed.
        error: why there is none.
        remembered: the newest issue seen before; `None` for the first time.
    """

    place: str
    fact: Fact | None = None
    error: AttestError | None = None
    remembered: Remembered | None = None

    @property
    def revocations(self) -> Revocations | None:
        """What it says."""
        return self.fact.claim if self.fact is not None and isinstance(self.fact.claim, Revocations) else None

    @property
    def source(self) -> str:
        """For messages: `the revocation feed revocations.json, number 17`."""
        number = f", number {self.revocations.sequence}" if self.revocations is not None else ""
        return f"the revocation feed {self.place}{number}"

    @property
    def own(self) -> Remembered | None:
        """What to remember of it."""
        if self.fact is None or self.revocations is None:
            return None
        return Remembered(sequence=self.revocations.sequence, digest=Digest.of(self.fact.statement.raw))


def judge_feed(
    policy: Policy, demand: FeedDemand, given: GivenFeed | None, *, now: datetime, denials: Denials
) -> Finding:
    """Whether the feed may be gone by.

    Args:
        policy: whose feed it is.
        demand: what it asks of it.
        given: what was found; `None` where nobody looked.
        now: the time to judge at.
        denials: what the policy itself denies; a feed by a key that it denies is no feed.
    """
    by = f"a revocation feed by {policy.describe_identities(demand.by)}"
    if given is None:
        return _feed_fails("revocations-missing", by, "nobody looked for it")
    if given.fact is None or given.revocations is None:
        return _not_there(given, by)
    identity = policy.identity_of(given.fact.signer)
    if identity is None or identity.name not in demand.by:
        return _feed_fails("revocations-unsigned", by, f"{given.place}, by {policy.describe(given.fact.signer)}")
    if not denials.keep(in_force(Judged(facts=(given.fact,), rejected=()), now=now)).facts:
        who = policy.describe(given.fact.signer)
        return _feed_fails("revocations-unsigned", by, f"{given.place}, by {who}, who does not count now")
    return (
        _judge_end(given, given.revocations, now)
        or judge_history(given, given.revocations, now=now, least=demand.min_sequence)
        or Finding(
            rule=RULE,
            status=Status.PASSED,
            summary=f"number {given.revocations.sequence}, until {shown(given.revocations.expires)}",
            evidence=given.fact.evidence.digest,
            signer=policy.describe(given.fact.signer),
        )
    )


def _not_there(given: GivenFeed, by: str) -> Finding:
    error = given.error
    if error is None:
        return _feed_fails("revocations-missing", by, f"nothing at {given.place}")
    found = "; ".join(part for part in (error.message, error.found) if part)
    if error.code in {"signer-not-trusted", "signature-invalid", "signer-mismatch", "proof-invalid", "outside-window"}:
        return _feed_fails("revocations-unsigned", by, f"{given.place}: {found}")
    if error.exit_status != _INCIDENT:
        return _feed_fails("revocations-missing", by, f"{given.place}: {found}")
    return _feed_fails("revocations-malformed", f"{by} that can be read in one way", f"{given.place}: {found}")


def _judge_end(given: GivenFeed, said: Revocations, now: datetime) -> Finding | None:
    if now > said.expires:
        found = f"{given.place}, number {said.sequence}, expired at {shown(said.expires)}"
        return _feed_fails("revocations-stale", "a revocation feed that has not expired", found)
    return None


def judge_history(given: GivenFeed, said: Revocations, *, now: datetime, least: int | None = None) -> Finding | None:
    """Whether it is from the future, older than one seen before, or of another history: nobody goes on from such.

    Args:
        given: the feed, and what is remembered.
        said: what it says.
        now: the time to judge at.
        least: the lowest number that counts, besides what is remembered.

    Returns:
        what is wrong; `None` where nothing is.
    """
    if said.issued > now + _AHEAD:
        found = f"{given.place}, number {said.sequence}, issued at {shown(said.issued)}"
        return _feed_fails("revocations-stale", f"a revocation feed that is issued by now, {shown(now)}", found)
    seen, own = given.remembered, given.own
    least = max(least or 1, seen.sequence if seen is not None else 1)
    if said.sequence < least:
        found = f"{given.place}, number {said.sequence}"
        return _feed_fails("revocations-rolled-back", f"number {least} or later, as seen before", found)
    if seen is None or own is None:
        return None
    same = said.sequence == seen.sequence and own.digest != seen.digest
    torn = said.sequence == seen.sequence + 1 and said.previous != seen.digest
    if same or torn:
        expected = f"the one number {seen.sequence} that was seen before" if same else f"one that follows {seen.digest}"
        return _feed_fails("revocations-forked", expected, f"{given.place}, number {said.sequence}, another history")
    return None


def _feed_fails(code: str, expected: str, found: str) -> Finding:
    return Finding(
        rule=RULE,
        status=Status.FAILED,
        code=code,
        expected=expected,
        found=found,
        hint="put its newest issue there; without it nobody knows what was revoked",
    )
