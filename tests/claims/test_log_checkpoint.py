from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from attest.claims import log_checkpoint
from attest.claims.log_checkpoint import Checkpoint, state_digest
from attest.claims.log_state import Grant, Held, State
from attest.claims.predicates import CHECKPOINT, EVENT
from attest.claims.signer_name import SignerName
from attest.claims.statement import Statement
from attest.errors import AttestError, MalformedEvidence
from attest.verify.log_checkpoint import verify_checkpoint
from attest_registry.digest import Digest
from tests.verify.evidence import MODEL, Person, bundle, edited

if TYPE_CHECKING:
    from attest.evidence.evidence import Evidence

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ALICE, MALLORY = Person.named("alice"), Person.named("mallory")
STATE = State(
    aliases=MappingProxyType({"production": Held(number=1, manifest=Digest.of(b"one"))}),
    roles=MappingProxyType({"admin": (Grant(who=SignerName(issuer="https://ö.example", subject="alice")),)}),
    next_number=2,
)
SOUND = Checkpoint(
    by=SignerName(key=ALICE.key.fingerprint),
    model=MODEL,
    manifest=Digest.of(b"one"),
    log=Digest.of(b"first"),
    sequence=17,
    head=Digest.of(b"seventeenth"),
    state=state_digest(STATE),
    issued=NOW,
    expires=NOW + timedelta(days=1),
)


def changed(**changes: Any) -> Statement:
    document = json.loads(log_checkpoint.build(SOUND).raw)
    document["predicate"] = {key: value for key, value in (document["predicate"] | changes).items() if value is not ...}
    return Statement.parse(json.dumps(document).encode())


def signed(person: Person = ALICE, **values: Any) -> Evidence:
    said = replace(SOUND, **({"by": SignerName(key=person.key.fingerprint)} | values))
    return bundle(log_checkpoint.build(said), person)


def test_what_was_written_is_read() -> None:
    statement = log_checkpoint.build(SOUND)
    assert log_checkpoint.parse(statement) == SOUND
    assert statement.predicate_type == CHECKPOINT
    assert statement.subjects[0].name == MODEL


def test_the_head_of_a_log_of_one_event_is_its_first() -> None:
    first = replace(SOUND, sequence=1, head=SOUND.log)
    assert log_checkpoint.parse(log_checkpoint.build(first)) == first


def test_a_state_has_one_digest_however_it_is_spelt() -> None:
    spelt = State.parse(json.loads(json.dumps(dict(reversed(STATE.to_json().items())))))
    assert state_digest(spelt) == state_digest(STATE)
    assert state_digest(replace(STATE, next_number=3)) != state_digest(STATE)


@pytest.mark.parametrize(
    "change",
    [
        {"by": ...},
        {"by": "alice"},
        {"by": {"key": {"sha256": "a" * 64}, "subject": "alice"}},
        {"log": ...},
        {"log": "sha256:" + "1" * 64},
        {"log": {"sha256": "1" * 63}},
        {"log": {"sha256": "1" * 64, "sha512": "2" * 128}},
        {"sequence": 0},
        {"sequence": "17"},
        {"sequence": True},
        {"sequence": 10**9},
        {"head": ...},
        {"state": {}},
        {"issued": "yesterday"},
        {"issued": "2026-11-20T00:00:00"},
        {"issued": "2026-11-22T00:00:00Z"},
        {"expires": ...},
        {"expires": "2026-11-20T00:00:00Z"},
        {"valid": True},
        {"sequence": 1},
        {"head": {"sha256": SOUND.log.hex}},
    ],
    ids=str,
)
def test_what_is_not_understood_whole_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvidence) as caught:
        log_checkpoint.parse(changed(**change))
    assert caught.value.exit_status == 3


def test_another_kind_of_claim_is_no_checkpoint() -> None:
    document = json.loads(log_checkpoint.build(SOUND).raw) | {"predicateType": EVENT}
    with pytest.raises(MalformedEvidence) as caught:
        log_checkpoint.parse(Statement.parse(json.dumps(document).encode()))
    assert (caught.value.code, caught.value.expected) == ("malformed-evidence", CHECKPOINT)


def test_one_that_nobody_would_take_is_not_written() -> None:
    with pytest.raises(MalformedEvidence) as caught:
        log_checkpoint.build(replace(SOUND, expires=NOW))
    assert caught.value.code == "malformed-evidence"


def test_one_by_somebody_named_is_a_fact() -> None:
    fact = verify_checkpoint(signed(), [ALICE.key], names=(MODEL,))
    assert fact.claim == SOUND
    assert fact.signer is ALICE.key


def spoilt(evidence: Evidence) -> Evidence:
    def change(document: dict[str, Any]) -> None:
        document["dsseEnvelope"]["signatures"][0]["sig"] = "AAAA"

    return edited(evidence, change)


@pytest.mark.parametrize(
    ("evidence", "code"),
    [
        (signed(MALLORY), "signer-not-trusted"),
        (spoilt(signed()), "signature-invalid"),
        (bundle(log_checkpoint.build(replace(SOUND, by=SignerName(key=Digest.of(b"bob")))), ALICE), "signer-mismatch"),
        (signed(model="acme/another"), "name-mismatch"),
        (bundle(changed(sequence=0), ALICE), "malformed-evidence"),
    ],
    ids=["stranger", "spoilt", "in another's name", "of another model", "malformed"],
)
def test_one_that_does_not_hold_is_refused(evidence: Evidence, code: str) -> None:
    with pytest.raises(AttestError) as caught:
        verify_checkpoint(evidence, [ALICE.key], names=(MODEL,))
    assert caught.value.code == code
