from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from attest.claims.approval import Reviewed
from attest.claims.event import Action, Event, Fork, Gate, Target, Versioned
from attest.claims.log_state import MOST_ALIASES, MOST_REVOKED, Grant, Held, RoleName, Stage, State
from attest.errors import IllegalEvent
from attest.lifecycle.transitions import NothingKnown, follow
from tests.lifecycle import vectors as v
from tests.made import made

if TYPE_CHECKING:
    from collections.abc import Mapping

VECTORS = v.TABLE["vectors"]
PAIRS = [(act, by) for act in v.TABLE["acts"] for by in v.PEOPLE]


def before_of(vector: Mapping[str, Any]) -> State | None:
    if vector.get("first"):
        return None
    return v.state(vector.get("before", v.TABLE["acts"][vector["act"]].get("before")))


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_a_vector(vector: dict[str, Any]) -> None:
    before = before_of(vector)
    event = v.act(vector, vector["by"], before)
    if "code" not in vector:
        expected = v.state(vector["after"], before or State())
        assert follow(before, event, v.known(vector.get("known"))).to_json() == expected.to_json()
        return
    with pytest.raises(IllegalEvent) as caught:
        follow(before, event, v.known(vector.get("known")))
    assert caught.value.code == vector["code"], caught.value.message


@pytest.mark.parametrize(("act", "by"), PAIRS, ids=[f"{act} by {by}" for act, by in PAIRS])
def test_each_act_by_each_person(act: str, by: str) -> None:
    """Whoever has no role for an act is refused for that and nothing else; whoever has it is not."""
    vector = {"act": act}
    before = before_of(vector)
    event = v.act(vector, by, before)
    if by in v.TABLE["who may"][act]:
        follow(before, event, v.known())
        return
    with pytest.raises(IllegalEvent) as caught:
        follow(before, event, v.known())
    assert caught.value.code == "role-missing"


def test_the_table_has_every_action_and_role() -> None:
    acts = {act["action"] for act in v.TABLE["acts"].values()}
    assert acts == set(Action)
    assert set(v.TABLE["before"]["roles"]) == set(RoleName)
    legal = {vector["act"] for vector in VECTORS if "after" in vector}
    illegal = {vector["act"] for vector in VECTORS if "code" in vector}
    assert {v.TABLE["acts"][act]["action"] for act in legal & illegal} == set(Action)


def test_more_than_a_state_holds() -> None:
    held = Held(number=2, manifest=v.manifest("v2"))
    many = replace(v.state(), aliases={f"a{each}": held for each in range(MOST_ALIASES)})
    promoted = v.act({"act": "promote", "with": {"alias": "canary"}}, "paul", many)
    with pytest.raises(IllegalEvent) as caught:
        follow(many, promoted, v.known())
    assert caught.value.code == "alias-limit"
    bound = replace(v.state(), policies={f"a{each}": v.policy("p1") for each in range(MOST_ALIASES)})
    with pytest.raises(IllegalEvent) as caught:
        follow(bound, v.act({"act": "bind-policy"}, "alice", bound), v.known())
    assert caught.value.code == "log-limit"
    revoked = replace(v.state(), revoked=tuple(range(10, 10 + MOST_REVOKED)))
    with pytest.raises(IllegalEvent) as caught:
        follow(revoked, v.act({"act": "revoke"}, "alice", revoked), v.known())
    assert caught.value.code == "log-limit"


def test_an_event_changes_nothing_by_the_way() -> None:
    """What its signer writes of other parts of the state is not taken."""
    before = v.state()
    event = v.act({"act": "promote"}, "paul", before)
    greedy = replace(event, state=replace(before, roles={"admin": (Grant(who=v.who("paul")),)}, revoked=()))
    after = follow(before, greedy, v.known())
    assert (after.roles, after.revoked) == (before.roles, before.revoked)


def test_before_the_first_event_nothing_is_known() -> None:
    nothing = NothingKnown()
    assert nothing.registered(1) is None
    assert nothing.number_of("1.0.0") is None
    assert nothing.numbers_for(v.manifest("v1")) == ()
    assert nothing.holders("production") == ()


people = st.sampled_from(v.PEOPLE).map(v.who)
words = st.sampled_from(["production", "staging", "champion", "canary", "latest", "A", "x" * 200])
numbers = st.integers(1, 8) | st.just(999_999_999)
digests = st.sampled_from([v.manifest(f"v{each}") for each in range(1, 8)])
policies = st.sampled_from([v.policy("p1"), v.policy("p2")])
held = made(Held, number=numbers, manifest=digests)
grants = st.lists(
    made(Grant, who=people, aliases=st.none() | st.lists(words, min_size=1, max_size=3).map(tuple)), max_size=4
).map(tuple)
roles = st.dictionaries(st.sampled_from([role.value for role in RoleName]), grants)
ascending = st.sets(numbers, max_size=4).map(lambda found: tuple(sorted(found)))
states = made(
    State,
    aliases=st.dictionaries(words, held, max_size=4),
    stages=st.dictionaries(st.sampled_from([stage.value for stage in Stage]), ascending.filter(bool)),
    policies=st.dictionaries(words, policies, max_size=3),
    roles=roles.map(lambda found: {"admin": (Grant(who=v.who("alice")),), **found}),
    revoked=ascending,
    next_number=numbers,
    closed=st.sampled_from([False, False, False, True]),
)
events = made(
    Event,
    by=people,
    model=st.just("acme/credit-risk"),
    environment=st.none(),
    sequence=st.integers(1, 3),
    action=st.sampled_from(Action),
    time=st.just(v.NOON),
    version=made(Versioned, number=numbers, manifest=digests, label=st.sampled_from([None, "1.0.0", "2.0.0"])),
    state=states,
    previous=st.none() | st.just(v.HEAD),
    target=made(
        Target,
        alias=st.none() | words,
        stage=st.none() | st.sampled_from(Stage),
        role=st.none() | st.sampled_from(RoleName),
    ),
    gate=st.none() | made(Gate, policy=st.none() | policies, evidence=st.just(()), against=st.none() | held),
    claims=st.just(()) | st.just((Reviewed(claim=v.HEAD, signer=v.who("erin")),)),
    fork=st.none() | st.just(Fork(stands=v.HEAD, abandoned=(v.HEAD,))),
)


@given(before=st.none() | states, event=events)
def test_whatever_follows_can_be_read_back(before: State | None, event: Event) -> None:
    """`follow` refuses in one way alone, and what it lets pass is a state as every reader reads it."""
    try:
        after = follow(before, event, v.known())
    except IllegalEvent:
        return
    assert State.parse(after.to_json()) == after
    assert after.to_json() == State.parse(after.to_json()).to_json()


fitting = st.sampled_from(PAIRS).map(lambda pair: ({"act": pair[0]}, pair[1]))


@given(chosen=fitting, before=states, number=numbers)
def test_the_same_of_acts_that_mostly_fit(chosen: tuple[dict[str, Any], str], before: State, number: int) -> None:
    vector, by = chosen
    event = v.act({**vector, "with": {"version": number}}, by, before)
    try:
        after = follow(before, event, v.known())
    except IllegalEvent:
        return
    assert State.parse(after.to_json()) == after
