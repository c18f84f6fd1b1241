"""What a policy asks beyond the version's own claims: of its ancestors, of what was revoked, and what it excepts.

The rules about claims are given in as a function, since ancestors are judged by the very same ones. Where signatures
were revoked they run twice: without those, since they support nothing any more, and with them, since what they said
against the version stays said. So no denial ever allows anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from attest.policy import denials, exceptions, feed, lineage_ancestors
from attest.policy.in_force import in_force
from attest.policy.lineage_walk import Walk, walk
from attest.policy.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from attest.claims.revocations import Revocation
    from attest.policy.ancestry import Gathered, Sought
    from attest.policy.case import Case
    from attest.policy.denials import Denials
    from attest.policy.requirements import Policy
    from attest.policy.verdict import Finding
    from attest.verify.facts import Judged

    Demands: TypeAlias = Callable[[Case], list[Finding]]

_WORST: Final = {Status.FAILED: 2, Status.UNKNOWN: 1}


def asks(policy: Policy) -> bool:
    """Whether it asks anything of that kind."""
    return bool(policy.lineage.ancestors or policy.deny or policy.revocations or policy.exceptions)


def nested(policy: Policy) -> tuple[Policy, ...]:
    """The policy and those that it names for ancestors, each once."""
    found = {policy.digest: policy}
    waiting = [policy]
    while waiting:
        for demand in waiting.pop().lineage.ancestors.values():
            other = demand.satisfies
            if other is not None and other.digest not in found:
                found[other.digest] = other
                waiting.append(other)
    return tuple(found.values())


def wanted(case: Case, gathered: Gathered) -> dict[Sought, Policy]:
    """What has to be gathered besides before the policy can be judged; empty when all of it is at hand.

    Args:
        case: the version, with all its facts.
        gathered: what is at hand.
    """
    if not asks(case.policy):
        return {}
    in_effect = _denials(case, gathered)
    return walk(case, gathered.ancestors, to_the_roots=in_effect.reach_descendants).wanted


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came out.

    Args:
        case: the version with the facts that count.
        findings: of the rules about claims, and of those about all that is beyond.
        walk: the way to its ancestors.
    """

    case: Case
    findings: tuple[Finding, ...]
    walk: Walk


def judge(case: Case, gathered: Gathered, demands: Demands) -> Outcome:
    """Judge a version with all that is beyond it.

    Args:
        case: the version, with all its facts.
        gathered: what was gathered of its ancestors and of revocations. What is missing is unknown, never passed.
        demands: the rules about a version's own claims.
    """
    if not asks(case.policy):
        return Outcome(case=case, findings=tuple(demands(case)), walk=Walk())
    in_effect = _denials(case, gathered)
    engine = _Engine(demands=demands, denials=in_effect)
    way = walk(case, gathered.ancestors, to_the_roots=in_effect.reach_descendants)
    counting = replace(case, judged=in_effect.keep(case.judged))
    findings = [
        *engine.claims(case),
        *lineage_ancestors.judge_ancestors(counting, way, judge=engine.ancestor, keep=engine.keep(case)),
        *denials.judge_denials(case, way, in_effect),
        *_feeds(case, gathered),
    ]
    turned = exceptions.apply(case.policy.exceptions, findings, digest=case.digest, now=case.now)
    return Outcome(case=counting, findings=tuple(turned), walk=way)


def _feeds(case: Case, gathered: Gathered) -> Iterator[Finding]:
    for policy in nested(case.policy):
        if policy.revocations is not None:
            given = gathered.feeds.get(policy.digest)
            own = denials.in_force([(f"the policy {policy.name}", policy.deny)], now=case.now)
            yield feed.judge_feed(policy, policy.revocations, given, now=case.now, denials=own)


def _denials(case: Case, gathered: Gathered) -> Denials:
    """All that is revoked anywhere in the policy or in those that it names: a denial is one wherever it stands."""
    sources: list[tuple[str, Sequence[Revocation]]] = []
    for policy in nested(case.policy):
        sources.append((f"the policy {policy.name}", policy.deny))
        given = gathered.feeds.get(policy.digest)
        if given is not None and given.revocations is not None:
            sources.append((given.source, given.revocations.entries))
    return denials.in_force(sources, now=case.now)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Engine:
    """The rules about claims, over the facts that count."""

    demands: Demands
    denials: Denials

    def claims(self, case: Case) -> list[Finding]:
        counting = self.denials.keep(case.judged)
        findings = self.demands(replace(case, judged=counting))
        if counting is case.judged:
            return findings
        return [_worse(pair) for pair in _paired(findings, self.demands(case))]

    def ancestor(self, case: Case) -> list[Finding]:
        """An ancestor by all that a policy asks of a version, but for its own ancestors, which the walk comes to."""
        current = replace(case, judged=in_force(case.judged, now=case.now))
        findings = [*self.claims(current), *denials.judge_itself(current, self.denials)]
        return exceptions.apply(case.policy.exceptions, findings, digest=case.digest, now=case.now)

    def keep(self, case: Case) -> Callable[[Judged], Judged]:
        return lambda judged: self.denials.keep(in_force(judged, now=case.now))


def _paired(first: list[Finding], second: list[Finding]) -> list[tuple[Finding, ...]]:
    """What the same rules found twice: side by side, and where a rule found more once, that as well."""
    if [each.rule for each in first] == [each.rule for each in second]:
        return [*zip(first, second, strict=True)]
    return [(each,) for each in [*first, *(each for each in second if each.stands_in_the_way)]]


def _worse(pair: tuple[Finding, ...]) -> Finding:
    return max(pair, key=lambda each: (_WORST.get(each.status, 0), each.exit_status if each.code else 0))
