"""Approvals and rejections: what a reviewer has before him, and his decision about it, signed and recorded.

What he has before him is every claim about the version that holds: by somebody with a role in the model's log, or by
somebody whom the policy of the alias names. What he said himself about the version is no part of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from attest.claims.approval import Approval, Decision
from attest.claims.log_state import RoleName
from attest.claims.predicates import APPROVAL
from attest.errors import AttestError, EvidenceMissing
from attest.evidence.collect import collect
from attest.lifecycle.recording import record
from attest.signed_claims import reviewed, sign_approval
from attest.verify.verifier import judge

if TYPE_CHECKING:
    from datetime import datetime

    from attest.claims.event import Versioned
    from attest.lifecycle.log import Log
    from attest.lifecycle.recording import Recorded
    from attest.lifecycle.session import Session
    from attest.trust.signatory import Signatory
    from attest.verify.facts import Fact


class Before(Struct, frozen=True, kw_only=True):
    """What a reviewer has before him.

    Args:
        facts: the claims.
        others: how many pieces of evidence are by somebody else, or do not hold; they are not part of it.
    """

    facts: tuple[Fact, ...]
    others: int


def before_reviewer(session: Session, log: Log, version: Versioned, *, alias: str | None) -> Before:
    """All claims about a version that hold.

    Args:
        session: the model, with the reviewer as signer.
        log: the model's log.
        version: the version.
        alias: the use that it is reviewed for; whom its policy names counts too.

    Raises:
        StoreError: the evidence could not be asked for.
    """
    artefact = session.artefact(version)
    evidence = collect(session.repository, artefact.digest).evidence
    judged = judge(evidence, artefact=artefact, model=session.reference.model, keys=_people(session, log, alias))
    own = session.writer.who
    facts = tuple(
        fact
        for fact in judged.facts
        if fact.statement.predicate_type != APPROVAL or any(each.signer != own for each in reviewed([fact]))
    )
    return Before(facts=facts, others=len(judged.rejected))


def _people(session: Session, log: Log, alias: str | None) -> list[Signatory]:
    """Whom the alias's policy names, then everybody with a role; who cannot be checked cannot have signed."""
    found: list[Signatory] = []
    if alias is not None and alias in log.state.policies:
        found += session.keeper(log).policy(log.state, alias).keys
    for who in log.state.people:
        try:
            found.append(log.signatory_of(who))
        except AttestError:
            continue
    return list({each.fingerprint: each for each in reversed(found)}.values())[::-1]


def decide(
    session: Session,
    version: Versioned,
    before: Before,
    *,
    decision: Decision,
    meaning: str,
    alias: str | None = None,
    comment: str | None = None,
    expires: datetime | None = None,
) -> Recorded:
    """Sign a decision, attach it and record it.

    Args:
        session: the model, with the reviewer as signer.
        version: the version.
        before: what he had before him.
        decision: approved or rejected.
        meaning: what his signature stands for.
        alias: the one use that it is for.
        comment: why.
        expires: until when it goes.

    Raises:
        IllegalEvent: he is no approver (`role-missing`).
        EvidenceMissing: there is nothing that could be approved.
    """
    if decision is Decision.APPROVE and not before.facts:
        raise EvidenceMissing(
            f"nothing is there to approve {session.reference.name}:{version.number} by",
            expected="claims by somebody with a role in the model's log, or by whom the alias's policy names",
            found=f"{before.others} by others",
            hint=f"attest show {session.reference.name}:{version.number}     lists what there is",
        )
    approval = Approval(
        decision=decision,
        meaning=meaning,
        reviewed=reviewed(before.facts),
        alias=alias,
        expires=expires,
        comment=comment,
    )
    signer = session.writer.signer
    bundle = sign_approval(approval, signer=signer, model=session.reference.model, manifest_digest=version.manifest)
    return record(session, version, bundle, role=RoleName.APPROVER, reason=comment)
