"""What does the catalogue cost with 1,000,000 versions of 10,000 models? In process, SQLite and PostgreSQL.

The rows are written past the catalogue, in blocks; then everything is asked through it. Figures are medians.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import func, select

from attest_registry.catalogue.columns import to_microseconds
from attest_registry.catalogue.liveness import this_process
from attest_registry.catalogue.rows import EventRow, StateRow
from attest_registry.catalogue.store import Catalogue
from attest_registry.catalogue.tables import EVENTS, HOLDINGS, LINEAGE, METRICS, MODELS, VERSIONS
from tests.bench.rows import Row
from tests.registry.catalogue.logs import START, digest
from tests.services import postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import Connection, Table

    from tests.bench.running import Setting

_LOOKUP: Final = 1e-3
_SEARCH: Final = 20e-3
_COMMIT: Final = 10e-3
_ROUNDS: Final = 21
_PROMOTIONS: Final = 3
_BLOCK: Final = 20_000
_COLUMNS: Final = {
    MODELS: ("id", "name", "log", "head", "head_digest", "next_number", "versions"),
    VERSIONS: ("id", "model_id", "number", "manifest", "created", "by", "size", "files"),
    EVENTS: ("model_id", "sequence", "digest", "previous", "action", "time", "by", "number", "manifest", "alias"),
    HOLDINGS: ("model_id", "alias", "sequence", "version_id", "since", "until"),
    METRICS: ("version_id", "position", "name", "value", "number", "slice", "stated", "held", "by"),
    LINEAGE: ("version_id", "position", "role", "name", "digest"),
}


@dataclass(frozen=True, kw_only=True)
class Took:
    """Seconds by the clock, and of this process on a processor."""

    wall: float
    cpu: float


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much there is."""

    models: int
    versions: int  # of each model

    @property
    def all(self) -> int:
        return self.models * self.versions


def measure(setting: Setting) -> Iterator[Row]:
    """Fill both databases, and ask both the same."""
    size = Size(models=200, versions=20) if setting.quick else Size(models=10_000, versions=100)
    yield from _measure("SQLite", str(setting.folder / "catalogue.db"), size)
    try:
        with postgres.running() as cluster:
            yield from _measure("PostgreSQL", cluster.url(cluster.new_schema()), size)
    except pytest.skip.Exception as skipped:
        yield Row.skipped("the same in PostgreSQL", str(skipped))


def _measure(name: str, url: str, size: Size) -> Iterator[Row]:
    yield _row(f"{name}: make and open a catalogue", _timed(lambda: Catalogue.open(url).close()))
    yield _row(f"{name}: open it again", _median([lambda: Catalogue.open(url).close()] * _ROUNDS))
    with Catalogue.open(url) as catalogue:
        before = time.perf_counter()
        with catalogue._database.writing() as connection:
            _fill(connection, size)
        _settle(catalogue)
        note = f"{size.all:,} versions; filled in {time.perf_counter() - before:.0f} s"
        middle = f"acme/m-{size.models // 2:05d}"
        then = START + timedelta(days=size.versions / 2)
        held = _median([lambda: catalogue.alias(middle, "production")] * 10 * _ROUNDS)
        yield _row(f"{name}: who holds an alias", held, _LOOKUP, note)
        held = _median([lambda: catalogue.as_of(middle, "production", then)] * 10 * _ROUNDS)
        yield _row(f"{name}: who held it at a time", held, _LOOKUP)
        yield from _searches(name, catalogue)
        yield from _commits(name, catalogue, middle, size)


def _searches(name: str, catalogue: Catalogue) -> Iterator[Row]:
    for text, limit in (
        ("metrics.accuracy > 0.95 and alias = 'production'", _SEARCH),
        ("metrics.accuracy > 0.95", _SEARCH),
        ("metrics.accuracy > 0.9999995", _SEARCH),
        ("lineage.dataset = 'tx-17'", _SEARCH),
        ("alias = 'production' and not metrics.accuracy > 0.01", None),
    ):
        took = _median([partial(catalogue.search_versions, text)] * _ROUNDS)
        yield _row(f"{name}: {text}", took, limit, f"{len(catalogue.search_versions(text).items)} lines")
    token = None
    for _ in range(20):
        token = catalogue.search_versions("metrics.accuracy > 0.95", token=token).next or token
    took = _median([partial(catalogue.search_versions, "metrics.accuracy > 0.95", token=token)] * _ROUNDS)
    yield _row(f"{name}: the twentieth page of metrics.accuracy > 0.95", took, _SEARCH)


def _commits(name: str, catalogue: Catalogue, model: str, size: Size) -> Iterator[Row]:
    """One promotion, in a model of many versions and in one of a single."""
    for what, chosen, registered in ((f"of {size.versions} versions", model, size.versions), ("of one", "acme/new", 0)):
        took = _median(_promotions(catalogue, chosen, registered))
        yield _row(f"{name}: reserve and commit a promotion, model {what}", took, _COMMIT)


def _promotions(catalogue: Catalogue, model: str, registered: int) -> Iterator[Callable[[], object]]:
    for _ in range(_ROUNDS):
        yield _promotion(catalogue, model, registered)


def _promotion(catalogue: Catalogue, model: str, registered: int) -> Callable[[], object]:
    sequence, previous = catalogue.head(model) or (0, None)
    number = 1 if registered == 0 else sequence % registered + 1
    event = EventRow(
        sequence=sequence + 1,
        digest=digest(model, sequence + 1),
        previous=previous,
        action="promote",
        time=START + timedelta(days=1_000 + sequence),
        by="bob",
        number=number,
        manifest=digest(model, "manifest", number),
        alias="production",
    )
    state = StateRow(aliases={"production": number, "challenger": 1}, stages={}, revoked=(), next_number=registered + 1)

    def write() -> None:
        reservation = catalogue.reserve(
            model, sequence=sequence + 1, previous=previous, holder=this_process(), seconds=60, wait=0
        )
        catalogue.commit(reservation, model, [(event, state)], log=digest(model, 1))

    return write


def _fill(connection: Connection, size: Size) -> None:
    indexes = [index for table in _COLUMNS for index in table.indexes]
    for index in indexes:
        index.drop(connection)
    for table, rows in _tables(size).items():
        block: list[tuple[Any, ...]] = []
        for row in rows:
            block.append(row)
            if len(block) == _BLOCK:
                _write(connection, table, block)
                block.clear()
        _write(connection, table, block)
    for index in indexes:
        index.create(connection)


def _write(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    names = ", ".join(f'"{name}"' for name in _COLUMNS[table])
    if connection.dialect.name == "postgresql":
        cursor: Any = connection.connection.cursor()
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(_COLUMNS[table]))
    if rows:
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)  # noqa: S608  # ours


def _tables(size: Size) -> dict[Table, Iterator[tuple[Any, ...]]]:
    def each() -> Iterator[tuple[int, int, int]]:
        for model in range(size.models):
            yield from ((model * size.versions + number, model, number) for number in range(1, size.versions + 1))

    head = size.versions + _PROMOTIONS
    return {
        MODELS: (
            (
                model + 1,
                _name(model),
                _raw(model, 1),
                head,
                _raw(model, head),
                size.versions + 1,
                size.versions,
            )
            for model in range(size.models)
        ),
        VERSIONS: (
            (row, model + 1, number, _raw(model, "manifest", number), _time(number, model), "alice", 1, 1)
            for row, model, number in each()
        ),
        EVENTS: (event for model in range(size.models) for event in _events(model, size)),
        HOLDINGS: (
            (
                model + 1,
                "production",
                size.versions + turn + 1,
                model * size.versions + turn + 1,
                _time(size.versions // 2 + turn, model),
                None if turn == _PROMOTIONS - 1 else _time(size.versions // 2 + turn + 1, model),
            )
            for model in range(size.models)
            for turn in range(_PROMOTIONS)
        ),
        METRICS: (
            (row, position, name, str(value), value, "", position == 0, number == _PROMOTIONS, "carol")
            for row, _, number in each()
            for position, (name, value) in enumerate((("accuracy", _spread(row)), ("latency", 100 * _spread(row + 7))))
        ),
        LINEAGE: ((row, 0, "dataset", f"tx-{row % 5_000}", _raw("data", row % 5_000)) for row, _, _ in each()),
    }


def _events(model: int, size: Size) -> Iterator[tuple[Any, ...]]:
    for sequence in range(1, size.versions + _PROMOTIONS + 1):
        previous = _raw(model, sequence - 1) if sequence > 1 else None
        number = sequence if sequence <= size.versions else sequence - size.versions
        action, alias = ("register", None) if sequence <= size.versions else ("promote", "production")
        time_of = _time(sequence, model)
        manifest = _raw(model, "manifest", number)
        yield model + 1, sequence, _raw(model, sequence), previous, action, time_of, "alice", number, manifest, alias


def _name(model: int) -> str:
    return f"acme/m-{model:05d}"


def _raw(*parts: object) -> bytes:
    first = _name(parts[0]) if isinstance(parts[0], int) else parts[0]
    return digest(first, *parts[1:]).raw


def _time(day: int, model: int) -> int:
    return to_microseconds(START + timedelta(days=day, seconds=model))


def _spread(row: int) -> float:
    """From 0 to 1, even, and not in the order of the rows."""
    return row * 2_654_435_761 % 2**32 / 2**32


def _settle(catalogue: Catalogue) -> None:
    """What SQLite does on request and PostgreSQL by itself, after a while."""
    with catalogue._database.writing() as connection:
        if connection.dialect.name == "postgresql":
            for table in (MODELS, VERSIONS):
                counter = func.pg_get_serial_sequence(table.name, "id")
                connection.execute(select(func.setval(counter, func.max(table.c.id))))
    with catalogue._database._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if connection.dialect.name == "sqlite" else "VACUUM ANALYZE")


def _timed(call: Callable[[], object]) -> Took:
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return Took(wall=time.perf_counter() - wall, cpu=time.process_time() - cpu)


def _median(calls: Iterable[Callable[[], object]]) -> Took:
    took = [_timed(call) for call in calls]
    return Took(wall=statistics.median(each.wall for each in took), cpu=statistics.median(each.cpu for each in took))


def _row(what: str, took: Took, limit: float | None = None, note: str = "") -> Row:
    verdict = "" if limit is None else "ok" if took.wall <= limit else "OVER"
    shown = "" if limit is None else f"{limit * 1e3:.0f} ms"
    processor = f"processor {took.cpu * 1e3:.2f} ms"
    return Row(
        what=what,
        ours=f"{took.wall * 1e3:.2f} ms",
        limit=shown,
        verdict=verdict,
        note=f"{processor}, {note}" if note else processor,
    )
