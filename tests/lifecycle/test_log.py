"""A log as a machine reads it that remembers, or does not: honest logs hold, in their times and in their state."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from attest.claims.event import Action
from attest.errors import IllegalEvent, LogBroken
from attest.lifecycle.writing import Draft
from attest_registry.digest import Digest
from attest_registry.errors import NotFound
from tests.lifecycle.begun_log import begun, refused
from tests.lifecycle.house import START, House, manifest, promote, register, rollback, version

# ---- honest logs


def test_what_was_written_is_read_by_everybody(any_house: House) -> None:
    written = begun(any_house)
    fresh = any_house.read("new machine")
    again = any_house.read("new machine")
    assert (fresh.first_use, again.first_use) == (True, False)
    assert (len(fresh.fresh), len(again.fresh)) == (4, 0)
    for log in (fresh, again):
        assert log.head == written.head
        assert log.resolve("production", name="m").manifest == manifest(2)
    with pytest.raises(NotFound) as caught:
        again.resolve("produktion", name="m")
    assert caught.value.code == "alias-unknown"
    assert "did you mean 'production'" in caught.value.message


def test_only_new_events_are_read(house: House) -> None:
    begun(house)
    house.read("other")
    house.write(register(3))
    house.write(promote(3))
    later = house.read("other")
    assert [link.event.sequence for link in later.fresh] == [5, 6]
    assert [link.event.sequence for link in later.walk(now=house.clock())] == [1, 2, 3, 4, 5, 6]
    assert [link.event.sequence for link in later.walk(now=house.clock(), after=4)] == [5, 6]
    assert later.event(4).target.alias == "production"


def test_no_log_is_none(house: House) -> None:
    assert house.read_any() is None


def test_two_machines_at_once_remember_the_same(house: House) -> None:
    begun(house)
    one, two = house.read("one"), house.read("two")
    house.write(register(3))
    assert house.read("one").head == house.read("two").head
    assert (one.sequence, two.sequence) == (4, 4)


# ---- time


def test_an_event_from_before_the_one_before_it(house: House) -> None:
    log = begun(house)
    event = house.next(log, register(3), by=house.alice, time=log.head.time - timedelta(seconds=1))
    house.put([*house.bundles(), house.forged(event, signed_by=house.alice)])
    assert refused(house) == "log-time"


def test_an_event_from_the_future(house: House) -> None:
    log = begun(house)
    now = house.clock()
    for ahead, holds in ((timedelta(minutes=5), True), (timedelta(minutes=5, seconds=1), False)):
        event = house.next(log, register(3), by=house.alice, time=now + ahead)
        house.put([*house.bundles()[:4], house.forged(event, signed_by=house.alice)])
        if holds:
            assert house.read("fresh", now=now).sequence == 5
        else:
            assert refused(house, now=now) == "log-time"


def test_a_writer_whose_clock_is_behind_goes_on(house: House) -> None:
    """His event is as late as the one before it: a clock that is wrong stops nobody."""
    log = begun(house)
    house.clock.now = START - timedelta(days=1)
    with pytest.raises(LogBroken):  # his own machine takes the others' events for ones from the future
        house.read("slow")
    house.clock.now = log.head.time - timedelta(minutes=3)
    later = house.write(register(3))
    assert later.head.time == log.head.time


# ---- state


def test_a_changed_state(house: House) -> None:
    """An approver makes himself admin by the way."""
    log = begun(house)
    greedy = house.next(log, promote(1, "champion"), by=house.bob)
    roles = {**greedy.state.roles, "admin": tuple(log.state.roles["approver"])}
    event = replace(greedy, state=replace(greedy.state, roles=roles))
    house.put([*house.bundles(), house.forged(event, signed_by=house.bob)])
    assert refused(house) == "log-state"


@pytest.mark.parametrize("part", ["aliases", "policies", "revoked", "next_number", "stages"])
def test_each_part_of_the_state_is_compared(house: House, part: str) -> None:
    log = begun(house)
    honest = house.next(log, register(3), by=house.alice)
    others: dict[str, Any] = {
        "aliases": {"production": version(1).held},
        "policies": {"production": Digest.of(b"p")},
        "revoked": (1,),
        "next_number": 7,
        "stages": {},
    }
    event = replace(honest, state=replace(honest.state, **{part: others[part]}))
    house.put([*house.bundles(), house.forged(event, signed_by=house.alice)])
    assert refused(house) == "log-state"


def test_an_act_that_may_not_follow(house: House) -> None:
    log = begun(house)
    event = house.next(log, Draft(action=Action.DELETE, version=version(2)), by=house.alice)
    event = replace(event, state=replace(event.state, closed=True))
    house.put([*house.bundles(), house.forged(event, signed_by=house.alice)])
    assert refused(house) == "log-transition"


def test_a_writer_is_refused_before_anything_is_sent(house: House) -> None:
    begun(house)
    before = house.bundles()
    for draft, who, code in (
        (register(3), house.bob, "role-missing"),
        (register(4), house.alice, "version-out-of-order"),
        (promote(2), house.alice, "alias-unchanged"),
        (promote(3), house.alice, "version-unregistered"),
        (rollback(1), house.alice, "rollback-target"),
    ):
        with pytest.raises(IllegalEvent) as caught:
            house.write(draft, by=who)
        assert caught.value.code == code
    assert house.bundles() == before
