"""Signers that count for a while, before the clock: where no time is proven, they have to count now.

A policy can say that no proven time is required (`time: not-required`). Then nobody can know whether a signature was
made before a key ran out or after somebody found it; so it counts while its signer does, as an unstamped signature
does under a certificate that has not expired.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.errors import OutsideWindow
from attest.verify.facts import Judged, Rejected

if TYPE_CHECKING:
    from datetime import datetime

    from attest.verify.facts import Fact


def in_force(judged: Judged, *, now: datetime) -> Judged:
    """The evidence without the facts that rest on a signer who does not count now and on no proven time.

    Args:
        judged: the evidence after verification.
        now: the time to judge at, with its zone.
    """
    if all(_counts(fact, now) for fact in judged.facts):
        return judged
    return Judged(
        facts=tuple(fact for fact in judged.facts if _counts(fact, now)),
        rejected=(*judged.rejected, *(_rejected(fact, now) for fact in judged.facts if not _counts(fact, now))),
    )


def _counts(fact: Fact, now: datetime) -> bool:
    return fact.counts is None or bool(fact.times) or now in fact.counts


def _rejected(fact: Fact, now: datetime) -> Rejected:
    error = OutsideWindow(
        f"{fact.signer.name} does not count now, and nothing proves that he did when he signed",
        code="signer-not-in-force",
        expected=f"{fact.counts}, or a proven time inside it",
        found=f"{now:%Y-%m-%dT%H:%M:%SZ} now; no proven time",
    )
    return Rejected(
        evidence=fact.evidence,
        error=error,
        predicate_type=fact.statement.predicate_type,
        key_hint=f"{fact.signer.name} ({fact.signer.title})",
    )
