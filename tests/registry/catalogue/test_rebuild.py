"""What a rebuild reads back equals what was written one by one; unsigned notes aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attest_registry.catalogue.rows import Note
from attest_registry.catalogue.store import Catalogue
from tests.registry.catalogue.facts_for_tests import filled_log, version
from tests.registry.catalogue.logs import ALICE, Log, busy_log, moment

if TYPE_CHECKING:
    from pathlib import Path


def write_as_people_do(catalogue: Catalogue, model: str) -> Log:
    """Event by event, with facts and notes in between."""
    whole, log = filled_log(model), Log(model)
    for event in whole.events:
        log.events.append(event)
        log.commit(catalogue, event)
        if event[0].action == "register":
            catalogue.put_versions(model, [version(whole, int(event[0].number or 0))])
    catalogue.note(model, Note(key="team", value="risk", by=ALICE, time=moment(1), number=1))
    catalogue.note(model, Note(key="team", value="risk", by=ALICE, time=moment(1)))
    return log


def read_back(catalogue: Catalogue, log: Log) -> None:
    """As a rebuild does: all at once, in another order, twice."""
    rows = [version(log, number) for number in range(5, 0, -1)]
    catalogue.put_versions(log.model, rows[:2])
    for _ in range(2):
        log.commit_all(catalogue)
        catalogue.put_versions(log.model, rows)


def test_a_rebuilt_catalogue_is_equal(catalogue: Catalogue, tmp_path: Path) -> None:
    logs = [write_as_people_do(catalogue, name) for name in ("acme/b", "acme/a", "acme-2/c")]
    with Catalogue.open(str(tmp_path / "rebuilt.db")) as rebuilt:
        for log in reversed(logs):
            read_back(rebuilt, log)
        assert list(rebuilt.dump()) == list(catalogue.dump())
        assert list(rebuilt.dump(notes=True)) != list(catalogue.dump(notes=True))


def test_a_model_that_is_replaced_is_equal_and_keeps_its_notes(catalogue: Catalogue) -> None:
    log = write_as_people_do(catalogue, "acme/a")
    other = busy_log("acme/b")
    other.commit_all(catalogue)
    before, notes = list(catalogue.dump(notes=True)), catalogue.notes("acme/a")
    catalogue.replace("acme/a", log.events[:1], [], log=log.digest)
    assert catalogue.head("acme/a") == (1, log.events[0][0].digest)
    assert catalogue.notes("acme/a") == notes
    catalogue.replace("acme/a", log.events, [version(log, number) for number in range(5, 0, -1)], log=log.digest)
    assert list(catalogue.dump(notes=True)) == before


def test_who_is_writing_while_a_model_is_replaced_keeps_the_right_to(catalogue: Catalogue) -> None:
    log = busy_log()
    log.commit(catalogue, log.events[0])
    first = log.events[0][0].digest
    reservation = catalogue.reserve(log.model, sequence=2, previous=first, holder="h:1:1", seconds=60, wait=0)
    catalogue.replace(log.model, log.events[:1], [], log=log.digest)
    catalogue.commit(reservation, log.model, log.events[1:2], log=log.digest)
    assert catalogue.head(log.model) == (2, log.events[1][0].digest)


def test_lines_are_sorted_and_each_is_one_line(catalogue: Catalogue) -> None:
    log = write_as_people_do(catalogue, "acme/a")
    busy_log("acme-2/b").commit_all(catalogue)
    log.add("grant", number=1, by="mallory\nacme/a\tevent\t0000000001", alias="x\ty\nz", aliases={"x\ty\nz": 1})
    log.commit_all(catalogue)
    for notes in (True, False):
        lines = list(catalogue.dump(notes=notes))
        assert lines == sorted(lines)
        assert all(line.count("\t") == 3 and "\n" not in line for line in lines)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE versions SET owner = 'mallory' WHERE number = 1",
        "UPDATE metrics SET value = '0.999' WHERE position = 0",
        "DELETE FROM claims WHERE position = 1",
        "UPDATE events SET reason = 'none' WHERE sequence = 2",
        "UPDATE holdings SET until = since + 1 WHERE alias = 'production'",
        "DELETE FROM revoked",
        "DELETE FROM stages",
        "UPDATE models SET next_number = 1",
        "UPDATE lineage SET name = 'other' WHERE position = 0",
        "DELETE FROM parameters WHERE position = 2",
    ],
)
def test_whatever_is_changed_by_hand_shows(catalogue: Catalogue, change: str) -> None:
    write_as_people_do(catalogue, "acme/a")
    before = list(catalogue.dump())
    with catalogue._database.writing() as connection:
        connection.exec_driver_sql(change)
    assert list(catalogue.dump()) != before
