"""What a policy asks beyond the version's own claims: of its ancestors, of what was revoked, and what it excepts.

The rules about claims are given in as a function, since ancestors are judged by the very same ones. Where signatures
were revoked they run twice: without those, since they support nothing any more, and with them, since what they said
against the version stays said. So no denial ever allows anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from attest.policy import denials, lineage_ancestors
from attest.policy.in_force import in_force
from attest.policy.lineage_walk import Walk, walk
from attest.policy.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from attest.claims.revocations import Revocation
    from attest.policy.ancestry import Ancestor, Sought, Unreached
    from attest.policy.case import Case
    from attest.policy.denials import Denials
    from attest.policy.requirements import Policy
    from attest.policy.verdict import Finding
    from attest.verify.facts import Judged

    Demands: TypeAlias = Callable[[Case], list[Finding]]
    StoodIn: TypeAlias = Callable[[Case], tuple[Case, list[Finding]]]

_WORST: Final[Mapping[Status, int]] = {Status.FAILED: 2, Status.UNKNOWN: 1}


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


def ancestors(
    case: Case, look_for: Callable[[Sought, Policy], Ancestor | Unreached]
) -> dict[Sought, Ancestor | Unreached]:
    """What has to be gathered besides before the policy can be judged, each looked for once, nearest first.

    Args:
        case: the version, with all its facts, and the feeds that are at hand.
        look_for: finds one, verified against the identities of a policy.
    """
    found: dict[Sought, Ancestor | Unreached] = {}

    def look_once(sought: Sought, policy: Policy) -> Ancestor | Unreached:
        if sought not in found:
            found[sought] = look_for(sought, policy)
        return found[sought]

    if case.policy.goes_beyond:
        walk(case, look_once, to_the_roots=all_denials(case).reach_descendants)
    return found


class Outcome(Struct, frozen=True, kw_only=True):
    """What came out.

    Args:
        case: the version with the facts that count.
        findings: of the rules about claims, and of those about all that is beyond.
        walk: the way to its ancestors.
    """

    case: Case
    findings: tuple[Finding, ...]
    walk: Walk


def judge(case: Case, *, stood_in: StoodIn, demands: Demands) -> Outcome:
    """Judge a version with all that is beyond it.

    Args:
        case: the version, with all its facts. What was not gathered beside it is unknown, never passed.
        stood_in: the rules about a version's own claims, or a verdict that stands in for them and for its ancestors.
            Nothing stands in for what is revoked.
        demands: those rules alone, for ancestors.
    """
    in_effect = all_denials(case)
    engine = _Engine(demands=demands, denials=in_effect)
    way = walk(case, case.gathered.ancestors, to_the_roots=in_effect.reach_descendants)
    counting, findings = stood_in(replace(case, judged=in_effect.keep(case.judged)))
    if counting.stands_in is None:
        findings = engine.with_revoked(case, findings)
        findings += lineage_ancestors.judge_ancestors(counting, way, judge=engine.ancestor, keep=engine.keep(case))
    findings += _denied(case, way, in_effect)
    findings += _feeds(case)
    return Outcome(case=counting, findings=tuple(_excepted(case, findings)), walk=way)


def judge_move(case: Case) -> Iterator[Finding]:
    """Whoever gave an alias its version, for those who ask what the alias means and nothing of the version.

    Args:
        case: with the event that moved the alias, and the feeds that were found.
    """
    in_effect = all_denials(case)
    if in_effect.entries:
        from attest.policy import denied  # noqa: PLC0415  # most policies deny nothing

        yield from denied.judge_move(case, in_effect)
    yield from _feeds(case)


def _denied(case: Case, way: Walk, in_effect: Denials) -> list[Finding]:
    if not in_effect.entries:
        return []
    from attest.policy import denied  # noqa: PLC0415  # most policies deny nothing

    return denied.judge_denials(case, way, in_effect)


def _denied_itself(case: Case, in_effect: Denials) -> list[Finding]:
    if not in_effect.entries:
        return []
    from attest.policy import denied  # noqa: PLC0415

    return denied.judge_itself(case, in_effect)


def _excepted(case: Case, findings: list[Finding]) -> list[Finding]:
    if not case.policy.exceptions:
        return findings
    from attest.policy import exceptions  # noqa: PLC0415  # few policies make any

    return exceptions.apply(case.policy.exceptions, findings, digest=case.digest, now=case.now)


def _feeds(case: Case) -> Iterator[Finding]:
    for policy in nested(case.policy):
        if policy.revocations is not None:
            from attest.policy import feed  # noqa: PLC0415  # not every policy names one

            given = case.gathered.feeds.get(policy.digest)
            own = denials.in_force([(f"the policy {policy.name}", policy.deny)], now=case.now)
            yield feed.judge_feed(policy, policy.revocations, given, now=case.now, denials=own)


def all_denials(case: Case) -> Denials:
    """All that is revoked anywhere in the policy or in those that it names: a denial is one wherever it stands."""
    sources: list[tuple[str, Sequence[Revocation]]] = []
    for policy in nested(case.policy):
        sources.append((f"the policy {policy.name}", policy.deny))
        given = case.gathered.feeds.get(policy.digest)
        if given is not None and given.revocations is not None:
            sources.append((given.source, given.revocations.entries))
    return denials.in_force(sources, now=case.now)


class _Engine(Struct, frozen=True, kw_only=True):
    """The rules about claims, over the facts that count."""

    demands: Demands
    denials: Denials

    def with_revoked(self, case: Case, findings: list[Finding]) -> list[Finding]:
        """What the rules found without revoked signatures, and what they hold against the version with them."""
        if self.denials.keep(case.judged) is case.judged:
            return findings
        return _worse(findings, self.demands(case))

    def ancestor(self, case: Case) -> list[Finding]:
        """An ancestor by all that a policy asks of a version, but for its own ancestors, which the walk comes to."""
        current = replace(case, judged=in_force(case.judged, now=case.now))
        findings = self.demands(replace(current, judged=self.denials.keep(current.judged)))
        findings = [*self.with_revoked(current, findings), *_denied_itself(current, self.denials)]
        return _excepted(case, findings)

    def keep(self, case: Case) -> Callable[[Judged], Judged]:
        return lambda judged: self.denials.keep(in_force(judged, now=case.now))


def _worse(without: list[Finding], everything: list[Finding]) -> list[Finding]:
    """Of what the same rules found twice, the worse; where they cannot be told apart, both."""
    head, tail = without[: -len(everything) or None], without[-len(everything) :]
    if [each.rule for each in tail] == [each.rule for each in everything]:
        return [*head, *(max(pair, key=_badness) for pair in zip(tail, everything, strict=True))]
    return [*without, *(each for each in everything if each.stands_in_the_way and each not in without)]


def _badness(finding: Finding) -> tuple[int, int]:
    return (_WORST.get(finding.status, 0), finding.exit_status if finding.stands_in_the_way else 0)
