"""The read line: reference → resolve → evidence → facts → verdict → admission.

    1  the reference is resolved once; from then on only the digest counts
    2  the manifest's bytes are checked against that digest, its files against the naming rules
    3  evidence is collected; each piece is verified on its own
    4  the policy is evaluated over the facts
    5  only an allowing verdict becomes an admission; the loader takes nothing else

Whoever calls owes: the policy, from a place that the operator named (docs/threats.md row 7).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from attest.errors import InputError
from attest.evidence.collect import collect
from attest.evidence.evidence import Evidence
from attest.model import packaging
from attest.policy.ancestry import NOTHING
from attest.policy.case import Case
from attest.policy.evaluate import evaluate
from attest.policy.in_force import in_force
from attest.policy.verdict import Denied
from attest.verify.facts import Judged, Rejected
from attest.verify.verifier import judge
from attest_registry.errors import NotFound
from attest_registry.oci.manifest import Manifest

if TYPE_CHECKING:
    from attest.evidence.collect import Collected
    from attest.lifecycle.log import Log
    from attest.model.artefact import Artefact
    from attest.policy.ancestry import Gathered
    from attest.policy.document import Policy
    from attest.policy.verdict import Verdict
    from attest.stores import Surroundings
    from attest_registry.digest import Digest
    from attest_registry.oci.content import Repository
    from attest_registry.oci.descriptor import Descriptor
    from attest_registry.reference import Reference

_SEAL: Final = object()


class Judgement(Struct, frozen=True, kw_only=True):
    """A version and what the policy says of it, allowed or not.

    Args:
        reference: what was asked for, pinned to the digest that it meant.
        artefact: its manifest and files.
        repository: where it is.
        judged: its evidence after verification.
        policy: what was asked of it.
        verdict: the answer.
    """

    reference: Reference
    artefact: Artefact
    repository: Repository
    judged: Judged
    policy: Policy
    verdict: Verdict


class Admission(Struct, frozen=True, kw_only=True):
    """An allowing verdict bound to one digest. Made only by `admit`, only from an allowing verdict.

    Args:
        reference: the pinned reference.
        artefact: the admitted manifest and files.
        repository: where its bytes are; they are still untrusted.
        judged: the evidence.
        policy: what was asked.
        verdict: the allowing verdict.
    """

    reference: Reference
    artefact: Artefact
    repository: Repository
    judged: Judged
    policy: Policy
    verdict: Verdict
    seal: object = None

    def __post_init__(self) -> None:
        """Refuse to exist unless `admit` made it from an allowing verdict about this very digest."""
        if self.seal is not _SEAL:
            raise TypeError("admissions are made by attest.admit only")
        if not self.verdict.allowed or not self.verdict.digest.matches(self.artefact.digest):
            raise Denied(self.verdict, reference=str(self.reference))


def locate_version(reference: Reference, repository: Repository) -> tuple[Reference, Artefact]:
    """Steps 1 and 2: which manifest is meant, and is it what its digest says.

    Raises:
        InputError: the reference names no version, or its version and digest disagree.
        NotFound: there is no such model or version.
        ContentMismatch: the store's answer contradicts its digest or is no model.
    """
    descriptor = _resolve(reference, repository)
    raw = repository.fetch_manifest(descriptor.digest)
    artefact = packaging.unpack(Manifest.parse(raw, what=f"the manifest of {reference}"))
    return reference.pinned(artefact.digest), artefact


def _log_of(
    reference: Reference, repository: Repository, policy: Policy, *, surroundings: Surroundings | None, now: datetime
) -> Log | None:
    """The model's log. Who can remember nothing may read it where the policy, or no alias, makes up for that.

    Raises:
        InputError: an alias was asked for, nothing can be remembered, and the policy demands neither a checkpoint nor a
            least number (`log-memory`).
    """
    if surroundings is None or surroundings.log_of is None:
        return None
    try:
        return surroundings.log_of(reference, repository, policy.keys, now)
    except InputError as error:
        demand = policy.log
        fresh = demand is not None and (demand.checkpoint is not None or demand.min_sequence is not None)
        if error.code != "log-memory" or not (fresh or reference.alias is None):
            raise
        return surroundings.log_of(reference, repository, policy.keys, now, lasting=False)


def _meant(reference: Reference, log: Log | None, policy: Policy) -> Reference:
    """Step 1, where the model has a log: what its signed events say that the reference means.

    Under a policy that says which log it means, names come from there and from nowhere else.
    """
    if log is None and reference.alias is None:
        return reference
    from attest.lifecycle.admission import check_registered, meant_by  # noqa: PLC0415  # none without a log needs it

    meant = meant_by(reference, log)
    if log is not None and policy.log is not None:
        check_registered(meant, log)
    return meant


def _located(meant: Reference, repository: Repository, log: Log | None) -> tuple[Reference, Artefact]:
    """Steps 1 and 2; where the log says which digest a number has, no tag of that name is asked."""
    if log is None or not meant.digest or meant.number is None or log.place.registered(meant.number) is None:
        return locate_version(meant, repository)
    pinned, artefact = locate_version(replace(meant, version=None), repository)
    return replace(pinned, version=meant.version), artefact


def _resolve(reference: Reference, repository: Repository) -> Descriptor:
    if reference.alias is not None:
        raise NotFound(
            f"{reference.name}@{reference.alias} means nothing without the model's log",
            code="alias-unknown",
            hint=f"attest resolve {reference}     prints the version that it points at",
        )
    if reference.version is None and reference.digest is None:
        from attest.unknown_version import version_missing  # noqa: PLC0415  # only on the way to an error

        raise version_missing(reference, repository)
    if reference.version is None and reference.digest is not None:
        from attest_registry.oci.descriptor import IMAGE_MANIFEST, Descriptor  # noqa: PLC0415

        return Descriptor(media_type=IMAGE_MANIFEST, digest=reference.digest, size=0)
    try:
        descriptor = repository.resolve(str(reference.version))
    except NotFound as error:
        from attest.unknown_version import version_unknown  # noqa: PLC0415

        raise version_unknown(reference, repository, error) from error
    if reference.digest is not None and not descriptor.digest.matches(reference.digest):
        raise InputError(
            f"{reference.name}:{reference.version} is not the version that the digest names",
            code="reference-disagrees",
            expected=str(reference.digest),
            found=str(descriptor.digest),
        )
    return descriptor


def judge_version(
    reference: Reference,
    repository: Repository,
    policy: Policy,
    *,
    now: datetime | None = None,
    surroundings: Surroundings | None = None,
    base: Digest | None = None,
) -> Judgement:
    """Steps 1 to 4: everything that can be said about a version under a policy.

    Args:
        reference: what is asked for.
        repository: the store that has it.
        policy: from a place that the operator named.
        now: the time to judge at; the present when left out.
        surroundings: where ancestors and revocations are looked for; without any they are unknown.
        base: the version that it is about to be used with, where it is an adapter.

    Raises:
        StoreError: the store could not be asked, or contradicts itself.
        InputError: the reference names no version.
    """
    now = now or datetime.now(UTC)
    log = _log_of(reference, repository, policy, surroundings=surroundings, now=now)
    meant = _meant(reference, log, policy)
    pinned, artefact = _located(meant, repository, log)
    judged = judge_evidence(artefact, repository, reference=reference, policy=policy)
    gathered = gathered_for(judged, artefact, reference=pinned, policy=policy, now=now, surroundings=surroundings)
    if log is not None and surroundings is not None:
        from attest.lifecycle.admission import gathered_from  # noqa: PLC0415

        gathered = gathered_from(
            log,
            gathered,
            judged=judged,
            reference=pinned,
            alias=reference.alias,
            policy=policy,
            surroundings=surroundings,
        )
    if base is not None:
        gathered = replace(gathered, base=base)
    verdict = evaluate(policy, judged, artefact=artefact, reference=str(pinned), now=now, gathered=gathered)
    return Judgement(
        reference=pinned, artefact=artefact, repository=repository, judged=judged, policy=policy, verdict=verdict
    )


def judge_evidence(artefact: Artefact, repository: Repository, *, reference: Reference, policy: Policy) -> Judged:
    """Step 3: collect the evidence of a version and verify each piece on its own.

    Its names are the model's, the same with the host that was asked for (what cosign writes), and the policy's.
    """
    return judge_collected(collect(repository, artefact.digest), artefact, reference=reference, policy=policy)


def gathered_for(
    judged: Judged,
    artefact: Artefact,
    *,
    reference: Reference,
    policy: Policy,
    now: datetime,
    surroundings: Surroundings | None,
) -> Gathered:
    """Step 4, where a policy asks about more than the version: what has to be gathered for that."""
    if surroundings is None or not policy.goes_beyond:
        return NOTHING
    from attest.gathering import gather  # noqa: PLC0415  # most policies need none of it

    files = {file.path: file.digest for file in artefact.files}
    case = Case(
        policy=policy,
        judged=in_force(judged, now=now),
        digest=artefact.digest,
        files=files,
        reference=str(reference),
        now=now,
    )
    return gather(case, surroundings, host=reference.host)


def judge_collected(collected: Collected, artefact: Artefact, *, reference: Reference, policy: Policy) -> Judged:
    """The evidence of a version, each piece verified on its own."""
    names = (reference.name, *policy.other_names)
    judged = judge(collected.evidence, artefact=artefact, model=reference.model, keys=policy.keys, other_names=names)
    return with_damaged(judged, collected)


def with_damaged(judged: Judged, collected: Collected) -> Judged:
    """What was judged, with what could not even be read among the rejected.

    Args:
        judged: the evidence that could be read.
        collected: all that the store has.
    """
    damaged = tuple(
        Rejected(evidence=Evidence(raw=b"", origin=damaged.origin), error=damaged.error)
        for damaged in collected.damaged
    )
    return Judged(facts=judged.facts, rejected=judged.rejected + damaged)


def admit(judgement: Judgement) -> Admission:
    """Step 5.

    Raises:
        Denied: the verdict allows nothing.
    """
    if not judgement.verdict.allowed:
        raise Denied(judgement.verdict, reference=str(judgement.reference))
    return Admission(
        reference=judgement.reference,
        artefact=judgement.artefact,
        repository=judgement.repository,
        judged=judgement.judged,
        policy=judgement.policy,
        verdict=judgement.verdict,
        seal=_SEAL,
    )
