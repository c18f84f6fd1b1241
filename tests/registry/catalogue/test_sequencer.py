"""Exactly one may write the next event; everybody else is told what happened instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attest_registry.catalogue.liveness import this_process
from attest_registry.catalogue.rows import EventRow, StateRow
from attest_registry.catalogue.store import Catalogue
from attest_registry.errors import Conflict
from tests.registry.catalogue.logs import Log, busy_log, digest

if TYPE_CHECKING:
    from pathlib import Path

    from attest_registry.catalogue.rows import Reservation


def reserve(catalogue: Catalogue, log: Log, *, holder: str = "elsewhere:1:1", seconds: float = 60) -> Reservation:
    return catalogue.reserve(
        log.model,
        sequence=len(log.events) + 1,
        previous=log.last,
        holder=holder,
        seconds=seconds,
        wait=0,
    )


def code_of(error: pytest.ExceptionInfo[Conflict]) -> str:
    return error.value.code


def test_a_new_model_has_no_head(catalogue: Catalogue) -> None:
    assert catalogue.head("acme/credit-risk") is None


def test_the_head_follows_each_event(catalogue: Catalogue) -> None:
    log = Log()
    for _ in range(3):
        event = log.commit(catalogue, log.register())
        assert catalogue.head(log.model) == (event.sequence, event.digest)


def test_a_reservation_alone_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    with Catalogue.open(str(tmp_path / "catalogue.db")) as catalogue:
        for fleeting, expected in ((True, 1), (False, 2), (True, 1), (False, 2)):  # NORMAL and FULL, on one connection
            with catalogue._database.writing(fleeting=fleeting) as connection:
                assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == expected


def test_a_second_writer_waits_and_is_refused(catalogue: Catalogue) -> None:
    log = Log()
    reserve(catalogue, log)
    with pytest.raises(Conflict) as error:
        reserve(catalogue, log, holder=this_process())
    assert code_of(error) == "log-reserved"
    assert error.value.found == "held by elsewhere:1:1"


def test_a_released_reservation_is_free(catalogue: Catalogue) -> None:
    log = Log()
    catalogue.release(reserve(catalogue, log))
    assert reserve(catalogue, log).sequence == 1


def test_a_reservation_that_ran_out_is_taken_over(catalogue: Catalogue) -> None:
    log = Log()
    first = reserve(catalogue, log, seconds=0)
    second = reserve(catalogue, log)
    event = log.register()
    with pytest.raises(Conflict) as error:
        catalogue.commit(first, log.model, [event], log=log.digest)
    assert code_of(error) == "log-conflict"
    catalogue.commit(second, log.model, [event], log=log.digest)


def test_a_reservation_that_ran_out_and_nobody_took_still_counts(catalogue: Catalogue) -> None:
    log = Log()
    reservation = reserve(catalogue, log, seconds=0)
    catalogue.commit(reservation, log.model, [log.register()], log=log.digest)
    assert catalogue.head(log.model) == (1, log.last)


def test_a_dead_process_of_this_host_holds_nothing(catalogue: Catalogue) -> None:
    log = Log()
    host, process, start = this_process().rsplit(":", 2)
    reserve(catalogue, log, holder=f"{host}:{process}:{int(start) + 1}")  # a process before this one had its number
    assert reserve(catalogue, log, holder=this_process()).sequence == 1


def test_who_comes_late_is_told_what_happened(catalogue: Catalogue) -> None:
    log = Log()
    log.commit(catalogue, log.register())
    log.commit(catalogue, log.promote(1))
    with pytest.raises(Conflict) as error:
        catalogue.reserve(log.model, sequence=2, previous=log.events[0][0].digest, holder="h:1:1", seconds=1, wait=0)
    assert code_of(error) == "log-conflict"
    assert error.value.exit_status == 2
    assert error.value.expected == "event 1 to be the last"
    assert error.value.found == ("event 2: https://accounts.example.com bob@example.com promoted 1 to production")
    assert "attest history acme/credit-risk --limit 2" in str(error.value.hint)


def test_who_knows_more_than_the_catalogue_is_told_so(catalogue: Catalogue) -> None:
    log = busy_log()
    with pytest.raises(Conflict) as error:
        reserve(catalogue, log)
    assert code_of(error) == "catalogue-behind"


def test_who_knows_another_last_event_is_told_of_the_fork(catalogue: Catalogue) -> None:
    log = Log()
    log.commit(catalogue, log.register())
    with pytest.raises(Conflict) as error:
        catalogue.reserve(log.model, sequence=2, previous=digest("other"), holder="h:1:1", seconds=1, wait=0)
    assert code_of(error) == "catalogue-fork"


def test_events_read_back_from_a_store_are_taken_once(catalogue: Catalogue) -> None:
    log = busy_log()
    log.commit_all(catalogue)
    log.commit_all(catalogue)
    assert catalogue.head(log.model) == (len(log.events), log.last)
    assert len(catalogue.history(log.model).items) == len(log.events)


def test_a_writer_whose_event_others_read_back_first_has_succeeded(catalogue: Catalogue) -> None:
    log = Log()
    reservation = reserve(catalogue, log)
    event = log.register()
    log.commit_all(catalogue)
    catalogue.commit(reservation, log.model, [event], log=log.digest)
    assert catalogue.head(log.model) == (1, log.last)
    assert reserve(catalogue, log).sequence == 2


def test_another_event_at_the_same_place_is_a_fork(catalogue: Catalogue) -> None:
    log, other = Log(), Log()
    log.register()
    log.commit_all(catalogue)
    other.register(by="mallory")
    with pytest.raises(Conflict) as error:
        other.commit_all(catalogue)
    assert code_of(error) == "catalogue-fork"


def test_a_gap_is_refused_and_nothing_is_written(catalogue: Catalogue) -> None:
    log = busy_log()
    with pytest.raises(Conflict) as error:
        catalogue.commit(None, log.model, [log.events[0], log.events[2]], log=log.digest)
    assert code_of(error) == "catalogue-behind"
    assert catalogue.head(log.model) is None


def test_an_event_that_does_not_follow_is_refused(catalogue: Catalogue) -> None:
    log = busy_log()
    first, state = log.events[0]
    wrong = EventRow(
        sequence=2, digest=digest("x"), previous=digest("y"), action="grant", time=first.time, by="somebody"
    )
    with pytest.raises(Conflict) as error:
        catalogue.commit(None, log.model, [(first, state), (wrong, state)], log=log.digest)
    assert code_of(error) == "catalogue-fork"
    assert catalogue.head(log.model) is None


def test_another_log_under_the_same_name_is_refused(catalogue: Catalogue) -> None:
    log = Log()
    log.commit(catalogue, log.register())
    with pytest.raises(Conflict) as error:
        catalogue.commit(None, log.model, [log.register()], log=digest("another"))
    assert code_of(error) == "catalogue-fork"


def test_an_alias_of_a_version_that_nobody_registered_is_refused(catalogue: Catalogue) -> None:
    log = Log()
    event, _ = log.register()
    state = StateRow(aliases={"production": 7}, stages={}, revoked=(), next_number=2)
    with pytest.raises(Conflict) as error:
        catalogue.commit(None, log.model, [(event, state)], log=log.digest)
    assert code_of(error) == "catalogue-version-unknown"
    assert catalogue.head(log.model) is None


def test_a_number_cannot_come_to_stand_for_another_manifest(catalogue: Catalogue) -> None:
    log = Log()
    log.commit(catalogue, log.register())
    event, state = log.promote(1)
    changed = EventRow(
        sequence=2,
        digest=event.digest,
        previous=event.previous,
        action="promote",
        time=event.time,
        by=event.by,
        number=1,
        manifest=digest("other files"),
    )
    with pytest.raises(Conflict) as error:
        catalogue.commit(None, log.model, [(changed, state)], log=log.digest)
    assert code_of(error) == "catalogue-version-differs"
