"""When a demand about time is judged: as things stood at the promotion, or at each use.

A restart on day 91 must not fail because an evaluation may be 90 days old, so that promotion is the default. Where no
promotion is known, what is judged at promotion is judged now: later, and so never more generous.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from attest.policy.case import Problem
from attest.policy.durations import in_words, read_duration
from attest.policy.reading import read_word
from attest.strict_yaml import dotted
from attest.trust.times import shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from attest.policy.case import Case
    from attest.strict_yaml import Document, NodePath
    from attest.verify.facts import Fact

_AHEAD: Final = timedelta(minutes=5)
"""By how much clocks may disagree."""


class When(StrEnum):
    """The moment as of which something is judged."""

    PROMOTION = "promotion"
    USE = "use"


class MostAge(Struct, frozen=True, kw_only=True):
    """How old something may be.

    Args:
        length: that old.
        when: as of when.
    """

    length: timedelta
    when: When = When.PROMOTION

    def __str__(self) -> str:
        return f"not older than {in_words(self.length)} at {self.when}"


def moment(case: Case, when: When) -> datetime:
    """The moment as of which `case` is judged."""
    promoted = case.gathered.promoted
    return promoted if when is When.PROMOTION and promoted is not None else case.now


def read_most_age(document: Document, path: NodePath, value: Mapping[str, Any]) -> MostAge | None:
    """The keys `max-age` and `at` beside each other.

    Raises:
        PolicyError: it is no length of time (`policy-bad-duration`), or `at` says when nothing is asked for.
    """
    if "max-age" not in value:
        if "at" in value:
            raise document.error(
                (*path, "at"), f"{dotted(path)} asks for no age", code="missing-key", expected="max-age: 90d beside it"
            )
        return None
    when = read_word(document, (*path, "at"), value["at"], When) if "at" in value else When.PROMOTION
    return MostAge(length=read_duration(document, (*path, "max-age"), value["max-age"]), when=when)


def age_problem(case: Case, most: MostAge, fact: Fact, finished: datetime | None) -> Problem | None:
    """What is wrong with the age of something that a claim tells about; `None` where nothing is.

    How old it is: since it was finished, as its signer states it, or since his signature is proven to have existed,
    whichever was earlier. Saying that it is younger than its proven time is a contradiction, not youth.

    Args:
        case: the version.
        most: how old it may be.
        fact: the claim.
        finished: what it says; `None` where it says nothing.
    """
    proven = fact.times[0].moment if fact.times else None
    times = [time for time in (finished, proven) if time is not None]
    expected = str(most)
    if not times:
        return Problem(code="claim-time", expected=expected, found="nobody says or proves when")
    late = finished is not None and finished - (proven or case.now) > _AHEAD
    if late or min(times) - case.now > _AHEAD:
        than = "its proven time" if proven is not None and late else "now"
        return Problem(code="claim-time", expected=expected, found=f"{shown(min(times))}, which is after {than}")
    age = moment(case, most.when) - min(times)
    if age > most.length:
        return Problem(code="claim-stale", expected=expected, found=f"{in_words(age)} old, from {shown(min(times))}")
    return None
