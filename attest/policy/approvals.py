"""The rule about approvals: enough people who did not make the version approved it, and none of them rejected it.

require:
  approvals:
    - by: [reviewer]
      count: 2
      meaning: reviewed and approved for production use
      alias: production
      covers: demanded
      at: use

Whoever signed the version's model signature, provenance or ML-BOM is its publisher, and cannot approve it. Nobody
counts twice. A rejection by one of them counts against the version, whenever it was made and whatever else is there,
and so does what nobody can read: it may be one.

`covers`: an approval is about the claims that it lists. `demanded`: for each claim that the policy demands, one at
least on which it rests has to be on the list; or a list of kinds of claim that have to be; or `version`, for no list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from attest.claims import approval
from attest.claims.approval import Decision
from attest.claims.predicates import APPROVAL, ML_BOM, MODEL_SIGNATURE, PROVENANCE, word_for
from attest.claims.signer_name import SignerName
from attest.errors import MalformedEvidence
from attest.policy import entries
from attest.policy.case import Problem, failed
from attest.policy.moments import When, moment
from attest.policy.persons import name_of, person_of, stands_for_several
from attest.policy.reading import read_predicate_type, read_texts, read_word
from attest.policy.requirements import ClaimDemand
from attest.policy.verdict import Finding, Status
from attest.trust.times import shown
from attest.verify.binding import own_name
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attest.claims.approval import Approval
    from attest.policy.case import Case
    from attest.policy.requirements import Identity
    from attest.strict_yaml import Document, NodePath
    from attest.verify.facts import Fact

RULE: Final = "approvals"
DEMANDED: Final = "demanded"
VERSION: Final = "version"
_MOST: Final = 20
_PEOPLE: Final = "approvals by people who did not make it, for this, having seen it"
_MADE_BY: Final = (MODEL_SIGNATURE, PROVENANCE, ML_BOM)
"""Claims of those who made the version."""


class ApprovalDemand(ClaimDemand, frozen=True, kw_only=True):
    """Approvals.

    Args:
        count: by how many people.
        meanings: what the signature has to stand for, one of these words for word; empty for anything.
        alias: the use for which it is asked; approvals for another one alone do not count.
        covers: the predicate types of which one claim each has to have been before the reviewer; `None` for all that
            the policy demands, empty for none.
        when: as of when its expiry is judged.
    """

    count: int = 1
    meanings: tuple[str, ...] = ()
    alias: str | None = None
    covers: tuple[str, ...] | None = None
    when: When = When.PROMOTION


class _Count(Struct, kw_only=True):
    """Who approved, and why what else there is does not count."""

    people: dict[str, str] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    aside: list[Problem] = field(default_factory=list)


def read(document: Document, path: NodePath, value: Any, known: Mapping[str, Identity]) -> tuple[ApprovalDemand, ...]:
    """The key `require.approvals`.

    Raises:
        PolicyError: anything about it is not understood.
    """
    return tuple(_read_one(document, where, item, known) for where, item in entries.listed(document, path, value))


def _read_one(
    document: Document, path: NodePath, item: dict[str, Any], known: Mapping[str, Identity]
) -> ApprovalDemand:
    by = entries.by(document, path, item, known)
    count = entries.whole(document, path, item, "count", least=1, most=_MOST) or 1
    if count > len(by) and not any(stands_for_several(known[name]) for name in by):
        raise document.error(
            (*path, "count"),
            f"{len(by)} of them cannot be {count} different people",
            code="too-few-people",
            expected=f"{count} identities or more, or a pattern that stands for several people",
        )
    return ApprovalDemand(
        predicate_type=APPROVAL,
        by=by,
        count=count,
        meanings=read_texts(document, (*path, "meaning"), item["meaning"]) if "meaning" in item else (),
        alias=entries.text(document, path, item, "alias") if "alias" in item else None,
        covers=_covers(document, (*path, "covers"), item.get("covers", DEMANDED)),
        when=read_word(document, (*path, "at"), item["at"], When) if "at" in item else When.PROMOTION,
    )


def _covers(document: Document, path: NodePath, value: Any) -> tuple[str, ...] | None:
    if value == DEMANDED:
        return None
    if value == VERSION:
        return ()
    words = read_texts(document, path, value)
    where = [(*path, index) if isinstance(value, list) else path for index in range(len(words))]
    return tuple(read_predicate_type(document, place, word) for place, word in zip(where, words, strict=True))


def judge(case: Case, demand: ApprovalDemand) -> Finding:
    """So many people approved, none of whom made it, and none of those who may approve rejected it."""
    facts = case.accepted(demand)
    if not facts:
        return case.missing(RULE, demand)
    if not _makers(case):
        expected = "to know who published the version, whose own approval would not count"
        found = "no model signature, provenance or ML-BOM that holds"
        return Finding(rule=RULE, status=Status.UNKNOWN, code="publisher-unknown", expected=expected, found=found)
    problems: list[Problem] = []
    against: list[Fact] = []
    counted = _Count()
    for fact in facts:
        before = len(problems)
        try:
            said = approval.parse(fact.statement)
        except MalformedEvidence as error:
            problems.append(_unread(error))
        else:
            if said.decision is Decision.REJECT:
                problems += _rejection(case, demand, fact, said)
            else:
                _weigh(case, demand, fact, said, counted)
        against += [fact] if len(problems) > before else []
    if len(counted.people) < demand.count:
        problems.append(_too_few(case, demand, counted))
    if problems:
        decisive = against or facts
        return failed(RULE, problems, decisive, signer=case.policy.describe(decisive[0].signer))
    count = len(counted.people)
    names = ", ".join(sorted(counted.people.values()))
    return case.passed(RULE, f"{count} approval{'' if count == 1 else 's'}: {names}", counted.facts)


def _makers(case: Case) -> set[str]:
    """Who made the version, as far as its claims tell: also somebody of whom the policy asks nothing of the kind."""
    return {person_of(case.policy, fact) for fact in case.judged.facts if fact.statement.predicate_type in _MADE_BY}


def _unread(error: MalformedEvidence) -> Problem:
    """Somebody who may reject said something that cannot be read: it may be a rejection."""
    found = "; ".join(part for part in (error.message, error.found) if part)
    expected = error.expected or "approvals that can be read in one way"
    return Problem(code=error.code, expected=expected, found=found, exit_status=error.exit_status)


def _rejection(case: Case, demand: ApprovalDemand, fact: Fact, said: Approval) -> list[Problem]:
    """Rejections do not run out; only one that is for another use alone is none for this one."""
    if demand.alias is not None and said.alias not in (None, demand.alias):
        return []
    why = f": {said.comment}" if said.comment else ""
    found = f"{name_of(case.policy, fact)}: {said.meaning}{why}"
    return [Problem(code="rejected", expected="no rejection", found=f"rejected by {found[:200]}")]


def _weigh(case: Case, demand: ApprovalDemand, fact: Fact, said: Approval, counted: _Count) -> None:
    """Count an approval, or keep why it does not count."""
    name = name_of(case.policy, fact)
    problem = _shortcoming(case, demand, fact, said)
    if problem is None:
        counted.people.setdefault(person_of(case.policy, fact), name)
        counted.facts.append(fact)
    else:
        counted.aside.append(replace(problem, found=f"{name} {problem.found}"))


def _shortcoming(case: Case, demand: ApprovalDemand, fact: Fact, said: Approval) -> Problem | None:
    """Why an approval is not one for this; `None` where it is."""
    if person_of(case.policy, fact) in _makers(case):
        return Problem(code="approver-is-publisher", expected=_PEOPLE, found="published it")
    if demand.meanings and said.meaning not in demand.meanings:
        return Problem(code="approval-meaning", expected=_PEOPLE, found=f"signed for '{said.meaning[:80]}'")
    use = demand.alias or case.gathered.use
    if said.log is not None or said.alias not in (None, use):
        what = "one log" if said.alias in (None, use) else said.alias
        return Problem(code="approval-scope", expected=_PEOPLE, found=f"approved it for {what} alone")
    if said.expires is not None and said.expires < moment(case, demand.when):
        return Problem(code="approval-expired", expected=_PEOPLE, found=f"approved it until {shown(said.expires)}")
    uncovered = _uncovered(case, demand, said)
    if uncovered:
        found = f"had no {' and no '.join(uncovered[:3])} before him"
        return Problem(code="approval-not-covering", expected=_PEOPLE, found=found)
    return None


def _uncovered(case: Case, demand: ApprovalDemand, said: Approval) -> list[str]:
    """The kinds of claim of which the reviewer lists none that is there."""
    listed = set(said.reviewed)

    def is_listed(facts: Sequence[Fact]) -> bool:
        return any((_identity(fact)) in listed for fact in facts)

    if demand.covers is None:
        others = [each for each in case.policy.demands if not isinstance(each, ApprovalDemand)]
        needed = [(word_for(each.predicate_type), _support(case, each)) for each in others]
    else:
        needed = [
            (word_for(kind), [fact for fact in case.judged.facts if fact.statement.predicate_type == kind])
            for kind in demand.covers
        ]
    return list(dict.fromkeys(word for word, facts in needed if not is_listed(facts)))


def _support(case: Case, demand: ClaimDemand) -> Sequence[Fact]:
    """The claims of which one will do, as the rule of its own demand has it."""
    if case.policy.evaluations or case.policy.scans:
        from attest.policy import evaluations, scans  # noqa: PLC0415  # as slow to import as to judge by

        if isinstance(demand, evaluations.EvaluationDemand):
            return evaluations.supporting(case, demand)
        if isinstance(demand, scans.ScanDemand):
            return scans.supporting(case, demand)
    return case.accepted(demand)


def _identity(fact: Fact) -> approval.Reviewed:
    """A claim is its words together with its signer: bundles can be spelt anew (docs/formats.md)."""
    signer = SignerName.parse(own_name(fact.signer, fact.proven))
    return approval.Reviewed(claim=Digest.of(fact.statement.raw), signer=signer)


def _too_few(case: Case, demand: ApprovalDemand, counted: _Count) -> Problem:
    """The reason of the first that does not count, where none counts; else that there are too few."""
    what = "1 approval" if demand.count == 1 else f"{demand.count} approvals"
    expected = f"{what} by {case.policy.describe_identities(demand.by)}"
    if demand.meanings:
        expected += f" for '{' or '.join(demand.meanings)}'"
    there = ", ".join(sorted(counted.people.values())) or "none that counts"
    reasons = list(dict.fromkeys(each.found for each in counted.aside))
    found = "; ".join([there, *reasons[:3]])
    if counted.aside and not counted.people:
        return replace(counted.aside[0], expected=expected, found=found)
    return Problem(code="approvals-too-few", expected=expected, found=found)


def explain(demand: ApprovalDemand, *, by: str) -> list[str]:
    """The demand in sentences.

    Args:
        demand: the demand.
        by: "signed by …", as elsewhere.
    """
    people = "somebody" if demand.count == 1 else f"{demand.count} different people"
    meaning = f" with the words '{' or '.join(demand.meanings)}'" if demand.meanings else ""
    alias = f" for {demand.alias}" if demand.alias else ""
    if demand.covers is None:
        what = "having seen what the policy demands"
    else:
        what = f"having seen its {', '.join(map(word_for, demand.covers))}" if demand.covers else "as a version"
    moment_of_expiry = "at each use" if demand.when is When.USE else "when it is promoted"
    expiry = f"{moment_of_expiry}, the approval must not have run out"
    return [
        f"{people} who did not publish it approved it{alias}{meaning}, {what}, {by}; {expiry}",
        "none of those who may approve it rejected it",
    ]
