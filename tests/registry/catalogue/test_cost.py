"""What things cost, counted in statements and read from the plan: nothing grows with the number of versions."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from attest_registry.catalogue.store import Catalogue
from tests.registry.catalogue.facts_for_tests import version
from tests.registry.catalogue.logs import Log, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

FEW, MANY = 3, 400


@contextlib.contextmanager
def statements(catalogue: Catalogue) -> Iterator[list[tuple[str, Any]]]:
    """What is sent to the database in the block."""
    sent: list[tuple[str, Any]] = []
    engine = catalogue._database._engine

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def scans(catalogue: Catalogue, sent: list[tuple[str, Any]]) -> list[str]:
    """Steps of SQLite's plans that look at every row of a table or an index."""
    with catalogue._database.reading() as connection:
        steps = [
            f"{row[3]}: {statement}"
            for statement, parameters in sent
            if statement.startswith(("SELECT", "UPDATE", "DELETE"))
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    return [step for step in steps if step.startswith("SCAN") and not step.startswith(("SCAN CONSTANT", "SCAN anon_"))]


def filled(catalogue: Catalogue, model: str, versions: int) -> Log:
    log = Log(model)
    for _ in range(versions):
        log.register()
    log.promote(1)
    log.promote(2, "challenger")
    log.to_stage(1, "staging")
    log.commit_all(catalogue)
    return log


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with Catalogue.open(str(tmp_path_factory.mktemp("cost") / "catalogue.db")) as opened:
        yield opened


@pytest.fixture(scope="module")
def logs(catalogue: Catalogue) -> dict[int, Log]:
    return {FEW: filled(catalogue, "acme/few", FEW), MANY: filled(catalogue, "acme/many", MANY)}


def test_a_promotion_writes_the_difference_alone(catalogue: Catalogue, logs: dict[int, Log]) -> None:
    sent_by = {}
    for size, log in logs.items():
        change = log.promote(3)
        with statements(catalogue) as sent:
            log.commit(catalogue, change)
        assert not scans(catalogue, sent)
        sent_by[size] = [statement for statement, _ in sent]
    assert sent_by[FEW] == sent_by[MANY]
    assert len(sent_by[MANY]) <= 18


def test_a_registration_does_not_grow_either(catalogue: Catalogue, logs: dict[int, Log]) -> None:
    sent_by = {}
    for size, log in logs.items():
        change = log.register()
        with statements(catalogue) as sent:
            log.commit(catalogue, change)
            catalogue.put_versions(log.model, [version(log, change[0].number or 0)])
        assert not scans(catalogue, sent)
        sent_by[size] = [statement for statement, _ in sent]
    assert sent_by[FEW] == sent_by[MANY]


def test_who_holds_or_held_an_alias_is_one_query_of_indexes(catalogue: Catalogue, logs: dict[int, Log]) -> None:
    for ask in (
        lambda: catalogue.alias("acme/many", "production"),
        lambda: catalogue.as_of("acme/many", "production", moment(MANY + 1.5)),
        lambda: catalogue.state_at("acme/many", moment(MANY + 1.5)),
        lambda: catalogue.head("acme/many"),
        lambda: catalogue.by_label("acme/many", "1.0"),
    ):
        with statements(catalogue) as sent:
            ask()
        assert len(sent) == 1
        assert not scans(catalogue, sent)


def test_listings_do_not_ask_for_each_line(catalogue: Catalogue, logs: dict[int, Log]) -> None:
    catalogue.versions("acme/many", limit=1)
    for ask in (catalogue.versions, catalogue.history):
        with statements(catalogue) as few:
            ask("acme/many", limit=2)
        with statements(catalogue) as many:
            ask("acme/many", limit=300)
        assert len(few) == len(many) <= 6
        assert not scans(catalogue, few)


@pytest.mark.parametrize(
    "text",
    [
        "alias = 'production' and metrics.accuracy > 0.5",
        "lineage.dataset = 'tx-2026-q1'",
        "approved_by = 'somebody'",
        "params.epochs = '3' and not alias = 'production'",
        "run_id = 'run-3' or label = '1.0'",
        "name = 'acme/few'",
        "tags.team = 'risk'",
    ],
)
def test_searches_by_what_is_indexed_begin_there(catalogue: Catalogue, logs: dict[int, Log], text: str) -> None:
    catalogue.search_versions(text, order_by=["size"])
    with statements(catalogue) as sent:
        catalogue.search_versions(text, order_by=["size"])
    assert not scans(catalogue, sent)
