"""A verdict as a signed claim about the version: what a gate found, for those who take its word for it.

It is signed over the manifest digest, checked by our own verifier, and attached as evidence. What it rests on was
evaluated here: a verdict of somebody else that stands in for an evaluation is never passed on as one's own, since two
verifiers who take each other's word would keep an old verdict fresh for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from attest.claims import vsa
from attest.claims.predicates import VERIFICATION_SUMMARY
from attest.claims.statement import check_with_library
from attest.evidence.attach import attach
from attest.evidence.evidence import Evidence
from attest.policy.case import Case
from attest.policy.in_force import in_force
from attest.trust.times import shown
from attest.verify.verifier import verify

if TYPE_CHECKING:
    from datetime import datetime

    from attest.admit import Judgement
    from attest.policy.document import Policy
    from attest.signing.bundle_signer import BundleSigner
    from attest_registry.digest import Digest


class Attested(Struct, frozen=True, kw_only=True):
    """A signed verdict.

    Args:
        bundle: its bytes.
        result: `PASSED` or `FAILED`.
        verifier: the URI that it names.
        signer: who signed it, for people.
    """

    bundle: Evidence
    result: str
    verifier: str
    signer: str


def evaluated_whole(policy: Policy) -> Policy:
    """The same policy, under the same digest, with nobody's verdict standing in for the evaluation."""
    return replace(policy, summary=None)


def summarise(judgement: Judgement, *, verifier: str, now: datetime) -> vsa.Summary:
    """What the verdict says, as SLSA writes it.

    Args:
        judgement: a version, evaluated as a whole.
        verifier: URI of who verified.
        now: the time at which it was judged.
    """
    artefact, policy, verdict = judgement.artefact, judgement.policy, judgement.verdict
    if policy.summary is not None:
        raise TypeError("a verdict is signed after the whole evaluation only")
    return vsa.Summary(
        verifier=verifier,
        verified=now,
        resource=vsa.resource_uri(judgement.reference.model, artefact.digest),
        policy_uri=vsa.policy_uri(policy.name),
        policy_digest=verdict.policy_digest,
        inputs=_inputs(judgement, now),
        passed=verdict.allowed,
        levels=(vsa.UNEVALUATED,),
    )


def _inputs(judgement: Judgement, now: datetime) -> tuple[Digest, ...]:
    """The evidence that it rests on: every demanded fact, and whatever decided a rule."""
    case = Case(
        policy=judgement.policy,
        judged=in_force(judgement.judged, now=now),
        digest=judgement.artefact.digest,
        files={},
        reference=str(judgement.reference),
        now=now,
    )
    decided = (finding.evidence for finding in judgement.verdict.findings if finding.evidence is not None)
    return tuple(sorted({*decided, *(fact.evidence.digest for fact in case.decisive)}))


def attest_verdict(judgement: Judgement, *, signer: BundleSigner, verifier: str | None, now: datetime) -> Attested:
    """Sign a verdict, check it, and attach it to the version.

    Args:
        judgement: a version, evaluated as a whole.
        signer: a key, or an identity.
        verifier: URI of who verified; of the signing key where left out.
        now: the time at which it was judged.

    Raises:
        MalformedEvidence: our own verifier does not take what was signed; nothing was attached.
        StoreError: the store could not take it.
    """
    name = verifier or vsa.key_verifier(signer.trusted.fingerprint)
    summary = summarise(judgement, verifier=name, now=now)
    artefact, model = judgement.artefact, judgement.reference.model
    statement = vsa.build(summary, model=model, manifest_digest=artefact.digest)
    check_with_library(statement)
    bundle = Evidence(raw=signer.sign_statement(statement), origin="just signed")
    verify(bundle, artefact=artefact, model=model, keys=[signer.trusted])
    attach(
        judgement.repository,
        [(bundle.raw, VERIFICATION_SUMMARY)],
        subject=artefact.manifest.descriptor,
        created=shown(now),
    )
    result = vsa.PASSED if summary.passed else vsa.FAILED
    return Attested(bundle=bundle, result=result, verifier=name, signer=signer.description)
