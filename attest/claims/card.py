"""Signed model cards: somebody publishes these very bytes as the card of a version (docs/formats.md, `card:v1`).

The claim holds the digest of the card, not its text, and names the claims that it was generated from. What people wrote
between the generated sections is part of the bytes, so whoever signs answers for it too. Every field decides, so every
unknown one is refused.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from attest.claims import fields
from attest.claims.approval import Reviewed
from attest.claims.predicates import CARD
from attest.claims.statement import Statement, Subject
from attest.errors import MalformedEvidence
from attest.trust.window import read_time, shown
from attest_registry import limits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from attest.claims.signer_name import SignerName
    from attest_registry.digest import Digest

MARKDOWN: Final = "text/markdown"
MEDIA_TYPES: Final = (MARKDOWN,)
_FIELDS: Final = {"by", "issued", "card", "generated_from"}


class SignedCard(Struct, frozen=True, kw_only=True):
    """What a signed card is.

    Args:
        digest: SHA-256 of its bytes.
        size: how many there are.
        issued: when, by the signer's word; of several by the same people the latest is the one in force.
        generated_from: the claims that it was made from, each with its signer.
        media_type: what the bytes are.
    """

    digest: Digest
    size: int
    issued: datetime
    generated_from: tuple[Reviewed, ...]
    media_type: str = MARKDOWN


def build(
    card: SignedCard, *, by: SignerName, model: str, manifest_digest: Digest, oms_root: Digest | None = None
) -> Statement:
    """The claim "this is the card of the version".

    Args:
        card: what is said.
        by: whoever will sign it.
        model: the model's name without host.
        manifest_digest: the version.
        oms_root: its OMS root, for those who have the bare folder.

    Raises:
        MalformedEvidence: it says nothing that a reader would accept, such as a card made from nothing.
    """
    subjects = [Subject(name=model, digest=manifest_digest)]
    if oms_root is not None:
        subjects.append(Subject(name="oms-root", digest=oms_root))
    statement = Statement.build(
        subjects=subjects,
        predicate_type=CARD,
        predicate={
            "by": by.to_json(),
            "issued": shown(card.issued.astimezone(UTC)),
            "card": {"sha256": card.digest.hex, "size": card.size, "media_type": card.media_type},
            "generated_from": [each.to_json() for each in card.generated_from],
        },
    )
    parse(statement)
    return statement


def parse(statement: Statement) -> SignedCard:
    """What a signed card says; its signature is not looked at.

    Raises:
        MalformedEvidence: it is none, or holds anything that is not understood.
    """
    if statement.predicate_type != CARD:
        raise MalformedEvidence("the claim is no model card", expected=CARD, found=statement.predicate_type[:120])
    said = statement.predicate
    fields.only(said, _FIELDS, "fields")
    fields.mapping(said, "by")
    named = fields.mapping(said, "card")
    fields.only(named, {"sha256", "size", "media_type"}, "fields of a card")
    digest = fields.sha256({"digest": named})
    if digest is None:
        raise MalformedEvidence("a signed card needs the digest of the card", expected='card: {"sha256": …}')
    sources = tuple(Reviewed.parse(item) for item in fields.objects(said, "generated_from"))
    if not sources:
        raise MalformedEvidence("a signed card names no claim that it was made from", expected="generated_from: […]")
    return SignedCard(
        digest=digest,
        size=_size(named),
        issued=read_time(fields.text(said, "issued"), what="issued"),
        generated_from=sources,
        media_type=_media_type(named),
    )


def _size(named: Mapping[str, Any]) -> int:
    size = named.get("size")
    if type(size) is not int or not 0 < size <= limits.CARD_BYTES:
        raise MalformedEvidence(
            "the card has no size that a card can have",
            expected=f"1 to {limits.CARD_BYTES} bytes",
            found=str(size)[:40],
        )
    return size


def _media_type(named: Mapping[str, Any]) -> str:
    media_type = fields.text(named, "media_type")
    if media_type not in MEDIA_TYPES:
        raise MalformedEvidence(
            "the card is of a kind that is not read here", expected=" or ".join(MEDIA_TYPES), found=media_type[:80]
        )
    return media_type
