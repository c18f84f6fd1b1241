"""Who holds an alias, and who held it when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.registry.catalogue.logs import BOB, Log, busy_log, moment

if TYPE_CHECKING:
    from attest_registry.catalogue.store import Catalogue


@pytest.fixture(scope="module")
def log(lasting: Catalogue) -> Log:
    filled = busy_log()
    filled.commit_all(lasting)
    return filled


def test_now(lasting: Catalogue, log: Log) -> None:
    holding = lasting.alias(log.model, "production")
    assert holding is not None
    assert (holding.number, holding.manifest) == (1, log.manifest(1))
    assert (holding.since, holding.until) == (moment(11), None)
    assert (holding.sequence, holding.event, holding.by) == (11, log.last, BOB)
    assert holding.proven == moment(11.01)


def test_an_alias_that_was_taken_away_is_held_by_nobody(lasting: Catalogue, log: Log) -> None:
    assert lasting.alias(log.model, "challenger") is None


@pytest.mark.parametrize(
    ("hours", "number"),
    [(0, None), (2.99, None), (3, 1), (5.99, 1), (6, 2), (10.99, 2), (11, 1), (1_000, 1)],
)
def test_at_a_time(lasting: Catalogue, log: Log, hours: float, number: int | None) -> None:
    holding = lasting.as_of(log.model, "production", moment(hours))
    assert (holding and holding.number) == number


@pytest.mark.parametrize(("hours", "there"), [(4, True), (6.9, True), (7, False), (20, False)])
def test_an_alias_ends_at_the_time_of_the_event(lasting: Catalogue, log: Log, hours: float, there: bool) -> None:
    assert (lasting.as_of(log.model, "challenger", moment(hours)) is not None) == there


def test_all_aliases_at_a_time(lasting: Catalogue, log: Log) -> None:
    held = lasting.state_at(log.model, moment(6))
    assert [(each.alias, each.number) for each in held] == [("challenger", 2), ("production", 2)]
    assert lasting.state_at(log.model, moment(0)) == ()


@pytest.mark.parametrize("time", range(1, 12))
def test_each_moment_is_the_state_of_its_last_event(lasting: Catalogue, log: Log, time: int) -> None:
    """The holdings say of every moment what the event itself said."""
    _, state = log.events[time - 1]
    held = lasting.state_at(log.model, moment(time + 0.5))
    assert {each.alias: each.number for each in held} == dict(state.aliases)
    for alias, number in state.aliases.items():
        holding = lasting.as_of(log.model, alias, moment(time + 0.5))
        assert holding is not None
        assert holding.number == number


def test_another_model_is_not_asked(lasting: Catalogue, log: Log) -> None:
    assert lasting.alias("acme/other", "production") is None
    assert lasting.as_of("acme/other", "production", moment(20)) is None
