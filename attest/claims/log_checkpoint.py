"""Checkpoints: how far a model's log went at a time, by the word of somebody named (docs/formats.md, `checkpoint:v1`).

A reader without memory cannot tell an old head from the newest one, nor a frozen log from a quiet one. So a policy says
who has to have signed lately where the head is. Every field decides, so every unknown one is refused.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from attest.claims import fields
from attest.claims.canonical import canonical_digest
from attest.claims.log_state import digest_at, number
from attest.claims.predicates import CHECKPOINT
from attest.claims.signer_name import SignerName
from attest.claims.statement import Statement, Subject
from attest.errors import MalformedEvidence
from attest.trust.window import read_time, shown

if TYPE_CHECKING:
    from datetime import datetime

    from attest.claims.log_state import State
    from attest_registry.digest import Digest

_FIELDS: Final = {"by", "log", "sequence", "head", "state", "issued", "expires"}


class Checkpoint(Struct, frozen=True, kw_only=True):
    """A checkpoint.

    Args:
        by: who signs it.
        model: the model's name without host.
        manifest: the version that the head event is about.
        log: digest of the log's first event.
        sequence: number of the head event.
        head: digest of its words.
        state: digest of the state after it, RFC 8785.
        issued: since when it counts.
        expires: until when.
    """

    by: SignerName
    model: str
    manifest: Digest
    log: Digest
    sequence: int
    head: Digest
    state: Digest
    issued: datetime
    expires: datetime


def state_digest(state: State) -> Digest:
    """What a checkpoint says of a state: the SHA-256 of its RFC 8785 form."""
    return canonical_digest(state.to_json())


def build(checkpoint: Checkpoint) -> Statement:
    """The claim "the log goes so far".

    Raises:
        MalformedEvidence: it says something that no reader would accept.
    """
    predicate: dict[str, Any] = {
        "by": checkpoint.by.to_json(),
        "log": {"sha256": checkpoint.log.hex},
        "sequence": checkpoint.sequence,
        "head": {"sha256": checkpoint.head.hex},
        "state": {"sha256": checkpoint.state.hex},
        "issued": shown(checkpoint.issued.astimezone(UTC)),
        "expires": shown(checkpoint.expires.astimezone(UTC)),
    }
    statement = Statement.build(
        subjects=[Subject(name=checkpoint.model, digest=checkpoint.manifest)],
        predicate_type=CHECKPOINT,
        predicate=predicate,
    )
    parse(statement)
    return statement


def parse(statement: Statement) -> Checkpoint:
    """What a checkpoint says; its signature is not looked at.

    Raises:
        MalformedEvidence: it is none, or holds anything that is not understood.
    """
    if statement.predicate_type != CHECKPOINT:
        raise MalformedEvidence(
            "the claim is no checkpoint of a log", expected=CHECKPOINT, found=statement.predicate_type[:120]
        )
    said = statement.predicate
    fields.only(said, _FIELDS, "fields")
    if len(statement.subjects) != 1:
        raise MalformedEvidence("a checkpoint is about one version", found=f"{len(statement.subjects)} subjects")
    issued, expires = (read_time(fields.text(said, key), what=key).astimezone(UTC) for key in ("issued", "expires"))
    if expires <= issued:
        raise MalformedEvidence(
            "the checkpoint expires before it was issued", found=f"{shown(issued)}, {shown(expires)}"
        )
    subject = statement.subjects[0]
    checkpoint = Checkpoint(
        by=SignerName.parse(fields.mapping(said, "by")),
        model=subject.name,
        manifest=subject.digest,
        log=digest_at(said, "log"),
        sequence=number(said, "sequence"),
        head=digest_at(said, "head"),
        state=digest_at(said, "state"),
        issued=issued,
        expires=expires,
    )
    if (checkpoint.sequence == 1) != checkpoint.head.matches(checkpoint.log):
        raise MalformedEvidence(
            "a log is named by its first event",
            expected="a head that is the log's own digest exactly where its number is 1",
            found=f"event {checkpoint.sequence}, {checkpoint.head}",
        )
    return checkpoint
