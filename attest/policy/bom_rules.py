"""The rules about what the ML-BOM fills in: the fields of a profile, licences that will do, datasets that are governed.

All of them are judged over the ML-BOMs that `require.ml-bom` accepts. What nobody says is unknown, and unknown is never
allowed: a licence that is no SPDX expression, a dataset of which nobody said whether it holds personal data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from attest.claims import spdx
from attest.claims.bom_profiles import TITLES
from attest.claims.bom_readiness import assess
from attest.claims.mlbom import MLBOM
from attest.claims.spdx import Join
from attest.claims.training import Operation, Role
from attest.policy.bom_demands import Part
from attest.policy.case import Problem, failed
from attest.policy.lineage import role_problems
from attest.policy.verdict import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attest.claims.spdx import Expression, Licence
    from attest.claims.training import Input
    from attest.policy.bom_demands import LicenceDemand
    from attest.policy.case import Case
    from attest.policy.requirements import BOMDemand
    from attest.verify.facts import Fact

PROFILE: Final = "bom-profile"
LICENCES: Final = "licences"
DATASETS: Final = "datasets"
_UNKNOWN: Final = {"licence-unknown", "dataset-not-governed", "lineage-unknown"}
"""Problems that say: nobody knows."""

_SHOWN: Final = 4


def judge(case: Case, demand: BOMDemand) -> list[Finding]:
    """One finding for each profile, one for licences and one for datasets, where they are asked."""
    facts = [fact for fact in case.accepted(demand) if isinstance(fact.claim, MLBOM)]
    boms = [fact.claim for fact in facts if isinstance(fact.claim, MLBOM)]
    findings = [_profile(case, profile, facts) for profile in demand.profiles]
    if demand.licences is not None:
        problems = [each for bom in boms for each in _licence_problems(demand.licences, bom)]
        findings.append(_finding(case, LICENCES, facts, problems, _licence_summary(demand.licences, boms)))
    if demand.governed:
        problems = [each for bom in boms for each in _dataset_problems(bom)]
        count = len({item.name for bom in boms for item in _datasets(bom)})
        summary = f"{count} dataset{'' if count == 1 else 's'} with licence, owner and statement on personal data"
        findings.append(_finding(case, DATASETS, facts, problems, summary))
    return findings


def _finding(case: Case, rule: str, facts: Sequence[Fact], problems: Sequence[Problem], summary: str) -> Finding:
    if not facts:
        expected = "an ML-BOM that holds"
        return Finding(rule=rule, status=Status.UNKNOWN, code="evidence-missing", expected=expected, found="none")
    if not problems:
        return case.passed(rule, summary, facts)
    finding = failed(rule, list(dict.fromkeys(problems)), facts, signer=case.policy.describe(facts[0].signer))
    unknown = all(problem.code in _UNKNOWN for problem in problems)
    return replace(finding, status=Status.UNKNOWN) if unknown else finding


def _profile(case: Case, profile: str, facts: Sequence[Fact]) -> Finding:
    problems = []
    for fact in facts:
        lacking = assess(fact.statement.predicate, profile=profile, signed=True).lacking
        if lacking:
            named = [f"{each.field.name} ({each.state})" for each in lacking]
            more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
            problems.append(
                Problem(
                    code="bom-incomplete",
                    expected=f"every field of {TITLES[profile]} that an ML-BOM can fill",
                    found=f"without {', '.join(named[:_SHOWN])}{more}",
                    hint="\n".join(f"{each.field.title}: {each.field.supply}" for each in lacking[:_SHOWN]),
                )
            )
    return _finding(case, PROFILE, facts, problems, f"{TITLES[profile]}: complete")


def _datasets(bom: MLBOM) -> list[Input]:
    return [item for item in bom.inputs if item.role is Role.DATASET]


def _none_stated(bom: MLBOM) -> list[Problem]:
    """Where the operation needs datasets and none is stated, nothing is known of any."""
    return [] if _datasets(bom) else role_problems(Role.DATASET, bom.operation or Operation.UNSPECIFIED, bom.inputs)


def _licence_problems(demand: LicenceDemand, bom: MLBOM) -> Iterator[Problem]:
    if Part.MODEL in demand.parts:
        yield from _licence_problem(demand, "the model", bom.licence)
    if Part.DATASETS in demand.parts:
        yield from _none_stated(bom)
        for item in _datasets(bom):
            yield from _licence_problem(demand, f"dataset {item.name}", item.licence)


def _licence_problem(demand: LicenceDemand, what: str, text: str | None) -> Iterator[Problem]:
    expected = _in_words(demand)
    expression = None if text is None else spdx.parse(text)
    if expression is None:
        found = "nobody says" if text is None else f"'{text[:80]}', which is no SPDX expression"
        yield Problem(code="licence-unknown", expected=expected, found=f"{what}: {found}")
    elif not _will_do(demand, expression):
        known = all(each.is_known for each in spdx.licences_in(expression))
        found = f"{what}: {str(text)[:120]}"
        yield Problem(code="licence-not-allowed" if known else "licence-unknown", expected=expected, found=found)


def _will_do(demand: LicenceDemand, expression: Expression) -> bool:
    """Of `OR` one may be chosen; with `AND` all hold at once."""
    if isinstance(expression, spdx.Joined):
        parts = [_will_do(demand, part) for part in expression.parts]
        return any(parts) if expression.by is Join.ANY else all(parts)
    if _is_denied(demand, expression):
        return False
    if expression in demand.allow or replace(expression, later=False) in demand.allow:
        return True
    return not demand.allow and expression.is_listed


def _is_denied(demand: LicenceDemand, licence: Licence) -> bool:
    """What stands on the list, with later versions and with exceptions, unless that very form is allowed."""
    if licence in demand.allow:
        return False
    names = {licence.id, licence.family}
    return any(licence == denied or (denied.exception is None and denied.id in names) for denied in demand.deny)


def _in_words(demand: LicenceDemand) -> str:
    allowed = " or ".join(map(str, demand.allow)) if demand.allow else "a licence of SPDX"
    denied = f", and not {' or '.join(map(str, demand.deny))}" if demand.deny else ""
    return f"{allowed}{denied}"


def _licence_summary(demand: LicenceDemand, boms: Sequence[MLBOM]) -> str:
    found: dict[str, None] = {}
    for bom in boms:
        if Part.MODEL in demand.parts:
            found[f"model {bom.licence}"] = None
        if Part.DATASETS in demand.parts:
            found |= dict.fromkeys(f"{item.name} {item.licence}" for item in _datasets(bom))
    return ", ".join(list(found)[:_SHOWN]) + ("" if len(found) <= _SHOWN else f" and {len(found) - _SHOWN} more")


def _dataset_problems(bom: MLBOM) -> Iterator[Problem]:
    yield from _none_stated(bom)
    for item in _datasets(bom):
        lacking = []
        expression = None if item.licence is None else spdx.parse(item.licence)
        if expression is None or not all(each.is_known for each in spdx.licences_in(expression)):
            lacking.append("known licence")
        if not any(_says_something(name) for name in item.governance.values()):
            lacking.append("owner")
        if item.personal_data is None:
            lacking.append("statement on personal data")
        if lacking:
            yield Problem(
                code="dataset-not-governed",
                expected="each dataset with its licence, who answers for it, and whether it holds personal data",
                found=f"dataset {item.name}: no {', no '.join(lacking)}",
            )


def _says_something(text: str) -> bool:
    return text.strip().lower() not in {"", "unknown", "noassertion", "none", "unspecified"}


def explain(demand: BOMDemand) -> list[str]:
    """The demands in sentences."""
    found = [f"its ML-BOM fills in every field of {TITLES[profile]} that an ML-BOM can" for profile in demand.profiles]
    if demand.licences is not None:
        whose = " and ".join("the model" if part is Part.MODEL else "each dataset" for part in demand.licences.parts)
        found.append(f"the licence of {whose} is known, and is {_in_words(demand.licences)}")
    if demand.governed:
        found.append("each dataset has a licence, somebody who answers for it, and a statement on personal data")
    return found
