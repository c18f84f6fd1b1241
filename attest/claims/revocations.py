"""Revocations: what no longer counts, since when and why (docs/formats.md, `urn:attest:predicate:revocations:v1`).

One feed is complete: a later one replaces all earlier ones. Whoever decides by a feed has to understand every word of
it, so that unknown kinds and unknown fields are refused, not skipped.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct

from attest.claims import fields
from attest.claims.predicates import REVOCATIONS
from attest.claims.statement import Statement, Subject
from attest.errors import MalformedEvidence
from attest.trust.times import read_time, shown
from attest_registry.digest import Digest
from attest_registry.strict_json import to_compact_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Word = TypeVar("Word", bound=StrEnum)

_SUBJECT: Final = "revocations"
_FIELDS: Final = {"by", "sequence", "issued", "expires", "entries", "withdrawn"}
_ENTRY_FIELDS: Final = {"kind", "value", "since", "reason", "scope"}
_WITHDRAWN_FIELDS: Final = {"kind", "value", "at", "reason"}
_MOST_SEQUENCE: Final = 2**53 - 1


class Kind(StrEnum):
    """What is revoked."""

    MANIFEST = "manifest"  # a version, by its manifest digest
    DATASET = "dataset"  # a dataset, by its digest
    KEY = "key"  # the signatures of a public key, by its fingerprint
    IDENTITY = "identity"  # the signatures of the holder of a certificate
    LOG_INDEX = "log-index"  # one entry of a transparency log
    CLAIM = "claim"  # one claim, by the digest of its words


class Scope(StrEnum):
    """How far it goes."""

    SELF = "self"
    DESCENDANTS = "descendants"  # also what was made from it


DEFAULT_SCOPE: Final[Mapping[Kind, Scope]] = {
    kind: Scope.DESCENDANTS if kind in {Kind.MANIFEST, Kind.DATASET} else Scope.SELF for kind in Kind
}
"""Where nobody says: a bad version or dataset spoils what was made from it; a lost key does not."""


class Holder(Struct, frozen=True, kw_only=True):
    """The holder of certificates, as his certificate names him.

    Args:
        subject: his name.
        issuer: who vouched for his login; `None` for those of a private authority, which name no issuer.
    """

    subject: str
    issuer: str | None = None

    def __str__(self) -> str:
        return self.subject if self.issuer is None else f"{self.subject} of {self.issuer}"


class Revocation(Struct, frozen=True, kw_only=True):
    """One thing that no longer counts.

    Args:
        kind: what it is.
        value: which one: a digest, the holder of certificates, or a number in a log.
        since: from when on. A signature that is proven to be older stays.
        reason: why, for people.
        scope: whether it goes for what was made from it as well.
    """

    kind: Kind
    value: Digest | Holder | int
    since: datetime
    reason: str
    scope: Scope

    @property
    def title(self) -> str:
        """For messages: `revoked since 2026-11-01T00:00:00Z (trained on leaked data)`."""
        return f"revoked since {shown(self.since)} ({self.reason})"


class Withdrawal(Struct, frozen=True, kw_only=True):
    """A revocation that was a mistake. It decides nothing: it says who took back what, when and why.

    Args:
        kind: what was revoked.
        value: which one.
        at: when it was taken out of the list.
        reason: why, for people.
    """

    kind: Kind
    value: Digest | Holder | int
    at: datetime
    reason: str


class Revocations(Struct, frozen=True, kw_only=True):
    """A feed.

    Args:
        sequence: counts up by one with each issue, from 1.
        issued: when it was issued, by its own words.
        expires: until when it counts.
        entries: all that is revoked.
        previous: digest of the words of the feed before; of its own list in the first one.
        withdrawn: what was revoked by mistake once.
    """

    sequence: int
    issued: datetime
    expires: datetime
    entries: tuple[Revocation, ...]
    previous: Digest
    withdrawn: tuple[Withdrawal, ...] = ()


def build(
    entries: Sequence[Revocation],
    *,
    by: Mapping[str, Any],
    sequence: int,
    issued: datetime,
    valid: timedelta,
    previous: Statement | None = None,
    withdrawn: Sequence[Withdrawal] = (),
) -> Statement:
    """The claim "this and nothing else is revoked".

    Args:
        entries: all that is revoked.
        by: the signer's own name, `{"key": {"sha256": …}}` or `{"issuer": …, "subject": …}`.
        sequence: one more than that of the feed before; 1 for the first.
        issued: when.
        valid: how long readers may go by it.
        previous: the feed before, as it was signed.
        withdrawn: what was revoked by mistake once.

    Raises:
        MalformedEvidence: the numbers or times contradict one another.
    """
    listed = [entry_document(entry) for entry in entries]
    digest = Digest.of(to_compact_json(listed) if previous is None else previous.raw)
    statement = Statement.build(
        subjects=[Subject(name=_SUBJECT, digest=digest)],
        predicate_type=REVOCATIONS,
        predicate={
            "by": dict(by),
            "sequence": sequence,
            "issued": shown(issued.astimezone(UTC)),
            "expires": shown((issued + valid).astimezone(UTC)),
            "entries": listed,
            **({"withdrawn": [withdrawal_document(each) for each in withdrawn]} if withdrawn else {}),
        },
    )
    parse(statement)
    return statement


def _value_document(value: Digest | Holder | int) -> dict[str, str] | int:
    if isinstance(value, Digest):
        return {"sha256": value.hex}
    if isinstance(value, Holder):
        named = {"issuer": value.issuer, "subject": value.subject}
        return {key: text for key, text in named.items() if text is not None}
    return value


def withdrawal_document(entry: Withdrawal) -> dict[str, Any]:
    """A withdrawal, as it stands in a feed."""
    return {
        "kind": entry.kind.value,
        "value": _value_document(entry.value),
        "at": shown(entry.at.astimezone(UTC)),
        "reason": entry.reason,
    }


def entry_document(entry: Revocation) -> dict[str, Any]:
    """A revocation, as it stands in a feed."""
    return {
        "kind": entry.kind.value,
        "value": _value_document(entry.value),
        "since": shown(entry.since.astimezone(UTC)),
        "reason": entry.reason,
        "scope": entry.scope.value,
    }


def parse(statement: Statement) -> Revocations:
    """What a feed says; its signature is not looked at.

    Raises:
        MalformedEvidence: it is none, or holds anything that is not understood.
    """
    if statement.predicate_type != REVOCATIONS:
        raise MalformedEvidence(
            "the claim is no feed of revocations", expected=REVOCATIONS, found=statement.predicate_type[:120]
        )
    said = statement.predicate
    fields.only(said, _FIELDS, "fields")
    sequence = said.get("sequence")
    if type(sequence) is not int or not 1 <= sequence <= _MOST_SEQUENCE:
        raise MalformedEvidence("the feed needs a sequence number", expected="1, 2, 3, …", found=str(sequence)[:40])
    issued, expires = (read_time(fields.text(said, key), what=key) for key in ("issued", "expires"))
    if expires <= issued:
        raise MalformedEvidence("the feed expires before it was issued", found=f"{shown(issued)}, {shown(expires)}")
    if "entries" not in said:
        raise MalformedEvidence("the feed needs a list of entries", expected="entries: […], which may be empty")
    return Revocations(
        sequence=sequence,
        issued=issued,
        expires=expires,
        entries=tuple(_read(entry) for entry in fields.objects(said, "entries")),
        previous=statement.subjects[0].digest,
        withdrawn=tuple(_read_withdrawal(entry) for entry in fields.objects(said, "withdrawn")),
    )


def _read(entry: Mapping[str, Any]) -> Revocation:
    fields.only(entry, _ENTRY_FIELDS, "fields of a revocation")
    kind = _word(entry, "kind", Kind)
    return Revocation(
        kind=kind,
        value=_value(entry, kind),
        since=read_time(fields.text(entry, "since"), what="since"),
        reason=fields.text(entry, "reason"),
        scope=_word(entry, "scope", Scope),
    )


def _read_withdrawal(entry: Mapping[str, Any]) -> Withdrawal:
    fields.only(entry, _WITHDRAWN_FIELDS, "fields of a withdrawal")
    kind = _word(entry, "kind", Kind)
    return Withdrawal(
        kind=kind,
        value=_value(entry, kind),
        at=read_time(fields.text(entry, "at"), what="at"),
        reason=fields.text(entry, "reason"),
    )


def _word(entry: Mapping[str, Any], key: str, known: type[Word]) -> Word:
    word = fields.text(entry, key)
    if word not in {each.value for each in known}:
        raise MalformedEvidence(
            f"the {key} of a revocation is not understood", expected=", ".join(known), found=word[:80]
        )
    return known(word)


def _value(entry: Mapping[str, Any], kind: Kind) -> Digest | Holder | int:
    value = entry.get("value")
    if kind is Kind.LOG_INDEX:
        if type(value) is not int or not 0 <= value <= _MOST_SEQUENCE:
            raise MalformedEvidence("the index of a log entry is no number", found=str(value)[:40])
        return value
    named = fields.mapping(entry, "value")
    if kind is Kind.IDENTITY:
        fields.only(named, {"issuer", "subject"}, "fields of an identity")
        return Holder(subject=fields.text(named, "subject"), issuer=fields.optional_text(named, "issuer"))
    fields.only(named, {"sha256"}, "fields of a digest")
    digest = fields.sha256({"digest": named})
    if digest is None:
        raise MalformedEvidence(f"the {kind} of a revocation needs a digest", expected='{"sha256": …}')
    return digest
