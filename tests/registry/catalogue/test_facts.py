"""Facts about versions come back as they were given, and are replaced together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from sqlalchemy import select, true

from attest_registry.catalogue.columns import NAME_BYTES, TEXT_BYTES, VALUE_BYTES, bounded
from attest_registry.catalogue.decimals import as_number
from attest_registry.catalogue.rows import LineageRow, MetricRow, Note, VersionRow
from attest_registry.catalogue.tables import METRICS, VERSIONS
from attest_registry.errors import BadReference, Conflict, NotFound, StoreRefused
from tests.registry.catalogue.facts_for_tests import filled_log, version
from tests.registry.catalogue.logs import ALICE, BOB, Log, busy_log, digest, moment

if TYPE_CHECKING:
    from attest_registry.catalogue.store import Catalogue


@pytest.fixture
def log(catalogue: Catalogue) -> Log:
    filled = filled_log()
    filled.commit_all(catalogue)
    return filled


def test_what_the_log_says_is_there_before_any_facts(catalogue: Catalogue, log: Log) -> None:
    assert catalogue.version(log.model, 1) == VersionRow(
        number=1, manifest=log.manifest(1), label="1.1.0", created=moment(1), by=ALICE
    )


def test_facts_come_back(catalogue: Catalogue, log: Log) -> None:
    rows = [version(log, number) for number in range(1, 6)]
    catalogue.put_versions(log.model, rows)
    assert [catalogue.version(log.model, number) for number in range(1, 6)] == rows


def test_facts_are_replaced_together(catalogue: Catalogue, log: Log) -> None:
    catalogue.put_versions(log.model, [version(log, 1)])
    other = version(log, 1, metrics=(), parameters=(("only", "one"),), lineage=(), owner=None)
    catalogue.put_versions(log.model, [other])
    assert catalogue.version(log.model, 1) == other
    assert catalogue.models().items[0].versions == 5


def test_facts_may_come_before_the_log(catalogue: Catalogue) -> None:
    log = filled_log()
    catalogue.put_versions(log.model, [version(log, 1)])
    (row,) = catalogue.models().items
    assert (row.log, row.head, row.versions) == (None, 0, 1)
    log.commit_all(catalogue)
    assert catalogue.version(log.model, 1) == version(log, 1)
    assert catalogue.models().items[0].versions == 5


def test_a_number_that_stands_for_another_manifest_is_refused_and_nothing_written(
    catalogue: Catalogue, log: Log
) -> None:
    with pytest.raises(Conflict) as error:
        catalogue.put_versions(log.model, [version(log, 1), version(log, 2, manifest=digest("other"))])
    assert error.value.code == "catalogue-version-differs"
    found = catalogue.version(log.model, 1)
    assert found is not None
    assert not found.metrics


def marked(catalogue: Catalogue) -> set[int]:
    """Versions whose metrics are marked as those of one that holds an alias."""
    statement = select(VERSIONS.c.number).join(METRICS).where(METRICS.c.held == true(), METRICS.c.slice == "")
    with catalogue._database.reading() as connection:
        return set(connection.scalars(statement))


@pytest.mark.parametrize("facts_first", [True, False])
def test_metrics_of_versions_that_hold_an_alias_are_marked_as_such(catalogue: Catalogue, facts_first: bool) -> None:
    log = busy_log()
    rows = [version(log, number) for number in (1, 2, 3)]
    if facts_first:
        catalogue.put_versions(log.model, rows)
    for event, state in log.events:
        catalogue.commit(None, log.model, [(event, state)], log=log.digest)
        if not facts_first:
            catalogue.put_versions(log.model, [row for row in rows if row.number < state.next_number])
        assert marked(catalogue) == set(state.aliases.values())
        found = catalogue.search_versions("alias LIKE '%' and metrics.accuracy > 0")
        exact = catalogue.search_versions("alias IN ('production', 'challenger') and metrics.accuracy > 0")
        assert {line.number for line in found.items} == {line.number for line in exact.items}
        assert {line.number for line in exact.items} == set(state.aliases.values())


def test_what_is_not_there(catalogue: Catalogue, log: Log) -> None:
    assert catalogue.version(log.model, 9) is None
    assert catalogue.version("acme/other", 1) is None
    assert catalogue.by_label(log.model, "9.9") is None
    assert catalogue.by_label("acme/other", "1.1.0") is None
    assert catalogue.by_manifest(digest("nothing")) == []
    assert catalogue.made_from(digest("nothing")) == []


def test_other_ways_to_a_version(catalogue: Catalogue, log: Log) -> None:
    copy = Log("registry.example.com:5000/acme/copy")
    copy.register()
    catalogue.put_versions(copy.model, [version(copy, 1, manifest=log.manifest(2))])
    catalogue.put_versions(log.model, [version(log, number) for number in (1, 2)])
    assert catalogue.by_label(log.model, "1.2.0") == 2
    assert catalogue.by_manifest(log.manifest(2)) == [(log.model, 2), (copy.model, 1)]
    assert catalogue.made_from(digest("base")) == [
        (log.model, 1, "base-model"),
        (log.model, 2, "base-model"),
        (copy.model, 1, "base-model"),
    ]
    assert catalogue.made_from(digest("tx", 2)) == [(log.model, 2, "dataset")]


def test_text_of_any_length_and_kind_is_kept_or_cut_and_found_again(catalogue: Catalogue, log: Log) -> None:
    """Claims can hold anything; no claim may keep a version out of the index."""
    long = "ü" * 100_000
    strange = "a\0b\n\t\u202e💥'\"%"
    row = version(
        log,
        1,
        description=long,
        owner=long,
        metrics=(MetricRow(name=long, value="9" * 5_000, stated=True, by=long),),
        parameters=((long, long), (strange, strange)),
        lineage=(LineageRow(role="dataset", name=long, uri=long),),
    )
    catalogue.put_versions(log.model, [row])
    found = catalogue.version(log.model, 1)
    assert found is not None
    assert found.owner == bounded(long, NAME_BYTES)
    assert found.description == bounded(long, TEXT_BYTES)
    assert found.parameters == (
        (bounded(long, NAME_BYTES), bounded(long, VALUE_BYTES)),
        (strange.replace("\0", "\ufffd"),) * 2,
    )
    assert catalogue.search_versions(f"owner = '{'ü' * 1_000}'").items == ()


@pytest.mark.parametrize("size", [2**63, -(2**70)])
def test_a_number_that_no_database_holds_is_refused(catalogue: Catalogue, log: Log, size: int) -> None:
    with pytest.raises(StoreRefused) as error:
        catalogue.put_versions(log.model, [version(log, 1, size=size)])
    assert (error.value.code, error.value.exit_status) == ("catalogue-refused", 4)


def test_cut_text_equals_itself_alone() -> None:
    one, other = "x" * 300 + "1", "x" * 300 + "2"
    assert bounded(one, 255) == bounded(one, 255) != bounded(other, 255)
    assert len(bounded("ü" * 300, 255).encode()) <= 255
    assert bounded("short", 255) == "short"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.923", 0.923),
        ("-1.5e-3", -0.0015),
        ("+7", 7.0),
        (".5", 0.5),
        ("412", 412.0),
        ("1e999", None),
        ("nan", None),
        ("inf", None),
        ("0x10", None),
        ("1_000", None),
        ("١٢", None),
        ("", None),
        ("not measured", None),
        (" 1", None),
        ("9" * 5_000, None),
    ],
)
def test_decimal_text_as_a_number(text: str, number: float | None) -> None:
    assert as_number(text) == number


def note(key: str = "team", value: str = "risk", number: int | None = None) -> Note:
    return Note(key=key, value=value, by=BOB, time=moment(1), number=number)


def test_notes(catalogue: Catalogue, log: Log) -> None:
    for each in (note(), note("a", "x", 1), note("b", "y", 1), note("a", "z", 1)):
        catalogue.note(log.model, each)
    assert catalogue.notes(log.model) == (note(),)
    assert catalogue.notes(log.model, 1) == (note("a", "z", 1), note("b", "y", 1))
    assert catalogue.unnote(log.model, "a", 1)
    assert not catalogue.unnote(log.model, "a", 1)
    assert not catalogue.unnote("acme/other", "a")
    assert catalogue.notes(log.model, 1) == (note("b", "y", 1),)
    assert catalogue.notes(log.model, 2) == ()


@pytest.mark.parametrize(
    "bad",
    [
        note(""),
        note("k" * 256),
        note("k\0"),
        note(value="v" * 5_001),
        note(value="ü" * 2_501),
        note(value="\ud800"),
        note(number=0),
        note(number=-1),
    ],
)
def test_a_note_that_cannot_be_kept(catalogue: Catalogue, log: Log, bad: Note) -> None:
    with pytest.raises(BadReference) as error:
        catalogue.note(log.model, bad)
    assert error.value.code == "bad-note"


def test_a_note_of_nothing(catalogue: Catalogue, log: Log) -> None:
    for model, each in ((log.model, note(number=9)), ("acme/other", note()), ("acme/other", note(number=1))):
        with pytest.raises(NotFound) as error:
            catalogue.note(model, each)
        assert error.value.code == "name-unknown"
    assert [row.model for row in catalogue.models().items] == [log.model]


def test_notes_are_whole_up_to_their_limit(catalogue: Catalogue, log: Log) -> None:
    largest = note("k" * 255, "v" * 5_000, 1)
    catalogue.note(log.model, largest)
    assert catalogue.notes(log.model, 1) == (largest,)
    assert catalogue.search_versions(f"tags.{'k' * 255} LIKE 'vv%v'").items[0].number == 1
    assert replace(largest, value="v" * 4_999) not in catalogue.notes(log.model, 1)
