from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from attest.claims import card
from attest.claims.approval import Reviewed
from attest.claims.card import SignedCard
from attest.claims.predicates import CARD, word_for
from attest.claims.signer_name import SignerName
from attest.claims.statement import Statement
from attest.errors import MalformedEvidence
from attest_registry.digest import Digest

BY = SignerName(issuer="https://accounts.example.com", subject="alice@example.com")
WHOLE = SignedCard(
    digest=Digest.of(b"card"),
    size=4,
    issued=datetime(2026, 11, 20, tzinfo=UTC),
    generated_from=(
        Reviewed(claim=Digest.of(b"bom"), signer=SignerName(key=Digest.of(b"alice"))),
        Reviewed(claim=Digest.of(b"evaluation"), signer=BY),
    ),
)
HEX = {"sha256": "a" * 64}


def built(said: SignedCard = WHOLE) -> Statement:
    return card.build(said, by=BY, model="acme/credit-risk", manifest_digest=Digest.of(b"version"))


def changed(**changes: Any) -> Statement:
    document = json.loads(built().raw)
    document["predicate"] |= changes
    document["predicate"] = {key: value for key, value in document["predicate"].items() if value is not None}
    return Statement.parse(json.dumps(document).encode())


def test_what_was_written_is_read() -> None:
    statement = built()
    assert (statement.predicate_type, word_for(CARD)) == (CARD, "model card")
    assert statement.predicate["card"] == {"sha256": WHOLE.digest.hex, "size": 4, "media_type": "text/markdown"}
    assert card.parse(statement) == WHOLE


def test_a_card_made_from_nothing_is_not_written() -> None:
    with pytest.raises(MalformedEvidence, match="names no claim"):
        built(SignedCard(digest=WHOLE.digest, size=4, issued=WHOLE.issued, generated_from=()))


@pytest.mark.parametrize(
    "changes",
    [
        {"by": None},
        {"issued": None},
        {"issued": "yesterday"},
        {"card": None},
        {"card": {}},
        {"card": {"sha256": "A" * 64, "size": 4, "media_type": "text/markdown"}},
        {"card": HEX | {"media_type": "text/markdown"}},
        {"card": HEX | {"size": 0, "media_type": "text/markdown"}},
        {"card": HEX | {"size": True, "media_type": "text/markdown"}},
        {"card": HEX | {"size": "4", "media_type": "text/markdown"}},
        {"card": HEX | {"size": 1 << 40, "media_type": "text/markdown"}},
        {"card": HEX | {"size": 4, "media_type": "text/html"}},
        {"card": HEX | {"size": 4}},
        {"generated_from": None},
        {"generated_from": []},
        {"generated_from": "everything"},
        {"generated_from": [{"claim": HEX}]},
        {"generated_from": [{"claim": {}, "signer": {"key": HEX}}]},
    ],
)
def test_what_cannot_be_read_one_way_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvidence) as caught:
        card.parse(changed(**changes))
    assert caught.value.code == "malformed-evidence"


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "# A card"},
        {"card": HEX | {"size": 4, "media_type": "text/markdown", "url": "https://example.com"}},
        {"generated_from": [{"claim": HEX, "signer": {"key": HEX}, "part": 1}]},
    ],
)
def test_an_unknown_field_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvidence) as caught:
        card.parse(changed(**changes))
    assert caught.value.code == "unknown-parameter"


def test_another_claim_is_no_card() -> None:
    document = json.loads(built().raw) | {"predicateType": "https://example.com/x"}
    with pytest.raises(MalformedEvidence, match="no model card"):
        card.parse(Statement.parse(json.dumps(document).encode()))
