"""The rules about claims: is there a model signature, a provenance, an ML-BOM, by whom, and saying what is asked.

Where an identity signed several claims of one type, every one of them has to hold: nobody chooses the convenient one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attest.claims.agreement import disagreements
from attest.claims.mlbom import MLBOM
from attest.claims.predicates import APPROVAL, EVALUATION, TEST_RESULT, VERIFICATION_SUMMARY, word_for
from attest.claims.provenance import Provenance
from attest.claims.signature import ModelSignature
from attest.claims.training import Role, Standing
from attest.policy.case import Problem, failed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attest.claims.training import Input, Source
    from attest.policy.case import Case
    from attest.policy.requirements import BOMDemand, ClaimDemand, ProvenanceDemand
    from attest.policy.verdict import Finding

_SAYS_YES: Final[Mapping[str, tuple[str, str]]] = {
    TEST_RESULT: ("result", "PASSED"),
    VERIFICATION_SUMMARY: ("verificationResult", "PASSED"),
    EVALUATION: ("result", "passed"),
    APPROVAL: ("decision", "approve"),
}
"""Predicate type → the field that holds its answer, and the one answer that counts for a version: a signed rejection
is an approval claim too."""

_COMMIT_SHOWN = 7
_INPUTS_SHOWN = 3
_WORDS = {
    Role.DATASET: "dataset",
    Role.BASE_MODEL: "base",
    Role.TEACHER_MODEL: "teacher",
    Role.ADAPTER_BASE: "adapter of",
    Role.EMBEDDING_MODEL: "embedding model",
    Role.INDEX: "index",
    Role.PROMPTS: "prompts",
}


def judge_signature(case: Case, demand: ClaimDemand) -> Finding:
    """A model signature over exactly the version's files; the verifier has compared them."""
    facts = case.accepted(demand)
    if not facts:
        return case.missing("signature", demand)
    count = max(len(claim.paths) for claim in case.claims(demand, ModelSignature))
    return case.passed("signature", f"model signature over {count} file{'' if count == 1 else 's'}", facts)


def judge_provenance(case: Case, demand: ProvenanceDemand) -> Finding:
    """A provenance, with the builder, source and operation that are asked for."""
    facts = case.accepted(demand)
    if not facts:
        return case.missing("provenance", demand)
    claims = case.claims(demand, Provenance)
    problems = [problem for claim in claims for problem in _expectations(claim, demand)]
    if demand.asks_build:
        from attest.policy import builds  # noqa: PLC0415  # most policies ask none of it

        for fact in facts:
            if isinstance(fact.claim, Provenance):
                problems += builds.problems(fact, fact.claim, demand)
    if problems:
        return failed("provenance", problems, facts, signer=case.policy.describe(facts[0].signer))
    return case.passed("provenance", _summary(claims[0]), facts)


def _expectations(claim: Provenance, demand: ProvenanceDemand) -> list[Problem]:
    problems = []
    if demand.builders and claim.builder not in demand.builders:
        problems.append(
            Problem(
                code="builder-not-accepted", expected=f"builder {' or '.join(demand.builders)}", found=claim.builder
            )
        )
    if demand.operations and claim.operation not in demand.operations:
        expected = " or ".join(operation.value for operation in demand.operations)
        problems.append(
            Problem(code="operation-not-accepted", expected=f"operation {expected}", found=claim.operation.value)
        )
    if demand.repositories:
        stated = claim.source.uri if claim.source else None
        if _repository(stated or "") not in {_repository(accepted) for accepted in demand.repositories}:
            expected = " or ".join(demand.repositories)
            problems.append(
                Problem(
                    code="source-not-accepted", expected=f"source {expected}", found=stated or "no repository stated"
                )
            )
    if demand.clean:
        problems += source_problems(claim.source, clean=True)
    return problems


def source_problems(source: Source | None, *, clean: bool) -> list[Problem]:
    """What is wrong with the stated code.

    Args:
        source: the code, where a claim states it.
        clean: whether a commit is not enough.
    """
    if source is None or source.commit is None:
        return [Problem(code="source-unknown", expected="a commit", found="no commit stated")]
    if clean and source.clean is not True:
        return [
            Problem(
                code="source-not-clean",
                expected="a clean commit",
                found=_source_words(source) + ("" if source.clean is False else ", nobody said whether clean"),
            )
        ]
    return []


def _repository(uri: str) -> str:
    """One spelling per repository: SPDX's `git+`, a trailing `.git` or `/`, and a missing scheme make no difference."""
    plain = uri.removeprefix("git+").rstrip("/").removesuffix(".git")
    return plain if "://" in plain or not plain else f"https://{plain}"


def _source_words(source: Source) -> str:
    text = f"git {(source.commit or '')[:_COMMIT_SHOWN]}"
    if source.clean is True:
        return f"{text}, clean"
    if source.clean is False:
        changes = f" with {source.changes} uncommitted change{'' if source.changes == 1 else 's'}"
        return f"{text}{changes}" if source.changes else f"{text}, not clean"
    return text


def _summary(claim: Provenance) -> str:
    parts = []
    if claim.source is not None and claim.source.commit is not None:
        commit = f"git {claim.source.commit[:_COMMIT_SHOWN]}"
        parts.append(commit + {True: ", clean", False: ", not clean", None: ""}[claim.source.clean])
    else:
        parts.append("no code stated")
    parts += _inputs(claim.inputs)
    return "; ".join(parts)


def _inputs(inputs: Sequence[Input]) -> list[str]:
    shown = [item for item in inputs if item.role in _WORDS]
    words = [f"{_WORDS[item.role]} {item.name} {_digest_words(item)}" for item in shown[:_INPUTS_SHOWN]]
    return words + ([f"{len(shown) - _INPUTS_SHOWN} more inputs"] if len(shown) > _INPUTS_SHOWN else [])


def _digest_words(item: Input) -> str:
    return "unknown" if item.digest is None or item.standing is Standing.UNKNOWN else item.digest.short


def judge_ml_bom(case: Case, demand: BOMDemand) -> Finding:
    """An ML-BOM that, where that is asked, contradicts no provenance."""
    facts = case.accepted(demand)
    if not facts:
        return case.missing("ml-bom", demand)
    boms = case.claims(demand, MLBOM)
    summary = f"CycloneDX {boms[0].spec}"
    if not demand.consistent:
        return case.passed("ml-bom", summary, facts)
    provenances = case.claims(case.policy.provenance, Provenance)
    if not provenances:
        problem = Problem(
            code="evidence-missing", expected="a provenance to compare the ML-BOM with", found="none that holds"
        )
        return failed("ml-bom", [problem], facts)
    differences = [text for bom in boms for provenance in provenances for text in disagreements(provenance, bom)]
    if differences:
        expected = "an ML-BOM that agrees with the provenance"
        problems = [
            Problem(code="claims-disagree", expected=expected, found=text) for text in dict.fromkeys(differences)
        ]
        return failed("ml-bom", problems, facts, signer=case.policy.describe(facts[0].signer))
    return case.passed("ml-bom", f"{summary}, agrees with the provenance", facts)


def judge_claim(case: Case, demand: ClaimDemand) -> Finding:
    """Any other claim: that it was made, by whom, and that it does not say no."""
    facts = case.accepted(demand)
    if not facts:
        return case.missing("claims", demand)
    word = word_for(demand.predicate_type)
    field, good = _SAYS_YES.get(demand.predicate_type, ("", ""))
    answers = [fact.statement.predicate.get(field) for fact in facts] if field else []
    problems = [
        Problem(code="claim-negative", expected=f"{word} that says {good}", found=f"{field} {str(answer)[:80]}")
        for answer in answers
        if answer != good
    ]
    if problems:
        return failed("claims", problems, facts, signer=case.policy.describe(facts[0].signer))
    return case.passed("claims", word, facts)
