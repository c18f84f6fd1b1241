"""One version before one policy: what the rules look at, and the findings they make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from attest.claims.predicates import word_for
from attest.errors import EvidenceMissing, SignerNotTrusted
from attest.policy.ancestry import NOTHING
from attest.policy.verdict import Finding, Status, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from attest.policy.ancestry import Gathered
    from attest.policy.requirements import ClaimDemand, Policy
    from attest.verify.facts import Fact, Judged, Rejected
    from attest_registry.digest import Digest

Read = TypeVar("Read")
_SHOWN = 3


class Case(Struct, frozen=True, kw_only=True):
    """What is judged.

    Args:
        policy: by what.
        judged: the evidence after verification.
        digest: what identifies what is judged: a manifest digest, or a folder's OMS root.
        files: path → digest of its files.
        reference: what was asked for, in its pinned form where it is one.
        now: the time to judge at, with its zone.
        gathered: what was found beside the version's own evidence.
        stands_in: the verdict of somebody named that stands in for the evaluation; `None` where there is none.
    """

    policy: Policy
    judged: Judged
    digest: Digest
    files: Mapping[str, Digest]
    reference: str
    now: datetime
    gathered: Gathered = NOTHING
    stands_in: Fact | None = None

    @property
    def decisive(self) -> tuple[Fact, ...]:
        """The facts that the verdict rests on: the one that stands in, or all that are demanded."""
        if self.stands_in is not None:
            return (self.stands_in,)
        return tuple(fact for demand in self.policy.demands for fact in self.accepted(demand))

    def accepted(self, demand: ClaimDemand) -> tuple[Fact, ...]:
        """The facts of the demanded type by one of the demanded identities. All of them have to hold."""
        return tuple(fact for fact in self._of_types(demand.types) if self._by(fact, demand.by))

    def claims(self, demand: ClaimDemand | None, kind: type[Read]) -> tuple[Read, ...]:
        """What those facts say, as values."""
        facts: Sequence[Fact] = () if demand is None else self.accepted(demand)
        return tuple(fact.claim for fact in facts if isinstance(fact.claim, kind))

    def _of_types(self, types: Sequence[str]) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.judged.facts if fact.statement.predicate_type in types)

    def _by(self, fact: Fact, names: Sequence[str]) -> bool:
        identity = self.policy.identity_of(fact.signer)
        return identity is not None and identity.name in names

    def passed(self, rule: str, summary: str, facts: Sequence[Fact]) -> Finding:
        """A rule that holds, with who signed what it rests on."""
        signers = dict.fromkeys(self.policy.describe(fact.signer) for fact in facts)
        return Finding(
            rule=rule,
            status=Status.PASSED,
            summary=summary,
            evidence=facts[0].evidence.digest if facts else None,
            signer=", ".join(signers) or None,
        )

    def missing(self, rule: str, demand: ClaimDemand) -> Finding:
        """Why there is no accepted fact: the most serious reason among the evidence of that type, or none at all."""
        word = word_for(demand.predicate_type)
        expected = f"{word} by {self.policy.describe_identities(demand.by)}"
        strangers = self._of_types(demand.types)
        rejected = self._rejected(demand.types)
        if rejected and (rejected[0].error.exit_status > SignerNotTrusted.exit_status or not strangers):
            return self._decided_by(rule, rejected, expected=expected)
        if strangers:
            return Finding(
                rule=rule,
                status=Status.FAILED,
                code=SignerNotTrusted.code,
                expected=expected,
                found=f"{word} by {self.policy.describe(strangers[0].signer)}",
                evidence=strangers[0].evidence.digest,
                signer=self.policy.describe(strangers[0].signer),
                step=Step.VERIFY,
            )
        return Finding(
            rule=rule,
            status=Status.FAILED,
            code=EvidenceMissing.code,
            expected=expected,
            found="none signed",
            step=Step.COLLECT,
        )

    def _rejected(self, types: Sequence[str]) -> list[Rejected]:
        """Evidence of a kind that did not hold, worst first; then what could not even be read and may have been it."""
        candidates = [each for each in self.judged.rejected if each.predicate_type in {*types, None}]
        return sorted(
            candidates,
            key=lambda each: (each.predicate_type is None, -each.error.exit_status, each.evidence.digest),
        )

    def _decided_by(self, rule: str, rejected: Sequence[Rejected], *, expected: str) -> Finding:
        worst = rejected[0]
        error = worst.error
        found = "; ".join(part for part in (error.message, error.found) if part)
        if error.code == SignerNotTrusted.code:
            found = error.found or error.message
        if error.expected and error.code != SignerNotTrusted.code:
            expected = error.expected
        if len(rejected) > 1:
            found += f" (and {len(rejected) - 1} more that did not hold)"
        return Finding(
            rule=rule,
            status=Status.FAILED,
            code=error.code,
            exit_status=error.exit_status,
            expected=expected,
            found=found,
            evidence=worst.evidence.digest,
            signer=worst.key_hint,
            hint=error.hint,
            step=Step.VERIFY,
        )


class Problem(Struct, frozen=True, kw_only=True):
    """One thing that a rule finds wrong.

    Args:
        code: stable code.
        expected: what should have been.
        found: what was.
        exit_status: 1, or 3 where it is a contradiction rather than a refusal.
        hint: what to do.
    """

    code: str
    expected: str
    found: str
    exit_status: int = 1
    hint: str | None = None


def failed(rule: str, problems: Sequence[Problem], facts: Sequence[Fact], **values: Any) -> Finding:
    """The finding of a rule that found something wrong; the worst problem gives code and exit status."""
    worst = max(problems, key=lambda problem: problem.exit_status)
    ordered = [worst, *(problem for problem in problems if problem is not worst)]
    more = f" (and {len(ordered) - _SHOWN} more)" if len(ordered) > _SHOWN else ""
    hints = dict.fromkeys(problem.hint for problem in ordered if problem.hint)
    return Finding(
        rule=rule,
        status=Status.FAILED,
        code=worst.code,
        exit_status=worst.exit_status,
        expected="; ".join(dict.fromkeys(problem.expected for problem in ordered[:_SHOWN])),
        found="; ".join(dict.fromkeys(problem.found for problem in ordered[:_SHOWN])) + more,
        evidence=facts[0].evidence.digest if facts else None,
        hint="\n".join(hints) or None,
        **values,
    )
