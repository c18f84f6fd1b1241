"""Not worse than before: a version's numbers beside those of the version that an alias points at.

`no-regression: {against: production, by-at-most: 0.005}`. That other version and its evidence are given to the
evaluation (`Gathered.references`); where they are not, nobody knows, and nothing is allowed. Of several numbers the
worst of the version is held against the best of the other.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from attest.claims.decimals import minus, plus, shown
from attest.claims.evaluation import Better
from attest.policy import entries
from attest.policy.ancestry import Ancestor, NotHeld
from attest.policy.case import Problem
from attest.policy.in_force import in_force
from attest.policy.key_rows import TABLE
from attest.policy.reading import read_text, read_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.claims.evaluation import Measured
    from attest.policy.case import Case
    from attest.policy.evaluations import EvaluationDemand
    from attest.strict_yaml import Document, NodePath


class Regression(Struct, frozen=True, kw_only=True):
    """By how much a number may be worse than another version's.

    Args:
        against: the alias that points at the other version.
        most: by that much; 0 for not at all.
        better: which way the number gets better; `None` where the evaluations have to say it.
    """

    against: str
    most: Decimal
    better: Better | None = None

    def __str__(self) -> str:
        than = f"than that of the version that is {self.against}"
        return f"not worse {than}" if not self.most else f"at most {shown(self.most)} worse {than}"


def read_regression(document: Document, place: NodePath, demand: dict[str, Any]) -> Regression | None:
    """The key `no-regression` of a demand; `None` where it is left out.

    Raises:
        PolicyError: anything about it is not understood.
    """
    if "no-regression" not in demand:
        return None
    path: NodePath = (*place, "no-regression")
    item = TABLE.checked(document, path, demand["no-regression"])
    most = entries.decimal(document, path, item, "by-at-most") or Decimal(0)
    if most < 0:
        raise document.error(
            (*path, "by-at-most"), "a number cannot be worse by less than nothing", code="bad-number", expected="0.005"
        )
    better = read_word(document, (*path, "better"), item["better"], Better) if "better" in item else None
    against = read_text(document, (*path, "against"), item["against"])
    return Regression(against=against, most=most, better=better)


def regression_problems(
    case: Case, demand: EvaluationDemand, own: Sequence[Measured]
) -> tuple[list[Problem], list[Problem]]:
    """What is worse than it may be, and what nobody knows.

    Args:
        case: the version.
        demand: what is asked, with a regression.
        own: the version's numbers, one at least.
    """
    regression = demand.regression
    if regression is None:
        raise TypeError("no regression is asked about")  # chosen by the caller
    expected = f"{demand.metric} {regression}"
    other = case.gathered.references.get(regression.against)
    if isinstance(other, NotHeld) or (isinstance(other, Ancestor) and other.digest.matches(case.digest)):
        return [], []  # there is no other version to be worse than
    if not isinstance(other, Ancestor):
        why = f"nobody looked for {regression.against}" if other is None else other.why
        return [], [Problem(code="reference-unknown", expected=expected, found=why)]
    theirs = _numbers(case, demand, other)
    if not theirs:
        found = f"no {demand.title} of {regression.against} by the same evaluators"
        return [], [Problem(code="reference-unknown", expected=expected, found=found)]
    better = _better(regression, [*own, *theirs])
    if better is None:
        found = "the evaluations do not agree, or do not say, which way it gets better"
        return [], [Problem(code="metric-direction", expected=expected, found=found)]
    mine, best, holds = _compared(better, own, theirs, regression.most)
    if holds:
        return [], []
    found = f"{shown(mine)}, where {regression.against} has {shown(best)}"
    return [Problem(code="metric-regressed", expected=expected, found=found)], []


def _compared(
    better: Better, own: Sequence[Measured], theirs: Sequence[Measured], most: Decimal
) -> tuple[Decimal, Decimal, bool]:
    """The worst of the version, the best of the other, and whether that will do."""
    if better is Better.HIGHER:
        mine, best = min(each.value for each in own), max(each.value for each in theirs)
        return mine, best, mine >= minus(best, most)
    mine, best = max(each.value for each in own), min(each.value for each in theirs)
    return mine, best, mine <= plus(best, most)


def _numbers(case: Case, demand: EvaluationDemand, other: Ancestor) -> list[Measured]:
    """What the same evaluators measured of the other version; those whose keys ran out do not count there either."""
    from attest.policy.evaluations import measured_in, read_evaluations  # noqa: PLC0415  # one demand in two modules

    judged = in_force(other.judged, now=case.now)
    beside = replace(case, judged=judged, digest=other.digest, files=other.files, stands_in=None)
    return measured_in(demand, read_evaluations(beside, demand))


def _better(regression: Regression, measured: Sequence[Measured]) -> Better | None:
    """By the policy; else by the evaluations, if all of them agree. A policy's word is not overruled by silence."""
    said = {each.better for each in measured} - ({None} if regression.better is not None else set())
    words = said | ({regression.better} if regression.better is not None else set())
    return words.pop() if len(words) == 1 else None
