from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from attest.claims import event as events
from attest.claims.approval import Reviewed
from attest.claims.event import Action, Event, Fork, Gate, Origin, Target, Versioned
from attest.claims.log_state import MOST_ALIASES, MOST_REVOKED, MOST_ROLE_ENTRIES, Grant, Held, State
from attest.claims.predicates import EVENT
from attest.claims.signer_name import SignerName
from attest.claims.statement import Statement
from attest.errors import MalformedEvidence
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable

ALICE = SignerName(key=Digest.of(b"alice"))
BOB = SignerName(issuer="https://accounts.example.com", subject="bob@example.com")
V2 = Digest.of(b"v2")
HELD = Held(number=2, manifest=V2)
WHOLE = Event(
    by=BOB,
    model="acme/credit-risk",
    environment="production-eu",
    sequence=17,
    action=Action.PROMOTE,
    time=datetime(2026, 3, 8, 14, 32, tzinfo=UTC),
    version=Versioned(number=2, manifest=V2, label="1.4.0"),
    log=Digest.of(b"first"),
    previous=Digest.of(b"before"),
    target=Target(alias="production"),
    reason="passes gates, replaces 1 after drift alarm",
    gate=Gate(
        policy=Digest.of(b"policy"),
        evidence=(Reviewed(claim=Digest.of(b"claim"), signer=ALICE),),
        against=Held(number=1, manifest=Digest.of(b"v1")),
    ),
    state=State(
        aliases={"production": HELD},
        stages={"production": (2,), "staging": (3, 5)},
        policies={"production": Digest.of(b"policy")},
        roles={"admin": (Grant(who=ALICE),), "approver": (Grant(who=BOB, aliases=("production",)),)},
        revoked=(1,),
        next_number=6,
    ),
)
FIRST = replace(WHOLE, sequence=1, action=Action.REGISTER, log=None, previous=None, target=Target(), gate=None)


def document(event: Event = WHOLE) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(events.build(event).raw)
    return found


def parse(said: dict[str, Any]) -> Event:
    return events.parse(Statement.parse(json.dumps(said).encode()))


def refused(said: dict[str, Any]) -> str:
    with pytest.raises(MalformedEvidence) as caught:
        parse(said)
    return caught.value.code


def test_every_field_comes_back_as_it_was_said() -> None:
    assert parse(document()) == WHOLE
    fork = replace(WHOLE, action=Action.RESOLVE_FORK, gate=None, fork=Fork(stands=V2, abandoned=(V2, Digest.of(b"x"))))
    assert parse(document(fork)) == fork
    origin = replace(FIRST, origin=Origin(log=V2, sequence=9, event=Digest.of(b"head")), environment=None, reason=None)
    assert parse(document(origin)) == origin
    recorded = replace(WHOLE, action=Action.RECORD, gate=None, claims=(Reviewed(claim=V2, signer=BOB),))
    assert parse(document(recorded)) == recorded
    closed = replace(WHOLE, state=replace(WHOLE.state, aliases={}, closed=True))
    assert parse(document(closed)) == closed


def test_the_words_are_those_of_the_page() -> None:
    """docs/formats.md, event:v1: what stands there is what is written."""
    said = document()["predicate"]
    assert set(said) == {
        *("by", "log", "model", "environment", "sequence", "previous", "action", "time"),
        *("version", "target", "reason", "gate", "state"),
    }
    assert said["time"] == "2026-03-08T14:32:00Z"
    assert said["gate"]["verdict"] == "allowed"
    assert said["state"]["roles"]["approver"] == [{**BOB.to_json(), "aliases": ["production"]}]
    assert document()["subject"] == [{"name": "acme/credit-risk", "digest": {"sha256": V2.hex}}]
    assert document()["predicateType"] == EVENT


def test_equal_states_have_equal_bytes() -> None:
    backwards = replace(WHOLE.state, roles=dict(reversed(list(WHOLE.state.roles.items()))))
    assert events.build(replace(WHOLE, state=backwards)).raw == events.build(WHOLE).raw


def at(*path: str | int) -> Callable[[dict[str, Any], object], None]:
    def put(said: dict[str, Any], value: object) -> None:
        place: Any = said
        for key in path[:-1]:
            place = place[key]
        if value is ...:
            del place[path[-1]]
        else:
            place[path[-1]] = value

    return put


P = "predicate"
HEX = V2.hex
MALFORMED: list[tuple[str, tuple[str | int, ...], object]] = [
    ("another kind of claim", ("predicateType",), "https://slsa.dev/provenance/v1"),
    ("no signer", (P, "by"), ...),
    ("a signer with two names", (P, "by"), {"key": {"sha256": HEX}, "subject": "bob@example.com"}),
    ("a login without issuer", (P, "by"), {"subject": "bob@example.com"}),
    ("no model", (P, "model"), ...),
    ("another model than the subject's", (P, "model"), "acme/other"),
    ("another subject", ("subject", 0, "name"), "acme/other"),
    ("another version than the subject", ("subject", 0, "digest", "sha256"), Digest.of(b"v3").hex),
    ("no sequence", (P, "sequence"), ...),
    ("a sequence of zero", (P, "sequence"), 0),
    ("a sequence below zero", (P, "sequence"), -1),
    ("a sequence that is true", (P, "sequence"), True),
    ("a sequence that is text", (P, "sequence"), "17"),
    ("a sequence with a point", (P, "sequence"), 17.0),
    ("a sequence beyond all", (P, "sequence"), 1_000_000_000),
    ("a first event that follows", (P, "sequence"), 1),
    ("no event before", (P, "previous"), ...),
    ("no log", (P, "log"), ...),
    ("a log that is no digest", (P, "log"), {"sha256": "0" * 63}),
    ("a log of another algorithm", (P, "log"), {"sha512": HEX}),
    ("a log with two digests", (P, "log"), {"sha256": HEX, "sha512": HEX}),
    ("a digest in capitals", (P, "previous"), {"sha256": HEX.upper()}),
    ("no action", (P, "action"), ...),
    ("an unknown action", (P, "action"), "republish"),
    ("an action that is a list", (P, "action"), ["promote"]),
    ("no time", (P, "time"), ...),
    ("a time without a zone", (P, "time"), "2026-03-08T14:32:00"),
    ("a day that there is not", (P, "time"), "2026-02-30T14:32:00Z"),
    ("no version", (P, "version"), ...),
    ("a version without digest", (P, "version", "manifest"), ...),
    ("a version with more", (P, "version", "tag"), "x"),
    ("a label of digits", (P, "version", "label"), "14"),
    ("a label that is reserved", (P, "version", "label"), "latest"),
    ("a label like the log's tag", (P, "version", "label"), "attest-log"),
    ("a label with a colon", (P, "version", "label"), "a:b"),
    ("no label at all", (P, "version", "label"), ""),
    ("two targets", (P, "target", "stage"), "production"),
    ("an unknown target", (P, "target"), {"host": "x"}),
    ("an unknown stage", (P, "target"), {"stage": "archived"}),
    ("an unknown role", (P, "target"), {"role": "owner"}),
    ("a reason that is a list", (P, "reason"), ["x"]),
    ("a reason without end", (P, "reason"), "x" * 2_001),
    ("a gate that says no", (P, "gate", "verdict"), "denied"),
    ("a gate that says nothing", (P, "gate", "verdict"), ...),
    ("a gate with more", (P, "gate", "waived"), True),
    ("evidence that is no list", (P, "gate", "evidence"), {"claim": {"sha256": HEX}}),
    ("evidence without its signer", (P, "gate", "evidence", 0, "signer"), ...),
    ("a comparison with half a version", (P, "gate", "against"), {"number": 1}),
    ("claims that are no list", (P, "claims"), "x"),
    ("a fork that abandons nothing", (P, "fork"), {"stands": {"sha256": HEX}, "abandoned": []}),
    ("a fork that abandons a word", (P, "fork"), {"stands": {"sha256": HEX}, "abandoned": ["x"]}),
    ("a fork that stands nowhere", (P, "fork"), {"abandoned": [{"sha256": HEX}]}),
    ("an origin without number", (P, "origin"), {"log": {"sha256": HEX}, "event": {"sha256": HEX}}),
    ("an environment that is null", (P, "environment"), None),
    ("no state", (P, "state"), ...),
    ("a state without aliases", (P, "state", "aliases"), ...),
    ("a state without roles", (P, "state", "roles"), ...),
    ("a state without next number", (P, "state", "next_number"), ...),
    ("a state that is open", (P, "state", "closed"), False),
    ("a state that is closed with a word", (P, "state", "closed"), "true"),
    ("an alias without digest", (P, "state", "aliases", "production"), {"number": 2}),
    ("an alias with more", (P, "state", "aliases", "production", "label"), "1.4.0"),
    ("a stage that is not known", (P, "state", "stages", "archived"), [1]),
    ("a stage out of order", (P, "state", "stages", "staging"), [5, 3]),
    ("a version twice in a stage", (P, "state", "stages", "staging"), [3, 3]),
    ("a version that is true", (P, "state", "stages", "staging"), [True]),
    ("a revoked version of zero", (P, "state", "revoked"), [0]),
    ("revoked that is no list", (P, "state", "revoked"), {"1": True}),
    ("too many revoked", (P, "state", "revoked"), list(range(1, MOST_REVOKED + 2))),
    ("a role that is not known", (P, "state", "roles", "viewer"), []),
    ("a role for no alias at all", (P, "state", "roles", "approver", 0, "aliases"), []),
    ("a role for an alias that is a number", (P, "state", "roles", "approver", 0, "aliases"), [1]),
    ("a role for nobody", (P, "state", "roles", "approver", 0), {"aliases": ["production"]}),
    ("a policy that is a name", (P, "state", "policies", "production"), "p"),
    (
        "too many aliases",
        (P, "state", "aliases"),
        {f"a{each}": HELD.to_json() for each in range(MOST_ALIASES + 1)},
    ),
    (
        "too many policies",
        (P, "state", "policies"),
        {f"a{each}": {"sha256": HEX} for each in range(MOST_ALIASES + 1)},
    ),
    (
        "too many people",
        (P, "state", "roles", "approver"),
        [{"issuer": "https://x", "subject": str(each)} for each in range(MOST_ROLE_ENTRIES)],
    ),
]


@pytest.mark.parametrize(("name", "path", "value"), MALFORMED, ids=[name for name, *_ in MALFORMED])
def test_what_is_not_understood_is_refused(name: str, path: tuple[str | int, ...], value: object) -> None:
    said = document()
    at(*path)(said, value)
    with pytest.raises(MalformedEvidence):
        parse(said)


UNKNOWN_PLACES: list[tuple[str | int, ...]] = [
    (P, "expires"),
    (P, "by", "name"),
    (P, "version", "size"),
    (P, "target", "model"),
    (P, "gate", "by"),
    (P, "state", "owner"),
    (P, "state", "roles", "approver", 0, "until"),
]


@pytest.mark.parametrize("path", UNKNOWN_PLACES, ids=[".".join(map(str, path)) for path in UNKNOWN_PLACES])
def test_an_unknown_field_where_something_is_decided_is_refused(path: tuple[str | int, ...]) -> None:
    """A reader that skipped it would decide by half of what was signed."""
    said = document()
    at(*path)(said, "x")
    assert refused(said) == "unknown-parameter"


def test_only_the_first_event_follows_no_other() -> None:
    assert parse(document(FIRST)) == FIRST
    for path, value in (((P, "log"), {"sha256": HEX}), ((P, "previous"), {"sha256": HEX})):
        said = document(FIRST)
        at(*path)(said, value)
        assert refused(said) == "malformed-evidence"


def test_what_no_reader_would_take_is_not_written() -> None:
    for wrong in (
        replace(WHOLE, sequence=1),
        replace(WHOLE, reason="x" * 2_001),
        replace(WHOLE, version=replace(WHOLE.version, label="7")),
        replace(WHOLE, target=Target(alias="a", stage=None, role=None), state=replace(WHOLE.state, revoked=(2, 1))),
    ):
        with pytest.raises(MalformedEvidence):
            events.build(wrong)


leaves: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers(-1, 2**40) | st.text(max_size=5) | st.just(HEX) | st.just([]) | st.just({})
)


@given(data=st.data())
def test_any_part_may_be_anything(data: st.DataObject) -> None:
    """One error class, whatever a hostile signer writes at whatever place."""
    said = copy.deepcopy(document())
    place: Any = said
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not place[key] or not isinstance(place[key], dict | list) or data.draw(st.integers(0, 3)) == 0:
            break
        place = place[key]
    place[key] = data.draw(
        leaves | st.lists(leaves, max_size=2) | st.dictionaries(st.text(max_size=5), leaves, max_size=2)
    )
    try:
        event = parse(said)
    except MalformedEvidence:
        return
    assert parse(document(event)) == event
