"""Writers: one at a time, all or nothing, and what happens when the catalogue and the log differ."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attest.claims.event import Action, Origin
from attest.claims.log_state import Grant, RoleName
from attest.claims.signer_name import SignerName
from attest.errors import IllegalEvent
from attest.lifecycle import writing
from attest.lifecycle.log_store import LogStore
from attest_registry import limits
from attest_registry.catalogue.liveness import this_process
from attest_registry.catalogue.store import Catalogue
from attest_registry.errors import Conflict
from tests.lifecycle.house import House, grant, manifest, name, promote, register, rollback

if TYPE_CHECKING:
    from attest.lifecycle.log import Log
    from attest.lifecycle.writing import Draft


def in_catalogue(house: House) -> tuple[int, int | None]:
    """Its newest event, and the version in production."""
    head, held = house.catalogue.head(house.model), house.catalogue.alias(house.model, "production")
    return 0 if head is None else head[0], None if held is None else held.number


def conflict(house: House, log: Log | None, *drafts: Draft, machine: str = "own") -> str:
    before = _head(house)
    with pytest.raises(Conflict) as caught:
        house.writer(house.alice, machine).write(log, drafts)
    assert caught.value.exit_status == 2
    assert _head(house) == before
    return caught.value.code


def _head(house: House) -> object:
    segment = LogStore(repository=house.repository).newest()
    return None if segment is None else segment.manifest.raw


# ---- in order


def test_a_log_from_its_first_event_on(any_house: House) -> None:
    house = any_house
    log = house.write(register(1, "1.0.0"))
    assert log.state.roles_of(name(house.alice)) == ("contributor", "evaluator", "approver", "admin")
    house.write(register(2), promote(1))
    house.write(promote(2))
    log = house.write(rollback(1))
    assert log.state.aliases["production"].manifest == manifest(1)
    assert log.state.stages == {"production": (1,)}
    assert in_catalogue(house) == (5, 1)
    assert [link.event.action for link in house.read("new").fresh] == [
        *(Action.REGISTER, Action.REGISTER, Action.PROMOTE, Action.PROMOTE, Action.ROLLBACK)
    ]


def test_the_first_event_says_who_may_do_what(house: House) -> None:
    roles = {"admin": (Grant(who=name(house.alice)),), "contributor": (Grant(who=name(house.bob)),)}
    origin = Origin(log=manifest(7), sequence=9, event=manifest(8))
    draft = replace(register(1), roles=roles, origin=origin)
    recovery = (Grant(who=name(house.bob)),)
    log = house.writer(house.alice, recovery=recovery).write(None, [draft])
    assert log.state.roles == roles
    assert log.event(1).origin == origin
    assert house.write(register(2), by=house.bob).sequence == 2
    with pytest.raises(IllegalEvent) as caught:
        house.write(register(3))
    assert caught.value.code == "role-missing"


def test_a_recovery_admin_is_named_at_the_beginning(house: House) -> None:
    log = house.writer(house.alice, recovery=(Grant(who=name(house.bob)),)).write(None, [register(1)])
    assert log.state.roles_of(name(house.bob)) == ("recovery",)


def test_all_of_it_or_nothing(house: House) -> None:
    house.write(register(1))
    before = _head(house)
    with pytest.raises(IllegalEvent):
        house.write(register(2), promote(2), register(4))
    assert (_head(house), in_catalogue(house)) == (before, (1, None))
    log = house.write(register(2), promote(2), register(3))
    assert (log.sequence, in_catalogue(house)) == (4, (4, 2))


def test_what_no_reader_would_take_is_not_written(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """One event that is too long would be the last one of its log."""
    house.write(register(1))
    monkeypatch.setattr(limits, "EVENT_BUNDLE_BYTES", 5_000)
    before = _head(house)
    with pytest.raises(IllegalEvent) as caught:
        house.write(grant(RoleName.APPROVER, *[SignerName(key=manifest(each)) for each in range(50)]))
    assert caught.value.code == "log-limit"
    assert (_head(house), in_catalogue(house)) == (before, (1, None))
    assert house.write(register(2)).sequence == 2  # the reservation was given back


# ---- of two writers


def test_who_read_before_another_one_wrote_is_told(any_house: House) -> None:
    house = any_house
    log = house.write(register(1))
    house.write(register(2), machine="faster")
    assert conflict(house, log, register(2)) == "log-conflict"
    assert conflict(house, log, promote(1)) == "log-conflict"
    assert house.write(promote(1)).sequence == 3


def test_who_begins_a_log_that_was_just_begun_is_told(any_house: House) -> None:
    any_house.write(register(1), by=any_house.bob, machine="faster")
    assert conflict(any_house, None, register(1)) == "log-conflict"
    assert any_house.read("new").state.roles_of(name(any_house.alice)) == ()


def test_who_read_the_log_just_before_its_new_head_was_committed(house: House) -> None:
    """The catalogue is a step ahead of what this writer has read, and he has read nothing new."""
    log = house.write(register(1))
    log = replace(log, fresh=())
    house.write(register(2), machine="faster")
    house.write(register(3), machine="faster")
    assert conflict(house, log, promote(1)) == "log-conflict"


def test_somebody_who_is_writing_is_waited_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    log = house.write(register(1))
    monkeypatch.setattr(writing, "WAIT_SECONDS", 0.05)
    reservation = house.catalogue.reserve(
        house.model, sequence=2, previous=log.head.head, holder=this_process(), seconds=60, wait=0
    )
    assert conflict(house, log, register(2)) == "log-reserved"
    house.catalogue.release(reservation)
    assert house.write(register(2)).sequence == 2


def test_somebody_who_died_is_not_waited_for(house: House) -> None:
    log = house.write(register(1))
    host, _, _ = this_process().rsplit(":", 2)
    house.catalogue.reserve(
        house.model, sequence=2, previous=log.head.head, holder=f"{host}:4194303:1", seconds=3600, wait=0
    )
    assert house.write(register(2)).sequence == 2


def test_a_reservation_on_another_machine_runs_out(house: House) -> None:
    log = house.write(register(1))
    house.catalogue.reserve(house.model, sequence=2, previous=log.head.head, holder="far:1:1", seconds=0.02, wait=0)
    assert house.write(register(2)).sequence == 2


# ---- the catalogue and the log


def test_a_catalogue_that_was_lost_catches_up(house: House) -> None:
    house.write(register(1), register(2), promote(1))
    house.catalogue.close()
    house.catalogue = Catalogue.open(str(house.folder / "new.db"))
    house.write(promote(2))
    assert in_catalogue(house) == (4, 2)


def test_a_catalogue_that_is_behind_catches_up_from_a_machine_that_has_read_all(house: House) -> None:
    """Somebody wrote, and died before he committed; this machine has read the log since."""
    house.write(register(1), register(2))
    other = dataclasses.replace(house, catalogue=Catalogue.open(str(house.folder / "other.db")), ledgers={})
    other.write(promote(1))
    other.close()
    log = house.read()
    assert (log.sequence, in_catalogue(house)) == (3, (2, None))
    assert house.read().fresh == ()
    house.write(promote(2))
    assert in_catalogue(house) == (4, 2)


def test_a_catalogue_that_is_ahead(house: House) -> None:
    """The store was put back to an older state, and this machine does not remember."""
    house.write(register(1))
    old = house.bundles()
    house.write(register(2))
    house.put(old)
    log = house.read("new")
    assert conflict(house, log, register(2), machine="new") == "log-conflict"


def test_a_catalogue_with_another_history(house: House) -> None:
    house.write(register(1))
    old = house.bundles()
    house.write(register(2))
    house.put(old)
    other = house.elsewhere()
    other.write(promote(1))
    log = house.read("reader")
    assert log.state.aliases
    assert conflict(house, log, register(2), machine="reader") == "catalogue-fork"
    other.close()


def test_an_edited_catalogue_changes_nothing_that_is_read(house: House) -> None:
    """Row 67: what is resolved is what the log says."""
    from sqlalchemy import create_engine, text

    house.write(register(1), register(2), promote(1))
    engine = create_engine(f"sqlite:///{house.folder}/catalogue.db")
    with engine.begin() as connection:
        connection.execute(text("UPDATE holdings SET version_id = (SELECT id FROM versions WHERE number = 2)"))
    engine.dispose()
    assert in_catalogue(house) == (3, 2)
    assert house.read().resolve("production", name="m").number == 1
    assert house.read("new").resolve("production", name="m").number == 1
