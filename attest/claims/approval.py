"""Approvals and rejections: what a reviewer decided about a version (docs/formats.md, `approval:v1`).

`meaning` is what 21 CFR 11.50 asks for: what the signature stands for. An approval is about the claims that it lists;
whoever signs something new later cannot have it approved by what was said before. Every field decides, so every
unknown one is refused; `comment` is for people.
"""

from __future__ import annotations

from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from attest.claims import fields
from attest.claims.predicates import APPROVAL
from attest.claims.signer_name import SignerName
from attest.claims.statement import Statement, Subject
from attest.errors import MalformedEvidence
from attest.trust.times import read_time, shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from attest_registry.digest import Digest

_FIELDS: Final = {"by", "decision", "meaning", "scope", "reviewed", "comment", "expires"}


class Decision(StrEnum):
    """What was decided."""

    APPROVE = "approve"
    REJECT = "reject"


class Reviewed(Struct, frozen=True, kw_only=True):
    """A claim that the reviewer had before him.

    Args:
        claim: SHA-256 of its signed words.
        signer: who had signed them; two people may sign equal words.
    """

    claim: Digest
    signer: SignerName

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Reviewed:
        """Read one.

        Raises:
            MalformedEvidence: it does not name one claim of one signer.
        """
        fields.only(value, {"claim", "signer"}, "fields of a reviewed claim")
        claim = fields.mapping(value, "claim")
        fields.only(claim, {"sha256"}, "fields of a digest")
        digest = fields.sha256({"digest": claim})
        if digest is None:
            raise MalformedEvidence("a reviewed claim needs its digest", expected='claim: {"sha256": …}')
        return cls(claim=digest, signer=SignerName.parse(fields.mapping(value, "signer")))

    def to_json(self) -> dict[str, Any]:
        """As it stands in a claim."""
        return {"claim": {"sha256": self.claim.hex}, "signer": self.signer.to_json()}


class Approval(Struct, frozen=True, kw_only=True):
    """What was decided.

    Args:
        decision: approved or rejected.
        meaning: what the signature stands for.
        reviewed: the claims that it is about.
        alias: the one use that it is for; `None` for any.
        log: the one log that it is for, by its first event's digest; `None` for any.
        expires: until when it goes; `None` for no end.
        comment: for people.
    """

    decision: Decision
    meaning: str
    reviewed: tuple[Reviewed, ...] = ()
    alias: str | None = None
    log: Digest | None = None
    expires: datetime | None = None
    comment: str | None = None


def build(
    approval: Approval, *, by: SignerName, model: str, manifest_digest: Digest, oms_root: Digest | None = None
) -> Statement:
    """The claim "I approve", or "I reject".

    Args:
        approval: what is said.
        by: whoever will sign it.
        model: the model's name without host.
        manifest_digest: the version.
        oms_root: its OMS root, for those who have the bare folder.

    Raises:
        MalformedEvidence: it says nothing that a reader would accept, such as no meaning.
    """
    scope: dict[str, Any] = {} if approval.alias is None else {"alias": approval.alias}
    if approval.log is not None:
        scope["log"] = {"sha256": approval.log.hex}
    optional = {
        "scope": scope,
        "comment": approval.comment,
        "expires": None if approval.expires is None else shown(approval.expires.astimezone(UTC)),
    }
    predicate: dict[str, Any] = {
        "by": by.to_json(),
        "decision": approval.decision.value,
        "meaning": approval.meaning,
        "reviewed": [each.to_json() for each in approval.reviewed],
    }
    subjects = [Subject(name=model, digest=manifest_digest)]
    if oms_root is not None:
        subjects.append(Subject(name="oms-root", digest=oms_root))
    statement = Statement.build(
        subjects=subjects,
        predicate_type=APPROVAL,
        predicate=predicate | {key: value for key, value in optional.items() if value},
    )
    parse(statement)
    return statement


def parse(statement: Statement) -> Approval:
    """What an approval says; its signature is not looked at.

    Raises:
        MalformedEvidence: it is none, or holds anything that is not understood.
    """
    if statement.predicate_type != APPROVAL:
        raise MalformedEvidence("the claim is no approval", expected=APPROVAL, found=statement.predicate_type[:120])
    said = statement.predicate
    fields.only(said, _FIELDS, "fields")
    fields.mapping(said, "by")
    decision = fields.text(said, "decision")
    if decision not in set(Decision):
        raise MalformedEvidence(
            "the approval has another decision", expected=" or ".join(Decision), found=f"decision {decision[:80]}"
        )
    scope = fields.optional_mapping(said, "scope")
    fields.only(scope, {"log", "alias"}, "fields of a scope")
    return Approval(
        decision=Decision(decision),
        meaning=fields.text(said, "meaning"),
        reviewed=tuple(Reviewed.parse(item) for item in fields.objects(said, "reviewed")),
        alias=fields.optional_text(scope, "alias"),
        log=_log(scope),
        expires=read_time(fields.text(said, "expires"), what="expires") if "expires" in said else None,
        comment=fields.optional_text(said, "comment"),
    )


def _log(scope: Mapping[str, Any]) -> Digest | None:
    if "log" not in scope:
        return None
    named = fields.mapping(scope, "log")
    fields.only(named, {"sha256"}, "fields of a digest")
    digest = fields.sha256({"digest": named})
    if digest is None:
        raise MalformedEvidence("the scope's log needs a digest", expected='log: {"sha256": …}')
    return digest
