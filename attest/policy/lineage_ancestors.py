"""The rule about ancestors: those that a policy asks about are signed, or allowed, as far up as it asks.

One finding for each ancestor, with the way to it. One that cannot be looked at is unknown, and unknown is never passed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from attest.claims.predicates import MODEL_SIGNATURE
from attest.claims.training import Operation, Standing
from attest.policy.ancestry import Ancestor
from attest.policy.case import Problem, failed
from attest.policy.lineage import role_problems
from attest.policy.lineage_walk import stories_of
from attest.policy.requirements import LINEAGE_WORDS, ClaimDemand
from attest.policy.verdict import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from attest.policy.ancestry import Unreached
    from attest.policy.case import Case
    from attest.policy.lineage_walk import Met, Walk
    from attest.policy.requirements import AncestorDemand, Policy
    from attest.verify.facts import Fact, Judged

    Judge: TypeAlias = Callable[[Case], Sequence[Finding]]
    Keep: TypeAlias = Callable[[Judged], Judged]

RULE: Final = "ancestors"
ARROW: Final = " ← "
_WORDS: Final = {role: word for word, role in LINEAGE_WORDS.items()}


class _Standing(Struct, kw_only=True):
    """What came out for one ancestor, on all ways and under all demands on which it was met."""

    path: tuple[str, ...]
    problems: list[Problem] = field(default_factory=list)
    unknown: list[Problem] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)


def judge_ancestors(case: Case, walk: Walk, *, judge: Judge, keep: Keep) -> list[Finding]:
    """Each ancestor that the policy asks about, judged once.

    Args:
        case: the version, with the facts that count.
        walk: the way to its ancestors.
        judge: judges a version by all that a policy demands of it, but for its ancestors.
        keep: leaves out the facts that do not count.
    """
    if not case.policy.lineage.ancestors:
        return []
    standings: dict[str, _Standing] = {}
    looked: set[tuple[object, ...]] = set()
    for met in walk.met:
        if met.demand is None and not met.needed:
            continue
        key = met.item.name if met.item.digest is None else met.item.digest.hex
        standing = standings.get(key)
        if standing is None:
            standing = standings[key] = _Standing(path=met.path)
        asked = _asked(key, met)
        if asked not in looked:  # who is reached on several ways is judged once for all that ask the same
            looked.add(asked)
            _Look(case=case, met=met, judge=judge, keep=keep, standing=standing).look()
    findings = [_finding(case, standing) for standing in standings.values()] + _whole(walk)
    return findings or [Finding(rule=RULE, status=Status.PASSED, summary="none, by provenance and ML-BOM")]


def _asked(key: str, met: Met) -> tuple[object, ...]:
    """All that a look depends on; demands are those of the policies at hand, each one object."""
    item = met.item
    return (
        *(key, item.role, item.standing, met.reference, met.below.policy.digest),
        *(id(met.demand), met.needed, met.onwards),
    )


def _whole(walk: Walk) -> list[Finding]:
    """What is wrong with the way as a whole."""
    if walk.cycle:
        return [
            Finding(
                rule=RULE,
                status=Status.FAILED,
                code="lineage-cycle",
                expected="no version that was made from itself",
                found=ARROW.join(walk.cycle),
            )
        ]
    if walk.cut:
        return [
            Finding(
                rule=RULE,
                status=Status.UNKNOWN,
                code="lineage-too-large",
                expected="ancestors in a number that can be judged",
                found=f"more than {len(walk.met)} inputs",
            )
        ]
    return []


def _finding(case: Case, standing: _Standing) -> Finding:
    problems = list(dict.fromkeys([*standing.problems, *standing.unknown]))
    if problems:
        where = ARROW.join(standing.path)
        told = [replace(problem, found=f"{where}: {problem.found}") for problem in problems]
        found = failed(RULE, told, standing.facts, path=standing.path)
        return found if standing.problems else replace(found, status=Status.UNKNOWN)
    holds = ", ".join(dict.fromkeys(standing.holds)) or "known by digest"
    passed = case.passed(RULE, f"{standing.path[-1]}: {holds}", standing.facts)
    return replace(passed, path=standing.path)


class _Look(Struct, frozen=True, kw_only=True):
    """One look at one ancestor."""

    case: Case
    met: Met
    judge: Judge
    keep: Keep
    standing: _Standing

    def look(self) -> None:
        met, demand = self.met, self.met.demand
        if demand is not None and (met.item.digest is None or met.item.standing is Standing.UNKNOWN):
            word = _WORDS[met.item.role]
            self._ancestor_problem("lineage-unknown", f"{word} known by digest", f"{met.item.name}, of unknown origin")
        elif met.needed:
            self._look_at(met.found, demand)
            if demand is not None and demand.satisfies is not None:
                self._allowed(met.other, demand.satisfies)

    def _look_at(self, found: Ancestor | Unreached | None, demand: AncestorDemand | None) -> None:
        if not isinstance(found, Ancestor):
            self._unreached(found)
            return
        policy = self.met.below.policy
        if demand is not None and demand.signed_by:
            self._signed(found, policy, demand.signed_by)
        if demand is not None and demand.same:
            self._allowed(found, policy)
        if self.met.onwards:
            self._told(found, policy)

    def _unreached(self, found: Unreached | None) -> None:
        if self.met.reference is None:
            why = "the claims give no address of it in a store"
        else:
            why = "nobody looked for it" if found is None else found.why
        self.standing.unknown.append(
            Problem(
                code="ancestor-unreachable",
                expected=f"{_WORDS[self.met.item.role]} whose evidence can be judged",
                found=why,
                hint="push it to a store that can be reached from here, or have the policy's owner make an exception",
            )
        )

    def _signed(self, found: Ancestor, policy: Policy, names: tuple[str, ...]) -> None:
        of_it = self._case_of(found, policy, judged=self.keep(found.judged))
        demand = ClaimDemand(predicate_type=MODEL_SIGNATURE, by=names)
        missing = None if of_it.accepted(demand) else of_it.missing(RULE, demand)
        if missing is None:
            self.standing.facts += of_it.accepted(demand)
            self.standing.holds.append("signed")
            return
        self._ancestor_problem(
            "ancestor-not-signed",
            missing.expected or "",
            f"{missing.code}: {missing.found}",
            exit_status=missing.exit_status,
            hint=missing.hint,
        )

    def _allowed(self, found: Ancestor | Unreached | None, policy: Policy) -> None:
        if not isinstance(found, Ancestor):
            self._unreached(found)
            return
        findings = self.judge(self._case_of(found, policy, judged=found.judged))
        wrong = [finding for finding in findings if finding.status in {Status.FAILED, Status.UNKNOWN}]
        for finding in wrong:
            said = "; ".join(part for part in (finding.found, finding.summary) if part)
            self._ancestor_problem(
                "ancestor-refused",
                f"{finding.expected or finding.rule}, by {policy.name}",
                f"{finding.rule}: {finding.code}{f': {said}' if said else ''}",
                exit_status=finding.exit_status,
                hint=finding.hint,
            )
        if not wrong:
            self.standing.holds.append(f"allowed by {policy.name}")

    def _told(self, found: Ancestor, policy: Policy) -> None:
        """What it was made from in turn is stated, as far as anything is asked of that."""
        stories = stories_of(self.keep(found.judged))
        if not stories:
            self.standing.unknown.append(
                Problem(
                    code="lineage-unknown",
                    expected="a provenance or ML-BOM by somebody whom the policy names",
                    found="nobody says what it was made from",
                )
            )
        generation = self.met.below.generation + 2
        for role, demand in policy.lineage.ancestors.items():
            if demand.reaches(generation):
                for story in stories:
                    wrong = role_problems(role, story.operation or Operation.UNSPECIFIED, story.inputs)
                    self.standing.problems += wrong

    def _case_of(self, found: Ancestor, policy: Policy, *, judged: Judged) -> Case:
        return replace(
            self.case,
            policy=policy,
            judged=judged,
            digest=found.digest,
            files=found.files,
            reference=str(self.met.reference),
        )

    def _ancestor_problem(
        self, code: str, expected: str, found: str, *, exit_status: int = 1, hint: str | None = None
    ) -> None:
        self.standing.problems.append(
            Problem(code=code, expected=expected, found=found, exit_status=exit_status, hint=hint)
        )
