"""What a version is, as values to show: files, evidence with its standing, lineage as a tree.

Nothing here decides anything. What was not verified is marked so, and stays marked in every rendering.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct

from attest.admit import locate_version, with_damaged
from attest.claims import mlbom, provenance
from attest.claims.predicates import ML_BOM, PROVENANCE, word_for
from attest.claims.statement import Statement
from attest.claims.training import MODEL_ROLES
from attest.errors import AttestError, NoTrust, SignerNotTrusted
from attest.evidence.collect import collect
from attest.policy.ancestry import ancestor_reference
from attest.policy.in_force import in_force
from attest.signing.bundle import Bundle, KeyMaterial
from attest.verify.verifier import judge
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from attest.claims.mlbom import MLBOM
    from attest.claims.provenance import Provenance
    from attest.claims.training import Input
    from attest.evidence.evidence import Evidence
    from attest.model.artefact import Artefact
    from attest.policy.document import Policy
    from attest.verify.facts import Judged
    from attest.verify.proven import ProvenTime
    from attest_registry.oci.content import Repository
    from attest_registry.reference import Reference

T = TypeVar("T")
_DEEPEST: Final = 8


class EvidenceRow(Struct, frozen=True, kw_only=True):
    """One piece of evidence.

    Args:
        claim: our word for what it says, or the URI.
        predicate_type: the URI; `None` where it could not be read.
        signer: name and fingerprint where verified; the hint as stated where not.
        verified: whether it became a fact.
        why_not: why it did not.
        time: when the signer says it was made.
        digest: of the bundle, or of the referrer where the bundle could not be read.
        proven: when it existed, by the word of a log or timestamp authority; `None` where that is not proven.
        unchecked: how many log entries and timestamps nothing was there to check against.
        words: SHA-256 of the signed words; `None` where they could not be read.
    """

    claim: str
    predicate_type: str | None
    signer: str
    verified: bool
    why_not: str | None
    time: str | None
    digest: str
    proven: ProvenTime | None = None
    unchecked: int = 0
    words: Digest | None = None


class Ancestor(Struct, frozen=True, kw_only=True):
    """One node of a lineage tree.

    Args:
        role: what it was to the node above.
        name: its name.
        digest: `sha256:…`, `git …`, or `None` where unknown.
        standing: how its digest is known.
        verified: whether the claim that names it was verified.
        parents: what it was made from, as far as its own evidence in reach says.
    """

    role: str
    name: str
    digest: str | None
    standing: str
    verified: bool
    parents: tuple[Ancestor, ...] = ()


class Description(Struct, frozen=True, kw_only=True):
    """A version, described.

    Args:
        reference: pinned.
        artefact: manifest and files.
        evidence: every piece, in the order of the claims.
        lineage: what it was made from.
        provenance: the provenance shown, verified or not.
        bom: the ML-BOM shown, verified or not.
        verified: whether model signature, provenance and ML-BOM are all facts.
        judged: the evidence after verification.
    """

    reference: Reference
    artefact: Artefact
    evidence: tuple[EvidenceRow, ...]
    lineage: tuple[Ancestor, ...]
    provenance: Provenance | None
    bom: MLBOM | None
    verified: bool
    judged: Judged


def describe(
    reference: Reference,
    repository_of: Callable[[Reference], Repository],
    *,
    policy: Policy | None,
    now: datetime | None = None,
) -> Description:
    """Gather what a version's store says about it.

    Args:
        reference: the version.
        repository_of: opens the store of a reference; also asked for ancestors.
        policy: whose keys verify; `None` shows everything as not verified.
        now: signers who count for a while have to count at this time; where it is left out nobody looks.

    Raises:
        StoreError: the version's own store could not be asked.
    """
    repository = repository_of(reference)
    pinned, artefact = locate_version(reference, repository)
    collected = collect(repository, artefact.digest)
    keys = policy.keys if policy is not None else ()
    names = (reference.name, *(policy.other_names if policy is not None else ()))
    judged = judge(collected.evidence, artefact=artefact, model=reference.model, keys=keys, other_names=names)
    if now is not None:
        judged = in_force(judged, now=now)
    rows = [*_fact_rows(judged), *_rejected_rows(judged, anybody_named=policy is not None)]
    rows += [_damaged_row(damaged.origin, damaged.error) for damaged in collected.damaged]
    said, said_verified = _statement(judged, PROVENANCE)
    parsed = _parse(provenance.parse, said)
    bom_said, _ = _statement(judged, ML_BOM)
    return Description(
        reference=pinned,
        artefact=artefact,
        evidence=tuple(sorted(rows, key=_order)),
        lineage=_lineage(parsed, reference, repository_of, policy, verified=said_verified, depth=0),
        provenance=parsed,
        bom=_parse(mlbom.parse, bom_said),
        verified=policy is not None and _all_verified(rows),
        judged=with_damaged(judged, collected),
    )


def _all_verified(rows: Sequence[EvidenceRow]) -> bool:
    good = {row.claim for row in rows if row.verified}
    return {"model signature", "provenance", "ML-BOM"} <= good


def _order(row: EvidenceRow) -> tuple[int, str, str]:
    order = ["model signature", "provenance", "ML-BOM", "evaluation", "approval", "model card", "cosign signature"]
    return (order.index(row.claim) if row.claim in order else len(order), row.claim, row.digest)


def _fact_rows(judged: Judged) -> list[EvidenceRow]:
    return [
        EvidenceRow(
            claim=word_for(fact.statement.predicate_type),
            predicate_type=fact.statement.predicate_type,
            signer=f"{fact.signer.name} ({fact.signer.title.removeprefix('key ')})",
            verified=True,
            why_not=None,
            time=fact.claimed_time or _time(fact.statement),
            digest=str(fact.evidence.digest),
            proven=fact.times[0] if fact.times else None,
            unchecked=fact.unchecked,
            words=Digest.of(fact.statement.raw),
        )
        for fact in judged.facts
    ]


def _rejected_rows(judged: Judged, *, anybody_named: bool) -> list[EvidenceRow]:
    rows = []
    for rejected in judged.rejected:
        error: AttestError = rejected.error
        if not anybody_named and isinstance(error, SignerNotTrusted):  # nobody is somebody else than nobody
            error = NoTrust("nobody was named to check it against")
        statement = unverified(rejected.evidence)
        rows.append(
            EvidenceRow(
                claim=word_for(statement.predicate_type) if statement else "unreadable",
                predicate_type=statement.predicate_type if statement else None,
                signer=stated_signer(rejected.evidence),
                verified=False,
                why_not=f"{error.code}: {error.message}",
                time=_time(statement),
                digest=str(rejected.evidence.digest),
                words=Digest.of(statement.raw) if statement else None,
            )
        )
    return rows


def _damaged_row(origin: str, error: AttestError) -> EvidenceRow:
    return EvidenceRow(
        claim="unreadable",
        predicate_type=None,
        signer="–",
        verified=False,
        why_not=f"{error.code}: {error.message}",
        time=None,
        digest=origin,
    )


def unverified(evidence: Evidence) -> Statement | None:
    """What a bundle says, for display only; `None` where it cannot be read.

    Args:
        evidence: a bundle from anywhere.
    """
    try:
        return Statement.parse(Bundle.parse(evidence.raw).payload)
    except AttestError:
        return None


def stated_signer(evidence: Evidence) -> str:
    """Whose a bundle claims to be, for display only.

    Args:
        evidence: a bundle from anywhere.
    """
    try:
        material = Bundle.parse(evidence.raw).material
    except AttestError:
        return "–"
    if isinstance(material, KeyMaterial):
        return f"key hint {material.hint[:16]}… (as stated)" if material.hint else "a key (as stated)"
    return "a certificate (as stated)"


def _time(statement: Statement | None) -> str | None:
    if statement is None:
        return None
    predicate: Any = statement.predicate
    try:
        if statement.predicate_type == PROVENANCE:
            found = predicate["runDetails"]["metadata"].get("finishedOn")
        elif statement.predicate_type == ML_BOM:
            found = predicate["metadata"].get("timestamp")
        else:
            found = predicate.get("time") or predicate.get("finished")
    except (KeyError, TypeError, AttributeError):
        return None
    return found if isinstance(found, str) else None


def _statement(judged: Judged, predicate_type: str) -> tuple[Statement | None, bool]:
    """The claim of a type to show: a fact where there is one, else what the bundle says."""
    for fact in judged.facts:
        if fact.statement.predicate_type == predicate_type:
            return fact.statement, True
    for rejected in judged.rejected:
        statement = unverified(rejected.evidence)
        if statement is not None and statement.predicate_type == predicate_type:
            return statement, False
    return None, False


def _parse(parser: Callable[[Statement], T], statement: Statement | None) -> T | None:
    if statement is None:
        return None
    try:
        return parser(statement)
    except AttestError:
        return None


def _lineage(
    said: Provenance | None,
    reference: Reference,
    repository_of: Callable[[Reference], Repository],
    policy: Policy | None,
    *,
    verified: bool,
    depth: int,
) -> tuple[Ancestor, ...]:
    if said is None or depth >= _DEEPEST:
        return ()
    nodes = [_ancestor(item, reference, repository_of, policy, verified=verified, depth=depth) for item in said.inputs]
    if said.source is not None and said.source.commit is not None:
        clean = {True: "clean", False: "not clean", None: "cleanness unknown"}[said.source.clean]
        nodes.append(
            Ancestor(
                role="code",
                name=said.source.uri or "git, no remote",
                digest=f"git {said.source.commit[:12]}",
                standing=clean,
                verified=verified,
            )
        )
    return tuple(nodes)


def _ancestor(
    item: Input,
    reference: Reference,
    repository_of: Callable[[Reference], Repository],
    policy: Policy | None,
    *,
    verified: bool,
    depth: int,
) -> Ancestor:
    parents: tuple[Ancestor, ...] = ()
    if item.role in MODEL_ROLES and item.digest is not None:
        parents = _parents(item, reference, repository_of, policy, depth=depth + 1)
    return Ancestor(
        role=item.role.value,
        name=item.title,
        digest=None if item.digest is None else str(item.digest),
        standing=item.standing.value,
        verified=verified,
        parents=parents,
    )


def _parents(
    item: Input,
    reference: Reference,
    repository_of: Callable[[Reference], Repository],
    policy: Policy | None,
    *,
    depth: int,
) -> tuple[Ancestor, ...]:
    """What an ancestor was made from; nothing where its store is out of reach: a tree to look at decides nothing."""
    above = ancestor_reference(item, reference.host)
    if above is None:
        return ()
    try:
        repository = repository_of(above)
        _, artefact = locate_version(above, repository)
        keys = policy.keys if policy is not None else ()
        judged = judge(collect(repository, artefact.digest).evidence, artefact=artefact, model=above.model, keys=keys)
    except AttestError:
        return ()
    said, verified = _statement(judged, PROVENANCE)
    return _lineage(_parse(provenance.parse, said), above, repository_of, policy, verified=verified, depth=depth)
