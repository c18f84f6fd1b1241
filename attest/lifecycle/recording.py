"""Claims about a version that everybody has to be able to see: signed, attached, and recorded in the log.

What counts against a version (a rejection, a failed evaluation, a scan with findings) is an event of the log, so that a
registry that leaves it out is noticed (docs/threats.md row 69). Attaching comes first: the log never names what is not
there yet; a claim that was attached and not recorded is recorded when the command is repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from attest.claims.approval import Reviewed
from attest.claims.event import Action
from attest.claims.statement import Statement
from attest.errors import IllegalEvent
from attest.evidence.attach import attach
from attest.evidence.evidence import Evidence
from attest.lifecycle.rebuilding import index_version
from attest.lifecycle.writing import Draft
from attest.signing.bundle import Bundle
from attest.trust.window import shown
from attest.verify.verifier import verify
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from attest.claims.event import Versioned
    from attest.claims.log_state import RoleName
    from attest.lifecycle.log import Log
    from attest.lifecycle.session import Session


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """A claim that the log names.

    Args:
        log: the log after it.
        version: which version it is about.
        claim: digest of its words.
        predicate_type: what it is.
    """

    log: Log
    version: Versioned
    claim: Digest
    predicate_type: str


def record(
    session: Session, version: Versioned, bundle: bytes, *, role: RoleName, reason: str | None = None
) -> Recorded:
    """Attach a claim of one's own and record it.

    Args:
        session: the model, with the signer of the claim.
        version: the version that it is about.
        bundle: the signed claim.
        role: the role that goes with such a claim.
        reason: why, for people.

    Raises:
        IllegalEvent: the signer has not that role (`role-missing`); nothing was attached.
        MalformedEvidence: our own verifier does not take the claim.
    """
    log, writer = session.log(), session.writer
    if role not in log.state.roles_of(writer.who):
        raise IllegalEvent(
            f"{session.reference.name}: whoever signs is no {role}",
            code="role-missing",
            expected=role.value,
            found=", ".join(log.state.roles_of(writer.who)) or "no role",
            hint=f"attest role grant {session.reference.name} {role} IDENTITY     by one of its admins",
        )
    artefact = session.artefact(version)
    evidence = Evidence(raw=bundle, origin="just signed")
    verify(evidence, artefact=artefact, model=session.reference.model, keys=[writer.signer.trusted])
    statement = Statement.parse(Bundle.parse(bundle).payload)
    attach(
        session.repository,
        [(bundle, statement.predicate_type)],
        subject=artefact.manifest.descriptor,
        created=shown(session.clock()),
    )
    claim = Reviewed(claim=Digest.of(statement.raw), signer=writer.who)
    draft = Draft(action=Action.RECORD, version=version, claims=(claim,), reason=reason)
    after = session.write(log, draft)
    index_version(session, after, version.number)
    return Recorded(log=after, version=version, claim=claim.claim, predicate_type=statement.predicate_type)
