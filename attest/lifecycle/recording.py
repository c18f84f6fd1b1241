"""Claims about a version that everybody has to be able to see: signed, attached, and recorded in the log.

What counts against a version (a rejection, a failed evaluation, a scan with findings) is an event of the log, so that a
registry that leaves it out is noticed (docs/threats.md row 69). Attaching comes first: the log never names what is not
there yet; a claim that was attached and not recorded is recorded when the command is repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from attest.claims.approval import Reviewed
from attest.claims.event import Action
from attest.errors import AttestError, IllegalEvent
from attest.evidence.attach import attach
from attest.evidence.collect import collect
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
    from attest.model.artefact import Artefact
    from attest.verify.facts import Fact


class Recorded(Struct, frozen=True, kw_only=True):
    """A claim that the log names.

    Args:
        log: the log after it.
        version: which version it is about.
        claim: digest of its words.
        predicate_type: what it is.
        already: whether the log named it before, and nothing was written.
    """

    log: Log
    version: Versioned
    claim: Digest
    predicate_type: str
    already: bool = False


def check_role(session: Session, log: Log, role: RoleName) -> None:
    """Refuse somebody who may not record what he is about to say, before he has said it.

    Args:
        session: the model, with a signer.
        log: the model's log.
        role: the role that goes with such a claim.

    Raises:
        IllegalEvent: the signer has not that role (`role-missing`).
    """
    who = session.writer.who
    if role in log.state.roles_of(who):
        return
    raise IllegalEvent(
        f"{session.reference.name}: whoever signs is no {role}",
        code="role-missing",
        expected=role.value,
        found=", ".join(log.state.roles_of(who)) or "no role",
        hint=f"attest role grant {session.reference.name} {role} IDENTITY     by one of its admins",
    )


def record(
    session: Session, version: Versioned, bundle: bytes, *, role: RoleName, reason: str | None = None
) -> Recorded:
    """Attach a claim of one's own and record it. A claim that is there and recorded already changes nothing.

    Args:
        session: the model, with the signer of the claim.
        version: the version that it is about.
        bundle: the signed claim.
        role: the role that goes with such a claim.
        reason: why, for people.

    Raises:
        IllegalEvent: the signer has not that role (`role-missing`), or the model was deleted; nothing was attached.
        MalformedEvidence: our own verifier does not take the claim.
    """
    log = session.log()
    check_role(session, log, role)
    check_open(log)
    artefact = session.artefact(version)
    fact = _verified(session, artefact, Evidence(raw=bundle, origin="just signed"))
    claim = Reviewed(claim=Digest.of(fact.statement.raw), signer=session.writer.who)
    said = Recorded(log=log, version=version, claim=claim.claim, predicate_type=fact.statement.predicate_type)
    if not _is_there(session, artefact, claim.claim):
        attach(
            session.repository,
            [(bundle, said.predicate_type)],
            subject=artefact.manifest.descriptor,
            created=shown(session.clock()),
        )
    if claim in session.place.recorded(version.manifest):
        session.catch_up(log)
        index_version(session, log, version.number)
        return replace(said, already=True)
    draft = Draft(action=Action.RECORD, version=version, claims=(claim,), reason=reason)
    after = session.write(log, draft)
    index_version(session, after, version.number)
    return replace(said, log=after)


def check_open(log: Log) -> None:
    """Refuse before anything is stored for a model that was deleted.

    Raises:
        IllegalEvent: it was (`model-deleted`).
    """
    if log.state.closed:
        raise IllegalEvent(
            f"{log.head.model} was deleted, and its name is never used again",
            code="model-deleted",
            expected="a model whose log is open",
            found=f"closed by event {log.sequence}",
        )


def _verified(session: Session, artefact: Artefact, evidence: Evidence) -> Fact:
    return verify(evidence, artefact=artefact, model=session.reference.model, keys=[session.writer.signer.trusted])


def _is_there(session: Session, artefact: Artefact, claim: Digest) -> bool:
    """Whether the store has these very words, signed by this signer."""
    for piece in collect(session.repository, artefact.digest).evidence:
        try:
            if Digest.of(Bundle.parse(piece.raw).payload).matches(claim):
                _verified(session, artefact, piece)
                return True
        except AttestError:
            continue
    return False
