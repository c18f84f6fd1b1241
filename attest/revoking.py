"""The write line of a revocation feed: what stands → verified → the next issue → signed → verified → in its place.

    1  what stands at the place is read and verified: by whoever signs the next issue, by others who were named, or by
       those whom the readers' policy names; no older than what this machine has gone by, and of the same history
    2  the next issue holds all that stood, with the change; it has the next number and names the words before it
    3  it is signed, and read by our own reader as a host reads it that has gone by the issue before
    4  only then it takes the place of what was read in step 1, if that still stands there

An issue that has run out is continued like any other: somebody has to be able to renew it. Where a place is empty and
this machine remembers an issue, no new feed is begun.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest.claims import fields, revocations
from attest.claims.revocations import Revocation, Revocations, Scope, Withdrawal
from attest.errors import EvidenceMissing, InputError
from attest.feed_issues import FeedIssue, checked_issue, keys_of, standing_issue
from attest.policy.document import policy_for_keys
from attest.signed_claims import name_of
from attest_registry import limits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from attest.claims.revocations import Holder, Kind
    from attest.claims.statement import Statement
    from attest.feed_places import FeedPlace
    from attest.policy.document import Policy
    from attest.revocation_feed import FeedMemory
    from attest.signing.bundle_signer import BundleSigner
    from attest.trust.signatory import Signatory
    from attest_registry.digest import Digest

USUAL: Final = timedelta(days=30)
"""How long a first issue counts where nobody says."""


class Issuer(Struct, frozen=True, kw_only=True):
    """Who issues, and what the feed is held against.

    Args:
        signer: signs the next issue.
        now: the time of issue.
        valid: how long it counts; `None` for as long as the one before.
        memory: what this machine remembers of feeds; `None` where it remembers nothing.
        before: others than the signer by whom the issue before may be.
        policy: the readers' policy; where it is given, those whom it names decide about both issues.
        rehearsal: whether everything is done but the last step.
    """

    signer: BundleSigner
    now: datetime
    valid: timedelta | None = None
    memory: FeedMemory | None = None
    before: tuple[Signatory, ...] = ()
    policy: Policy | None = None
    rehearsal: bool = False


class Issued(Struct, frozen=True, kw_only=True):
    """What stands at the place now.

    Args:
        said: what it says.
        digest: of its words.
        place: place and issue, for standard output.
        signer: who signed it, for people.
        already: whether it stood there before and says all that was wanted.
    """

    said: Revocations
    digest: Digest
    place: str
    signer: str
    already: bool = False


class _Next(Struct, frozen=True, kw_only=True):
    """All that the next issue says; `None` in place of one where nothing has to be said anew."""

    entries: tuple[Revocation, ...] = ()
    withdrawn: tuple[Withdrawal, ...] = ()


def begin(place: FeedPlace, *, issuer: Issuer) -> Issued:
    """A first issue, which revokes nothing; where a feed stands already, that one.

    Raises:
        AttestError: as `add`, but for the missing feed.
    """
    stands = _standing(place, issuer)
    return _issue(place, stands, _Next() if stands is None else None, issuer=issuer)


def add(place: FeedPlace, entries: Sequence[Revocation], *, issuer: Issuer) -> Issued:
    """An issue that revokes something besides; where all of it is revoked already, what stands.

    Raises:
        EvidenceMissing: there is no feed (`revocations-missing`).
        Refusal: what stands is another's, older than what was seen, of another history, or from the future; or nobody
            would go by the new issue.
        Incident: what stands does not parse, or its signature does not fit.
        Conflict: somebody else issued meanwhile (`revocations-conflict`).
        InputError: the feed is full, or this machine cannot remember (`revocations-memory`).
        StoreError: the store did not do it.
    """
    stands = _there(place, issuer)
    more = tuple(entry for entry in entries if not covers(stands.said, entry))
    following = _Next(entries=(*stands.said.entries, *more), withdrawn=stands.said.withdrawn)
    return _issue(place, stands, following if more else None, issuer=issuer)


def renew(place: FeedPlace, *, issuer: Issuer) -> Issued:
    """An issue that revokes the same, for longer.

    Raises:
        AttestError: as `add`.
    """
    stands = _there(place, issuer)
    return _issue(place, stands, _Next(entries=stands.said.entries, withdrawn=stands.said.withdrawn), issuer=issuer)


def withdraw(place: FeedPlace, kind: Kind, value: Digest | Holder | int, *, reason: str, issuer: Issuer) -> Issued:
    """An issue without a revocation that was a mistake. It tells what was withdrawn, when and why.

    Raises:
        InputError: it is not revoked (`revocation-unknown`).
        AttestError: as `add`.
    """
    stands = _there(place, issuer)
    mistaken = of(stands.said, kind, value)
    if not mistaken:
        raise InputError(
            f"this {kind} is not revoked by {place}",
            code="revocation-unknown",
            found=f"{len(stands.said.entries)} others in number {stands.said.sequence}",
            hint=f"attest revocations show {place}     lists them",
        )
    taken = Withdrawal(kind=kind, value=value, at=issuer.now, reason=reason)
    left = tuple(entry for entry in stands.said.entries if entry not in mistaken)
    return _issue(place, stands, _Next(entries=left, withdrawn=(*stands.said.withdrawn, taken)), issuer=issuer)


def of(said: Revocations, kind: Kind, value: Digest | Holder | int) -> tuple[Revocation, ...]:
    """What a feed says of one thing."""
    return tuple(entry for entry in said.entries if (entry.kind, entry.value) == (kind, value))


def covers(said: Revocations, entry: Revocation) -> bool:
    """Whether a feed revokes something at least as early and as far as an entry would."""
    return any(
        known.since <= entry.since and known.scope in {Scope.DESCENDANTS, entry.scope}
        for known in of(said, entry.kind, entry.value)
    )


def _standing(place: FeedPlace, issuer: Issuer) -> FeedIssue | None:
    """Step 1."""
    keys = (issuer.signer.trusted, *issuer.before) if issuer.policy is None else keys_of(issuer.policy)
    seen = None if issuer.memory is None else issuer.memory.recall(place.key)
    return standing_issue(place, keys=keys, seen=seen, now=issuer.now)


def _there(place: FeedPlace, issuer: Issuer) -> FeedIssue:
    stands = _standing(place, issuer)
    if stands is None:
        raise EvidenceMissing(
            f"there is no revocation feed at {place}",
            code="revocations-missing",
            hint=f"attest revocations init {place}     begins one",
        )
    return stands


def _issue(place: FeedPlace, before: FeedIssue | None, following: _Next | None, *, issuer: Issuer) -> Issued:
    """Steps 2 to 4, where there is something to say."""
    if following is None and before is not None and before.mark is not None:
        signer = before.fact.signer
        return Issued(
            said=before.said,
            digest=before.digest,
            place=place.shown(before.mark),
            signer=f"{signer.name} ({signer.title})",
            already=True,
        )
    statement = _statement(following or _Next(), before, issuer)
    bundle = issuer.signer.sign_statement(statement)
    _check_size(len(bundle), most=limits.BUNDLE_BYTES, unit="bytes")
    policy = issuer.policy or policy_for_keys([issuer.signer.trusted])
    issue = checked_issue(bundle, place, policy=policy, before=before, now=issuer.now)
    shown = str(place)
    if not issuer.rehearsal:
        shown = place.shown(place.put(bundle, instead_of=None if before is None else before.mark))
        if issuer.memory is not None:
            issuer.memory.keep(place.key, issue.remembered)
    return Issued(said=issue.said, digest=issue.digest, place=shown, signer=issuer.signer.description)


def _statement(following: _Next, before: FeedIssue | None, issuer: Issuer) -> Statement:
    for listed in (following.entries, following.withdrawn):
        _check_size(len(listed), most=fields.MOST_ITEMS, unit="entries")
    said = None if before is None else before.said
    return revocations.build(
        following.entries,
        by=name_of(issuer.signer).to_json(),
        sequence=1 if said is None else said.sequence + 1,
        issued=issuer.now if said is None else max(issuer.now, said.issued),
        valid=issuer.valid or (USUAL if said is None else said.expires - said.issued),
        previous=None if before is None else before.fact.statement,
        withdrawn=following.withdrawn,
    )


def _check_size(count: int, *, most: int, unit: str) -> None:
    if count > most:
        raise InputError(
            "the revocation feed is full",
            code="revocations-full",
            expected=f"at most {most} {unit}",
            found=f"{count} {unit}",
            hint="put some of it under `deny` in the policy instead",
        )
