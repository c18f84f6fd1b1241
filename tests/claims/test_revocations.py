from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from attest.claims import revocations
from attest.claims.predicates import REVOCATIONS
from attest.claims.revocations import Holder, Kind, Revocation, Scope, Withdrawal
from attest.claims.statement import Statement
from attest.errors import MalformedEvidence
from attest_registry.digest import Digest

NOW = datetime(2026, 11, 20, tzinfo=UTC)
BY = {"key": {"sha256": "a" * 64}}
VALUES: dict[Kind, Any] = {
    Kind.MANIFEST: Digest.of(b"version"),
    Kind.DATASET: Digest.of(b"dataset"),
    Kind.KEY: Digest.of(b"key"),
    Kind.IDENTITY: Holder(subject="alice@example.com", issuer="https://issuer.example.com"),
    Kind.LOG_INDEX: 4711,
    Kind.CLAIM: Digest.of(b"claim"),
}


def entry(kind: Kind) -> Revocation:
    return Revocation(kind=kind, value=VALUES[kind], since=NOW, reason="why", scope=Scope.DESCENDANTS)


def feed(*entries: Revocation, **values: Any) -> Statement:
    arguments: dict[str, Any] = {"by": BY, "sequence": 1, "issued": NOW, "valid": timedelta(days=1)}
    return revocations.build(entries, **(arguments | values))


def changed(**changes: Any) -> Statement:
    document = json.loads(feed(entry(Kind.KEY)).raw)
    document["predicate"] |= changes
    return Statement.parse(json.dumps(document).encode())


def with_entry(**changes: Any) -> Statement:
    (written,) = json.loads(feed(entry(Kind.KEY)).raw)["predicate"]["entries"]
    return changed(entries=[written | changes])


@pytest.mark.parametrize("kind", Kind)
def test_what_was_written_is_read(kind: Kind) -> None:
    read = revocations.parse(feed(entry(kind)))
    assert read.entries == (entry(kind),)
    assert (read.sequence, read.issued, read.expires) == (1, NOW, NOW + timedelta(days=1))


def test_a_private_authoritys_holder_has_no_issuer() -> None:
    holder = Revocation(
        kind=Kind.IDENTITY, value=Holder(subject="CN=release"), since=NOW, reason="left", scope=Scope.SELF
    )
    assert revocations.parse(feed(holder)).entries == (holder,)


def test_a_later_feed_names_the_words_of_the_one_before() -> None:
    first = feed()
    second = revocations.parse(feed(entry(Kind.KEY), sequence=2, previous=first))
    assert second.previous == Digest.of(first.raw)


def test_a_feed_may_revoke_nothing() -> None:
    assert revocations.parse(feed()).entries == ()


@pytest.mark.parametrize("kind", Kind)
def test_what_was_a_mistake_is_told_and_decides_nothing(kind: Kind) -> None:
    mistake = Withdrawal(kind=kind, value=VALUES[kind], at=NOW, reason="another one was meant")
    read = revocations.parse(feed(withdrawn=[mistake]))
    assert (read.entries, read.withdrawn) == ((), (mistake,))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reason": ""}, "malformed-evidence"),
        ({"at": "yesterday"}, "malformed-evidence"),
        ({"kind": "model"}, "malformed-evidence"),
        ({"value": {}}, "malformed-evidence"),
        ({"scope": "self"}, "unknown-parameter"),
    ],
    ids=str,
)
def test_a_withdrawal_that_cannot_be_understood_is_refused(change: dict[str, Any], code: str) -> None:
    said = {"kind": "key", "value": {"sha256": "a" * 64}, "at": "2026-11-20T00:00:00Z", "reason": "a mistake"}
    with pytest.raises(MalformedEvidence) as refused:
        revocations.parse(changed(withdrawn=[said | change]))
    assert refused.value.code == code


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": 0},
        {"sequence": "2"},
        {"sequence": True},
        {"sequence": None},
        {"sequence": 2**53},
        {"issued": "yesterday"},
        {"expires": "2026-11-19T00:00:00Z"},
        {"expires": "2026-11-21"},
        {"entries": {}},
        {"entries": ["everything"]},
    ],
    ids=str,
)
def test_a_feed_that_cannot_be_understood_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvidence) as refused:
        revocations.parse(changed(**change))
    assert refused.value.code == "malformed-evidence"


def test_a_feed_without_a_list_does_not_revoke_nothing() -> None:
    document = json.loads(feed().raw)
    del document["predicate"]["entries"]
    with pytest.raises(MalformedEvidence, match="needs a list of entries"):
        revocations.parse(Statement.parse(json.dumps(document).encode()))


@pytest.mark.parametrize(
    "statement", [changed(more=1), with_entry(until="2027-01-01T00:00:00Z")], ids=["feed", "entry"]
)
def test_a_field_that_means_nothing_to_us_may_mean_something(statement: Statement) -> None:
    with pytest.raises(MalformedEvidence) as refused:
        revocations.parse(statement)
    assert refused.value.code == "unknown-parameter"


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "model"},
        {"kind": 1},
        {"scope": "grandchildren"},
        {"scope": None},
        {"reason": ""},
        {"since": "2026-11-01"},
        {"value": "sha256:" + "a" * 64},
        {"value": {"sha256": "A" * 64}},
        {"value": {}},
        {"kind": "log-index", "value": -1},
        {"kind": "log-index", "value": True},
        {"kind": "identity", "value": {"issuer": "https://issuer.example.com"}},
    ],
    ids=str,
)
def test_an_entry_that_cannot_be_understood_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvidence) as refused:
        revocations.parse(with_entry(**change))
    assert refused.value.code == "malformed-evidence"


def test_another_kind_of_claim_is_no_feed() -> None:
    document = json.loads(feed().raw) | {"predicateType": REVOCATIONS.replace("v1", "v2")}
    with pytest.raises(MalformedEvidence) as refused:
        revocations.parse(Statement.parse(json.dumps(document).encode()))
    assert refused.value.expected == REVOCATIONS
