"""The log of a case: who began it, how far it goes, and the checkpoint beside it, signed with a throw-away key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims import log_checkpoint
from attest.claims.log_checkpoint import Checkpoint
from attest.claims.signer_name import SignerName
from attest.errors import AttestError
from attest.policy.ancestry import GivenLog, LogMark
from attest.verify.log_checkpoint import verify_checkpoint
from attest.verify.supposed import suppose
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from attest.cases.people import People
    from attest.cases.values import SaidCheckpoint, SaidLog
    from attest.cases.version import Made
    from attest.policy.requirements import Policy
    from attest.verify.facts import Fact


def given(said: SaidLog, *, policy: Policy, people: People, own: Made, at: str) -> GivenLog:
    """The log as a rule gets it.

    Args:
        said: what the case says.
        policy: the policy that is tried out.
        people: who signs.
        own: the version.
        at: the case, for messages.

    Raises:
        PolicyError: somebody who signs is not known.
    """
    log = said.digest or Digest.of(f"the log of {own.said.model}".encode())
    fact = error = None
    if said.checkpoint is not None:
        by = people.named(said.checkpoint.by, at=at)
        try:
            fact = _checkpoint(said.checkpoint, by=by, log=log, people=people, policy=policy, own=own)
        except AttestError as problem:
            error = problem
    within = said.checkpoint is not None and said.checkpoint.sequence <= said.sequence
    return GivenLog(
        log=log,
        environment=said.environment,
        sequence=said.sequence,
        first=_name(said.begun_by, people, at),
        admins=tuple(_name(name, people, at) for name in said.admins),
        first_use=said.first_use,
        alias=said.alias,
        checkpoint=fact,
        checkpoint_error=error,
        mark=_mark(log, said.checkpoint.sequence, own) if said.checkpoint is not None and within else None,
    )


def _name(name: str, people: People, at: str) -> SignerName:
    return SignerName.parse(people.own_name(people.named(name, at=at)))


def _mark(log: Digest, sequence: int, own: Made) -> LogMark:
    """The events of the log: none of them is written, but each has a digest of its own."""
    event = log if sequence == 1 else Digest.of(f"event {sequence} of {log}".encode())
    return LogMark(event=event, state=Digest.of(f"state of {event}".encode()), manifest=own.artefact.digest)


def _checkpoint(said: SaidCheckpoint, *, by: str, log: Digest, people: People, policy: Policy, own: Made) -> Fact:
    mark = _mark(log, said.sequence, own)
    statement = log_checkpoint.build(
        Checkpoint(
            by=SignerName(key=people.signer(by).fingerprint),
            model=own.said.model,
            manifest=mark.manifest,
            log=log,
            sequence=said.sequence,
            head=mark.event,
            state=Digest.of(b"the state of another branch") if said.other_branch else mark.state,
            issued=said.issued,
            expires=said.expires,
        )
    )
    fact = verify_checkpoint(people.sign(statement, by=by), people.keys_of(policy), names=(own.said.model,))
    return suppose(fact, signer=policy.identities[by].keys[0], time=said.issued)
