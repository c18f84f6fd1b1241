"""Forks: two events of one number. Nobody is silently on one side, and an admin says which branch stands.

In the scene alice is admin, bob may promote, rita may repair. Event 4 parts the branches: what is `ours` was seen by
the host, and what `stands` lies in the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from attest.claims.event import Action, Fork
from attest.claims.log_state import RoleName
from attest.errors import IllegalEvent, LogBroken
from attest.lifecycle.writing import Draft
from attest_registry.digest import Digest
from tests.lifecycle.house import House, grant, manifest, name, promote, register
from tests.verify.evidence import Person

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attest.lifecycle.log import Log

COMMON = 3


@dataclass(kw_only=True)
class Forked:
    """A log with two branches."""

    house: House
    other: House
    rita: Person
    start: list[bytes]

    def ours(self, *drafts: Draft, by: Person | None = None) -> list[Digest]:
        """Go on, and let the host see it; the events of this branch."""
        for draft in drafts:
            self.house.write(draft, by=by)
        log = self.house.read("host")
        return [link.digest for link in log.walk(now=self.house.clock(), after=COMMON)]

    def stands(self, *drafts: Draft, by: Person | None = None) -> Log:
        """Go on from the parting instead, in the store of the other branch's writer."""
        self.house.put(self.start)
        for draft in drafts:
            self.other.write(draft, by=by)
        return self.other.read("own")

    def end(self, abandoned: Sequence[Digest], *, by: Person, stands: Digest | None = None) -> Log:
        log = self.other.read("own")
        fork = Fork(stands=stands or log.head.head, abandoned=tuple(abandoned))
        return self.other.write(Draft(action=Action.RESOLVE_FORK, fork=fork), by=by)

    def refused(self, machine: str = "host") -> str:
        with pytest.raises(LogBroken) as caught:
            self.house.read(machine)
        return caught.value.code


@pytest.fixture
def forked(house: House) -> Iterator[Forked]:
    rita = Person.named("rita")
    house.write(register(1))
    house.write(grant(RoleName.APPROVER, house.alice, house.bob))
    house.write(grant(RoleName.RECOVERY, rita))
    other = house.elsewhere()
    yield Forked(house=house, other=other, rita=rita, start=house.bundles())
    other.close()


def test_two_events_of_one_number(forked: Forked) -> None:
    (seen,) = forked.ours(promote(1))
    log = forked.stands(promote(1, "champion"))
    with pytest.raises(LogBroken) as caught:
        forked.house.read("host")
    error = caught.value
    assert (error.code, error.exit_status) == ("log-fork", 3)
    assert str(seen) in (error.expected or "")  # both are shown
    assert str(log.head.head) in (error.found or "")
    assert forked.house.read("new").sequence == COMMON + 1  # one branch alone looks like any log


@pytest.mark.parametrize("who", ["admin", "recovery"])
def test_the_end_of_a_fork(forked: Forked, who: str) -> None:
    abandoned = forked.ours(promote(1), register(2, "2.0.0"))
    forked.stands(register(2, "2.1.0"))
    assert forked.refused() == "log-fork"
    forked.end(abandoned, by=forked.house.alice if who == "admin" else forked.rita)
    for machine in ("host", "new"):  # who saw the branch that was abandoned, and who did not
        log = forked.house.read(machine)
        assert log.state.aliases == {}
        assert (log.place.number_of("2.0.0"), log.place.number_of("2.1.0")) == (None, 2)
        assert log.place.holders("production") == ()
    assert not forked.house.read("host").first_use
    forked.other.write(promote(2))
    assert forked.house.read("host").resolve("production", name="m").number == 2


def test_a_branch_that_is_longer_than_the_one_that_stands(forked: Forked) -> None:
    abandoned = forked.ours(promote(1), register(2), register(3), register(4))
    forked.stands(promote(1, "champion"))
    assert forked.refused() == "log-fork"
    forked.end(abandoned, by=forked.house.alice)
    log = forked.house.read("host")
    assert (log.sequence, set(log.state.aliases)) == (COMMON + 2, {"champion"})
    assert log.place.registered(3) is None


def test_an_older_head_is_no_branch(forked: Forked) -> None:
    forked.ours(promote(1))
    forked.house.put(forked.start)
    assert forked.refused() == "log-rollback"


@pytest.mark.parametrize("named", ["nothing of it", "its first event alone", "its head alone"])
def test_an_end_that_does_not_name_the_branch_that_was_seen(forked: Forked, named: str) -> None:
    seen = forked.ours(promote(1), register(2))
    forked.stands(register(2))
    abandoned = {"nothing of it": [Digest.of(b"x")], "its first event alone": seen[:1], "its head alone": seen[1:]}
    forked.end(abandoned[named], by=forked.house.alice)
    assert forked.refused() == "log-fork"


def test_an_end_by_somebody_without_the_role(forked: Forked) -> None:
    seen = forked.ours(promote(1))
    forked.stands(promote(1, "champion"))
    with pytest.raises(IllegalEvent) as caught:
        forked.end(seen, by=forked.house.bob)
    assert caught.value.code == "role-missing"
    log = forked.other.read("own")
    draft = Draft(action=Action.RESOLVE_FORK, fork=Fork(stands=log.head.head, abandoned=tuple(seen)))
    event = forked.house.next(log, draft, by=forked.house.bob)
    forked.house.put([*forked.house.bundles(), forked.house.forged(event, signed_by=forked.house.bob)])
    assert forked.refused() == "log-role"


def test_an_end_that_names_another_branch_as_the_one_that_stands(forked: Forked) -> None:
    seen = forked.ours(promote(1))
    forked.stands(promote(1, "champion"))
    with pytest.raises(IllegalEvent) as caught:
        forked.end(seen, by=forked.house.alice, stands=seen[0])
    assert caught.value.code == "log-fork"


def test_a_key_that_was_taken_out_of_the_roles_ends_no_fork(forked: Forked) -> None:
    """Alice's key was stolen and bob is admin since; the thief goes on from where she still was it."""
    house = forked.house
    forked.ours(grant(RoleName.ADMIN, house.alice, house.bob), grant(RoleName.RECOVERY, house.bob))
    seen = forked.ours(grant(RoleName.ADMIN, house.bob), by=house.bob)
    assert house.read("host").state.roles_of(name(house.alice)) == ("contributor", "evaluator", "approver")
    forked.stands(promote(1), register(2), register(3))
    forked.end(seen, by=house.alice)
    assert forked.refused() == "log-fork"
    assert forked.house.read("new").sequence == COMMON + 4  # pins and checkpoints are what helps a new host


def test_somebody_who_got_the_role_in_the_other_branch_ends_no_fork(forked: Forked) -> None:
    house = forked.house
    seen = forked.ours(promote(1))
    forked.stands(grant(RoleName.ADMIN, house.alice, house.mallory))
    forked.end(seen, by=house.mallory)
    assert forked.refused() == "log-fork"


def test_another_first_event_is_no_branch(forked: Forked) -> None:
    house = forked.house
    seen = forked.ours(promote(1))
    forked.house.put(forked.start)
    own = house.elsewhere("mallory")
    (house.folder / "store" / house.model / ".attest/tags/attest-log").unlink()
    log = own.writer(house.mallory).write(None, [register(1)])
    for _ in range(4):
        fork = Fork(stands=log.head.head, abandoned=tuple(seen))
        log = own.writer(house.mallory).write(log, [Draft(action=Action.RESOLVE_FORK, fork=fork)])
    assert forked.refused() == "log-transplant"
    own.close()


def test_a_fork_that_ended_before_this_host_came(forked: Forked) -> None:
    """For who saw nothing of the branch, it is an event like any other."""
    forked.house.read("follower")
    seen = forked.ours(promote(1))
    forked.stands(promote(1, "champion"))
    log = forked.end(seen, by=forked.rita)
    assert forked.house.read("follower").head == log.head
    assert forked.house.read("new").head == log.head
    assert forked.house.read("new").place.registered(1) is not None
    assert log.event(log.sequence).version.manifest == manifest(1)
