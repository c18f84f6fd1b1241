"""The rule about lineage: what a version was made from is stated, each with its digest. Unknown is never passed.

Silence is judged by the operation: a fine-tuned model has a base, a distilled one a teacher; where nobody said what
was done, nobody can say that nothing is missing. What ancestors have to be themselves is a rule of its own
(`lineage_ancestors.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attest.claims.behaviour import holds_weights
from attest.claims.mlbom import MLBOM
from attest.claims.provenance import Provenance
from attest.claims.training import Operation, Role, Standing
from attest.policy.case import Problem, failed
from attest.policy.requirements import LINEAGE_WORDS, Lineage, SourceState
from attest.policy.rules import source_problems
from attest.policy.verdict import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attest.claims.training import Input
    from attest.policy.case import Case
    from attest.policy.requirements import LineageDemand

_NEEDED: Final[Mapping[Operation, frozenset[Role]]] = {
    Operation.TRAIN: frozenset({Role.DATASET}),
    Operation.FINE_TUNE: frozenset({Role.DATASET, Role.BASE_MODEL}),
    Operation.DISTILL: frozenset({Role.DATASET, Role.TEACHER_MODEL}),
    Operation.MERGE: frozenset({Role.BASE_MODEL}),
    Operation.QUANTIZE: frozenset({Role.BASE_MODEL}),
    Operation.CONVERT: frozenset({Role.BASE_MODEL}),
    Operation.IMPORT: frozenset(),
    Operation.ASSEMBLE: frozenset(),
    Operation.UNSPECIFIED: frozenset({Role.DATASET, Role.BASE_MODEL, Role.TEACHER_MODEL}),
}
_STANDS_IN: Final[Mapping[Role, Role]] = {Role.BASE_MODEL: Role.ADAPTER_BASE}
"""An adapter's base is what a fine-tuning starts from as well."""

_WORDS: Final = {role: word for word, role in LINEAGE_WORDS.items()}


def judge_lineage(case: Case, demand: LineageDemand) -> Finding:
    """Every accepted provenance and ML-BOM states what is asked, with digests."""
    provenances = case.claims(case.policy.provenance, Provenance)
    boms = case.claims(case.policy.ml_bom, MLBOM)
    if not provenances and not boms:
        return Finding(rule="lineage", status=Status.NOT_REACHED, summary="not known: no provenance or ML-BOM holds")
    problems: list[Problem] = []
    claims: tuple[Provenance | MLBOM, ...] = (*provenances, *boms)
    for claim in claims:
        operation = claim.operation or Operation.UNSPECIFIED
        problems += _assembled_from_nothing(claim, demand)
        for role, word in demand.inputs.items():
            if word is Lineage.KNOWN:
                problems += role_problems(role, operation, claim.inputs)
        if demand.source is not SourceState.ANY:
            problems += source_problems(claim.source, clean=demand.source is SourceState.CLEAN)
    if problems:
        return failed("lineage", list(dict.fromkeys(problems)), ())
    return case.passed("lineage", _summary(demand, (provenances or boms)[0].inputs), ())


def _assembled_from_nothing(claim: Provenance | MLBOM, demand: LineageDemand) -> list[Problem]:
    """Weights that somebody says were put together came from somewhere; prompts and configuration are written."""
    if not isinstance(claim, MLBOM) or claim.operation is not Operation.ASSEMBLE or not holds_weights(claim.files):
        return []
    asks = demand.inputs.get(Role.BASE_MODEL) is Lineage.KNOWN
    if not asks or any(item.role in {Role.BASE_MODEL, Role.ADAPTER_BASE} for item in claim.inputs):
        return []
    expected = "base-model known by digest"
    return [Problem(code="lineage-unknown", expected=expected, found="none stated (operation assemble, with weights)")]


def role_problems(role: Role, operation: Operation, inputs: Sequence[Input]) -> list[Problem]:
    """Where the inputs of one role are not known by digest, or missing although the operation needs them."""
    stated = [item for item in inputs if item.role is role]
    unknown = [item for item in stated if item.digest is None or item.standing is Standing.UNKNOWN]
    expected = f"{_WORDS[role]} known by digest"
    problems = [
        Problem(code="lineage-unknown", expected=expected, found=f"{_WORDS[role]}: {item.name} of unknown origin")
        for item in unknown
    ]
    instead = any(item.role is _STANDS_IN.get(role) for item in inputs)
    if not stated and not instead and role in _NEEDED[operation]:
        what = f"operation {operation.value}" + ("" if operation is not Operation.UNSPECIFIED else ": nobody said")
        problems.append(Problem(code="lineage-unknown", expected=expected, found=f"none stated ({what})"))
    return problems


def _summary(demand: LineageDemand, inputs: Sequence[Input]) -> str:
    parts = []
    for role, word in demand.inputs.items():
        if word is Lineage.KNOWN:
            count = sum(item.role is role for item in inputs)
            parts.append(f"{_WORDS[role]} {f'known ({count})' if count else 'none'}")
    if demand.source is not SourceState.ANY:
        parts.append(f"source {demand.source.value}")
    return ", ".join(parts)
