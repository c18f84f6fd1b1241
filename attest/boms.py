"""The ML-BOM of a version in a store, and those of its ancestors.

With a policy only what was verified counts: signed by somebody whose word on ML-BOMs the policy takes, about this
version, by a signer who counts now. Without one the words are shown as what they are, not verified.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from attest.admit import judge_evidence, locate_version
from attest.claims import mlbom
from attest.claims.mlbom_terms import ANCESTORS
from attest.claims.predicates import ML_BOM
from attest.claims.statement import Statement
from attest.errors import AttestError, EvidenceMissing, Refusal, SignerNotTrusted
from attest.evidence.collect import collect
from attest.policy.ancestry import ancestor_reference
from attest.policy.in_force import in_force
from attest.signing.bundle import Bundle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from attest.claims.training import Input
    from attest.evidence.evidence import Evidence
    from attest.policy.document import Policy
    from attest.policy.requirements import ClaimDemand
    from attest.verify.facts import Fact, Judged
    from attest_registry.digest import Digest
    from attest_registry.oci.content import Repository
    from attest_registry.reference import Reference

_MOST_LOOKED_FOR: Final = 256
"""Claims of others decide how many ancestors there are; a family of real models has a dozen."""


class VersionBOM(Struct, frozen=True, kw_only=True):
    """The ML-BOM of one version.

    Args:
        reference: pinned.
        digest: the manifest digest.
        document: what was signed.
        signer: who said it; `None` where nothing was verified.
    """

    reference: Reference
    digest: Digest
    document: Mapping[str, Any]
    signer: str | None


class Unresolved(Struct, frozen=True, kw_only=True):
    """An ancestor whose own ML-BOM is not to be had.

    Args:
        name: what its descendant calls it.
        role: what it was to the descendant.
        below: the descendant.
        why: for people.
    """

    name: str
    role: str
    below: str
    why: str


def bom_of(reference: Reference, repository: Repository, *, policy: Policy | None, now: datetime) -> VersionBOM:
    """The ML-BOM of a version.

    Args:
        reference: which version.
        repository: the store that has it.
        policy: whose words count; without one, nothing is verified.
        now: the time to judge at.

    Raises:
        StoreError: the store could not be asked, or contradicts itself.
        InputError: the reference names no version.
        EvidenceMissing: there is none.
        SignerNotTrusted: somebody signed one whose word does not count.
        Refusal: two that hold say different things (`bom-ambiguous`), or a key does not count now.
        Incident: there is one, and it does not hold; codes of the verifier.
    """
    pinned, artefact = locate_version(reference, repository)
    said: list[tuple[Statement, str | None]]
    if policy is None:
        said = [(each, None) for each in stated(collect(repository, artefact.digest).evidence)]
    else:
        judged = in_force(judge_evidence(artefact, repository, reference=reference, policy=policy), now=now)
        said = [(fact.statement, policy.describe(fact.signer)) for fact in accepted(judged, policy, pinned)]
    if not said:
        raise EvidenceMissing(f"no ML-BOM is attached to {pinned}", expected="an ML-BOM", found="none")
    check_one(pinned, said)
    statement, signer = said[0]
    return VersionBOM(reference=pinned, digest=artefact.digest, document=statement.predicate, signer=signer)


def check_one(reference: Reference, said: Sequence[tuple[Statement, str | None]]) -> None:
    """Return only if several ML-BOMs of one version say the same.

    Args:
        reference: the version.
        said: each with who said it; `None` for nobody who was verified.

    Raises:
        Refusal: `bom-ambiguous`: they do not.
    """
    if any(each.predicate != said[0][0].predicate for each, _ in said):
        raise Refusal(
            f"{reference} has {len(said)} ML-BOMs that say different things",
            code="bom-ambiguous",
            expected="one, or the same words several times",
            found="signed by "
            + ", ".join(dict.fromkeys(who or "nobody whom a policy or key names" for _, who in said)),
            hint="name the one whose word counts with --key PUBLIC_KEY",
        )


def ancestors_of(
    version: VersionBOM, repository_of: Callable[[Reference], Repository], *, policy: Policy, now: datetime
) -> tuple[tuple[VersionBOM, ...], tuple[Unresolved, ...]]:
    """The verified ML-BOMs of everything that a version was made from, up to the roots, each once.

    An ancestor whose ML-BOM cannot be had is no error: what its descendant says of it still stands.

    Args:
        version: the version; its ML-BOM was verified.
        repository_of: opens the store of a reference.
        policy: whose words count, for ancestors as well.
        now: the time to judge at.
    """
    found: dict[Digest, VersionBOM] = {version.digest: version}
    unresolved: list[Unresolved] = []
    waiting, looked_for = deque([version]), 0
    while waiting:
        below = waiting.popleft()
        for item in mlbom.read(below.document).inputs:
            if item.role not in ANCESTORS or item.digest in found:
                continue
            reference = _address(item, below) if looked_for < _MOST_LOOKED_FOR else "too many ancestors are named"
            if isinstance(reference, str):
                unresolved.append(_unresolved(item, below, reference))
                continue
            looked_for += 1
            try:
                above = bom_of(reference, repository_of(reference), policy=policy, now=now)
            except AttestError as error:
                unresolved.append(_unresolved(item, below, f"{error.message} [{error.code}]"))
                continue
            found[above.digest] = above
            waiting.append(above)
    return tuple(found.values())[1:], tuple(unresolved)


def _address(item: Input, below: VersionBOM) -> Reference | str:
    """Where an ancestor is, or why nobody knows."""
    if item.digest is None:
        return "its digest is unknown"
    return ancestor_reference(item, below.reference.host) or "no store is named for it"


def _unresolved(item: Input, below: VersionBOM, why: str) -> Unresolved:
    return Unresolved(name=item.title, role=item.role.value, below=str(below.reference), why=why)


def stated(evidence: Sequence[Evidence]) -> Iterator[Statement]:
    """The ML-BOMs that bundles hold, for display only: nothing is verified.

    Args:
        evidence: bundles from anywhere.
    """
    for piece in sorted(evidence, key=lambda piece: piece.digest):
        try:
            statement = Statement.parse(Bundle.parse(piece.raw).payload)
        except AttestError:
            continue
        if statement.predicate_type == ML_BOM:
            yield statement


def accepted(judged: Judged, policy: Policy, reference: Reference) -> list[Fact]:
    """The ML-BOMs that count, or the reason why none does: the worst that is known of any.

    Args:
        judged: the version's evidence after verification.
        policy: whose words count.
        reference: the version.

    Raises:
        SignerNotTrusted: somebody signed one whose word does not count.
        AttestError: there is one, and it does not hold; codes of the verifier.
    """
    facts = [fact for fact in judged.facts if fact.statement.predicate_type == ML_BOM]
    counting = [fact for fact in facts if counts(fact, policy, policy.ml_bom)]
    rejected = [each for each in judged.rejected if each.predicate_type == ML_BOM]
    if counting:
        return sorted(counting, key=lambda fact: fact.evidence.digest)
    worst = max((each.error for each in rejected), key=lambda error: error.exit_status, default=None)
    if worst is not None and (worst.exit_status > SignerNotTrusted.exit_status or not facts):
        raise worst
    if facts:
        raise SignerNotTrusted(
            f"the ML-BOM of {reference} is not by somebody whose word on ML-BOMs counts",
            expected=f"one by {policy.describe_identities(policy.ml_bom.by if policy.ml_bom else ())}",
            found=f"by {policy.describe(facts[0].signer)}",
        )
    return []


def counts(fact: Fact, policy: Policy, demand: ClaimDemand | None) -> bool:
    """Whether a policy takes the signer's word on such claims; one that demands none takes anybody's whom it names.

    Args:
        fact: the claim.
        policy: the policy.
        demand: what it says of claims of this kind.
    """
    identity = policy.identity_of(fact.signer)
    return identity is not None and (demand is None or identity.name in demand.by)
