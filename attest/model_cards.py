"""What a model card of a stored version is made from: its claims as far as they count, and what the policy says of it.

With a policy only what was verified gets into the card, by those whose word the policy takes. Without one everything is
what somebody states, and the card says at its top that nobody vouches for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from attest.admit import judge_version
from attest.boms import accepted, check_one, counts
from attest.cards.facts import Facts, Said, Source
from attest.claims import evaluation, mlbom, provenance
from attest.claims.agreement import disagreements, file_disagreements
from attest.claims.predicates import EVALUATION, ML_BOM, PROVENANCE, TEST_RESULT
from attest.describe import Ancestor, describe, stated_signer, unverified
from attest.errors import AttestError, EvidenceMissing, Incident, Refusal
from attest.policy.in_force import in_force
from attest.policy.verdict import Denied
from attest.stores import meant_in
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from attest.claims.evaluation import Evaluation
    from attest.claims.mlbom import MLBOM
    from attest.claims.provenance import Provenance
    from attest.claims.statement import Statement
    from attest.describe import Description
    from attest.policy.document import Policy
    from attest.policy.verdict import Verdict
    from attest.stores import Surroundings
    from attest.verify.facts import Fact
    from attest_registry.reference import Reference

_EVALUATIONS: Final = (EVALUATION, TEST_RESULT)


def facts_of(
    reference: Reference, *, surroundings: Surroundings, policy: Policy | None, now: datetime
) -> tuple[Facts, Description]:
    """Everything that the card of a version is made from, and the description that it was taken from.

    Args:
        reference: which version.
        surroundings: where it and its ancestors are looked for.
        policy: whose words count; without one, nothing is verified.
        now: the time to judge at.

    Raises:
        StoreError: the store could not be asked, or contradicts itself.
        NotFound: there is no such alias.
        Incident: the ML-BOM, or the model's log, does not hold.
        Denied: the version's evidence contradicts itself; with exit status 3.
        Refusal: several ML-BOMs say different things (`bom-ambiguous`).
    """
    repository = surroundings.repository_of(reference)
    if policy is None:
        meant = meant_in(surroundings, reference, repository, now=now)
        found = describe(meant, surroundings.repository_of, policy=None, now=now)
        return _stated(found), found
    judgement = judge_version(reference, repository, policy, now=now, surroundings=surroundings)
    verdict = judgement.verdict
    if verdict.exit_status == Incident.exit_status:
        raise Denied(verdict, reference=str(judgement.reference))
    found = describe(judgement.reference, surroundings.repository_of, policy=policy, now=now)
    found = replace(found, judged=in_force(judgement.judged, now=now))  # what is shown is what was judged
    return _verified(found, verdict, policy), found


def _verified(found: Description, verdict: Verdict, policy: Policy) -> Facts:
    problems: list[str] = []
    bom = _bom(found, policy, problems)
    provenances = _of(found.judged.facts, (PROVENANCE,), policy)
    said = _said_by(provenances[0], provenance.parse, policy) if provenances else None
    problems += _contradictions(found, bom, said)
    evaluations = []
    for fact in _of(found.judged.facts, _EVALUATIONS, policy):
        try:
            evaluations.append(_said_by(fact, evaluation.parse, policy))
        except AttestError as error:
            problems.append(f"an evaluation by {policy.describe(fact.signer)} cannot be read: {error.message}")
    lineage = found.lineage if said is not None and found.provenance == said.value else _from_bom(bom)
    facts = _facts(found, bom, said, evaluations, lineage=lineage)
    return replace(facts, judged_by=_judge_of(policy), verdict=verdict, problems=tuple(problems))


def _judge_of(policy: Policy) -> str:
    given = [identity for identity in policy.identities.values() if identity.given]
    named = [policy.describe(key) for identity in given for key in identity.keys]
    return f"{' or '.join(named)} alone" if named else f"policy {policy.name}"


def _bom(found: Description, policy: Policy, problems: list[str]) -> Said[MLBOM] | None:
    """The one that counts; why there is none belongs on the card, unless it is an incident."""
    try:
        facts = accepted(found.judged, policy, found.reference)
    except Refusal as error:
        problems.append(f"no ML-BOM counts: {error.message}")
        return None
    if not facts:
        problems.append("no ML-BOM is attached")
        return None
    check_one(found.reference, [(fact.statement, policy.describe(fact.signer)) for fact in facts])
    return _said_by(facts[0], mlbom.parse, policy)


def _of(facts: Iterable[Fact], types: tuple[str, ...], policy: Policy) -> list[Fact]:
    demand = policy.provenance if types == (PROVENANCE,) else None
    return [fact for fact in facts if fact.statement.predicate_type in types and counts(fact, policy, demand)]


def _said_by(fact: Fact, parse: Callable[[Statement], Any], policy: Policy) -> Said[Any]:
    return Said(
        value=parse(fact.statement),
        source=Source(
            signer=policy.describe(fact.signer),
            verified=True,
            evidence=fact.evidence.digest,
            words=Digest.of(fact.statement.raw),
        ),
    )


def _contradictions(found: Description, bom: Said[MLBOM] | None, said: Said[Provenance] | None) -> list[str]:
    """What keeps a card from being one story."""
    if bom is None:
        return []
    told = list(file_disagreements(found.artefact.files, bom.value))
    return told + (list(disagreements(said.value, bom.value)) if said is not None else [])


def _from_bom(bom: Said[MLBOM] | None) -> tuple[Ancestor, ...]:
    """What the version was made from, where no provenance counts."""
    if bom is None:
        return ()
    return tuple(
        Ancestor(
            role=item.role.value,
            name=item.title,
            digest=None if item.digest is None else str(item.digest),
            standing=item.standing.value,
            verified=bom.source.verified,
        )
        for item in bom.value.inputs
    )


def _stated(found: Description) -> Facts:
    """What bundles say, whoever signed them."""
    pieces = [(piece, unverified(piece)) for piece in (each.evidence for each in found.judged.rejected)]
    said = [
        (statement, Source(signer=stated_signer(piece), verified=False, evidence=piece.digest, words=_words(statement)))
        for piece, statement in pieces
        if statement is not None
    ]
    boms = [(statement, source) for statement, source in said if statement.predicate_type == ML_BOM]
    check_one(found.reference, [(statement, None) for statement, _ in boms])
    bom = next(iter(_read(boms, mlbom.parse)), None)
    told = next(iter(_read(((a, b) for a, b in said if a.predicate_type == PROVENANCE), provenance.parse)), None)
    measured = _read(((a, b) for a, b in said if a.predicate_type in _EVALUATIONS), evaluation.parse)
    return _facts(found, bom, told, measured, lineage=found.lineage or _from_bom(bom))


def _words(statement: Statement) -> Digest:
    return Digest.of(statement.raw)


def _read(said: Iterable[tuple[Statement, Source]], parse: Callable[[Statement], Any]) -> list[Said[Any]]:
    found = []
    for statement, source in said:
        try:
            found.append(Said(value=parse(statement), source=source))
        except AttestError:
            continue  # it is listed among the claims, with what is wrong with it
    return found


def _facts(
    found: Description,
    bom: Said[MLBOM] | None,
    said: Said[Provenance] | None,
    evaluations: list[Said[Evaluation]],
    *,
    lineage: tuple[Ancestor, ...],
) -> Facts:
    return Facts(
        reference=str(found.reference),
        model=found.reference.model,
        digest=found.artefact.digest,
        bom=bom,
        provenance=said,
        evaluations=tuple(evaluations),
        lineage=lineage,
        claims=found.evidence,
    )


def refuse_unverified(facts: Facts) -> None:
    """Return only if a card made from these says VERIFIED.

    Args:
        facts: of a version that was judged by a policy.

    Raises:
        Denied: the policy refuses the version.
        EvidenceMissing: something that the card needs does not count.
    """
    if facts.verdict is not None and not facts.verdict.allowed:
        raise Denied(facts.verdict, reference=facts.reference)
    if facts.verdict is None or facts.problems:
        raise EvidenceMissing(
            f"the card of {facts.reference} is not verified",
            code="card-not-verified",
            expected="a version whose claims count, and agree",
            found=facts.problems[0] if facts.problems else "nobody named to trust",
        )
