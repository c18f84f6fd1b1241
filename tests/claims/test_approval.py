from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from attest.claims import approval
from attest.claims.approval import Approval, Decision, Reviewed
from attest.claims.predicates import APPROVAL
from attest.claims.signer_name import SignerName
from attest.claims.statement import Statement
from attest.errors import MalformedEvidence
from attest_registry.digest import Digest

BY = SignerName(issuer="https://accounts.example.com", subject="alice@example.com")
SEEN = Reviewed(claim=Digest.of(b"evaluation"), signer=SignerName(key=Digest.of(b"bot")))
WHOLE = Approval(
    decision=Decision.APPROVE,
    meaning="reviewed and approved for production use",
    reviewed=(SEEN, Reviewed(claim=Digest.of(b"bom"), signer=BY)),
    alias="production",
    log=Digest.of(b"log"),
    expires=datetime(2027, 1, 1, tzinfo=UTC),
    comment="see ticket 4711",
)


def built(said: Approval = WHOLE) -> Statement:
    return approval.build(said, by=BY, model="acme/credit-risk", manifest_digest=Digest.of(b"version"))


def changed(**changes: Any) -> Statement:
    document = json.loads(built().raw)
    document["predicate"] |= changes
    document["predicate"] = {key: value for key, value in document["predicate"].items() if value is not None}
    return Statement.parse(json.dumps(document).encode())


def test_what_was_written_is_read() -> None:
    statement = built()
    assert statement.predicate_type == APPROVAL
    assert statement.predicate["by"] == {"issuer": "https://accounts.example.com", "subject": "alice@example.com"}
    assert approval.parse(statement) == WHOLE


def test_a_rejection_needs_no_more_than_its_meaning() -> None:
    said = Approval(decision=Decision.REJECT, meaning="too many false alarms")
    assert approval.parse(built(said)) == said


KEY = {"sha256": "a" * 64}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"decision": "approved"}, "another decision"),
        ({"decision": None}, "text as decision"),
        ({"by": None}, "object as by"),
        ({"meaning": ""}, "text as meaning"),
        ({"meaning": None}, "text as meaning"),
        ({"expires": "next year"}, "is no time"),
        ({"scope": "production"}, "object as scope"),
        ({"scope": {"log": {}}}, "log needs a digest"),
        ({"scope": {"alias": 1}}, "text as alias"),
        ({"reviewed": [{"claim": {}, "signer": {"key": KEY}}]}, "needs its digest"),
        ({"reviewed": [{"claim": KEY}]}, "object as signer"),
        ({"reviewed": [{"claim": KEY, "signer": {"key": {}}}]}, "needs a digest"),
        ({"reviewed": [{"claim": KEY, "signer": {"subject": "alice"}}]}, "text as issuer"),
    ],
)
def test_what_cannot_be_read_one_way_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(MalformedEvidence, match=words) as caught:
        approval.parse(changed(**changes))
    assert caught.value.code == "malformed-evidence"


@pytest.mark.parametrize(
    "changes",
    [
        {"unless": "the data change"},
        {"scope": {"alias": "production", "region": "eu"}},
        {"reviewed": [{"claim": KEY, "signer": {"key": KEY}, "part": "1"}]},
        {"reviewed": [{"claim": KEY, "signer": {"key": KEY, "issuer": "x"}}]},
        {"reviewed": [{"claim": KEY | {"sha512": "b"}, "signer": {"key": KEY}}]},
    ],
)
def test_an_unknown_field_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvidence) as caught:
        approval.parse(changed(**changes))
    assert caught.value.code == "unknown-parameter"


def test_another_claim_is_no_approval() -> None:
    document = json.loads(built().raw) | {"predicateType": "https://example.com/x"}
    with pytest.raises(MalformedEvidence, match="no approval"):
        approval.parse(Statement.parse(json.dumps(document).encode()))
