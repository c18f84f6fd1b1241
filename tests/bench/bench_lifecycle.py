"""Does a registry of 100,000 versions of one model answer as one of 1,000 does? And how does MLflow's?

In process, on the embedded store with SQLite; figures are medians. A promotion is the whole of it: the log is read, the
built-in gate evaluated over a version's evidence, the event signed, appended and committed. MLflow's client does what
it can of that on SQLite in a process of its own, in the same run. Everything stays on one core: a process that waits
for the disk may wake up on another one, whose caches are cold.
"""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from attest.claims.event import Target
from attest.lifecycle import promoting
from attest.lifecycle.ledger import Ledger
from attest.lifecycle.log import read_log
from attest.lifecycle.rebuilding import index_model
from attest.lifecycle.standing import holder_at
from attest_registry.catalogue.rows import MetricRow, VersionRow
from tests.bench.long_logs import PUSHED, long_log
from tests.bench.peers import NO_MLFLOW, find_mlflow
from tests.bench.rows import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from attest.lifecycle.log import Log
    from attest.lifecycle.session import Session
    from tests.bench.running import Setting

_ALIAS: Final = "production"
_LOOKUP, _PROMOTION, _SEARCH = 1e-3, 10e-3, 20e-3
_GROWTH: Final = 1.2
_OF_MLFLOW: Final = 0.05
_COMPARED: Final = 10_000
_BLOCK: Final = 500
_PROMOTE, _RESOLVE, _FIND = "promote, signed and gated", "resolve an alias", "search by metric"
_FIRST_USE, _REBUILD = "read the log at first use, each 1,000 events", "rebuild the catalogue, each 1,000 versions"
_PEER: Final = {_PROMOTE: "MLflow, set alias", _RESOLVE: "MLflow, get by alias", _FIND: "MLflow, search by tag"}
_LIMITS: Final = {
    _RESOLVE: _LOOKUP,
    _PROMOTE: _PROMOTION,
    "as of, by the catalogue": _LOOKUP,
    "as of, by the verified log": _LOOKUP,
    _FIND: _SEARCH,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What one size took.

    Args:
        versions: how many there are.
        seconds: operation → seconds, in the order of the table.
        notes: operation → what has to be said of it.
    """

    versions: int
    seconds: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


def measure(setting: Setting) -> Iterator[Row]:
    """Each size alone, the largest against the smallest, then MLflow's client; all of it on one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield from _rows(setting)
    finally:
        os.sched_setaffinity(0, cores)


def _rows(setting: Setting) -> Iterator[Row]:
    sizes = (100, 1_000) if setting.quick else (1_000, _COMPARED, 100_000)
    found: dict[int, Measured] = {}
    for versions in sizes:
        found[versions] = _measured(setting, versions)
        for what, seconds in found[versions].seconds.items():
            yield _row(
                f"{versions:,} versions: {what}", seconds, _LIMITS.get(what), found[versions].notes.get(what, "")
            )
    yield from _growth(found[sizes[0]], found[sizes[-1]])
    yield from _against_mlflow(setting, found, [size for size in sizes if size <= _COMPARED])


def _measured(setting: Setting, versions: int) -> Measured:
    before = time.perf_counter()
    model = long_log(setting, versions)
    filled = time.perf_counter() - before
    measured = Measured(versions=versions)
    seconds, notes = measured.seconds, measured.notes
    with model.session() as session:
        seconds[_FIRST_USE] = _timed(lambda: _first_use(session)) / versions * 1_000
        session.log()
        seconds[_REBUILD] = _timed(lambda: index_model(session)) / versions * 1_000
        notes[_REBUILD] = f"{PUSHED} with evidence; filled in {filled:.0f} s"
        _put_metrics(session, versions)
        rounds = 5 if setting.quick else 51
        os.sync()  # what was filled goes to the disk now, and not with the first promotions
        seconds[f"{_PROMOTE}, the log alone"] = _median(lambda turn: _promote(session, turn), rounds=rounds)
        model.list_versions()  # until now the store's list had the log's tags alone
        seconds[_PROMOTE] = _median(lambda turn: _promote(session, turn), rounds=rounds)
        notes[_PROMOTE] = f"index.json {(model.layout / 'index.json').stat().st_size / 1e6:.1f} MB"
        seconds[_RESOLVE] = _median(lambda _: session.log().resolve(_ALIAS, name="long"), rounds=4 * rounds)
        _ask(session, measured, rounds=4 * rounds)
    return measured


def _ask(session: Session, measured: Measured, *, rounds: int) -> None:
    """What is looked up in the catalogue, and in the log that was just read."""
    log, seconds, name = session.log(), measured.seconds, session.name
    then = _moved_half_way(log)
    catalogue = session.catalogue
    seconds["as of, by the catalogue"] = _median(lambda _: catalogue.as_of(name, _ALIAS, then), rounds=rounds)
    seconds["as of, by the verified log"] = _median(lambda _: holder_at(log, _ALIAS, then, name=name), rounds=rounds)
    query = f"name = '{name}' and metrics.accuracy > 0.95"
    seconds[_FIND] = _median(lambda _: catalogue.search_versions(query), rounds=rounds)
    measured.notes[_FIND] = f"{len(catalogue.search_versions(query).items)} lines"
    seconds["list 100 versions"] = _median(lambda _: catalogue.versions(name), rounds=rounds)


def _first_use(session: Session) -> Log:
    """As a machine that has never seen the log."""
    with Ledger(None) as ledger:
        log = read_log(
            session.repository,
            model=session.reference.model,
            place=ledger.at("new"),
            keyring=session.keyring,
            now=session.clock(),
        )
    assert log is not None
    return log


def _promote(session: Session, turn: int) -> None:
    """One of the versions that have evidence, the other one each time."""
    version = session.place.registered(1 + turn % PUSHED)
    assert version is not None
    moved = promoting.promote(session, promoting.judge(session, version, Target(alias=_ALIAS)))
    assert not moved.already


def _moved_half_way(log: Log) -> datetime:
    """When one of the promotions happened, with others before and after it."""
    versions = log.state.next_number - 1
    return log.event((versions + log.sequence) // 2).time


def _put_metrics(session: Session, versions: int) -> None:
    """A number for each version, from 0 to 1 and not in their order, as signed evaluations would leave it."""
    for start in range(1, versions + 1, _BLOCK):
        rows = [_with_metric(session, number) for number in range(start, min(start + _BLOCK, versions + 1))]
        session.catalogue.put_versions(session.name, rows)


def _with_metric(session: Session, number: int) -> VersionRow:
    version = session.place.registered(number)
    assert version is not None
    value = number * 2_654_435_761 % 2**32 / 2**32
    metric = MetricRow(name="accuracy", value=f"{value:.9f}", stated=False, by="carol")
    return VersionRow(
        number=number, manifest=version.manifest, created=session.clock(), by="alice", metrics=(metric,), files=1
    )


def _growth(small: Measured, large: Measured) -> Iterator[Row]:
    """What the number of versions costs."""
    for what, seconds in large.seconds.items():
        ratio = seconds / small.seconds[what]
        constant = what in _LIMITS and what != _FIND
        yield Row(
            what=f"{what}, {large.versions:,} : {small.versions:,}",
            ours=_shown(seconds),
            peer=_shown(small.seconds[what]),
            ratio=f"{ratio:.2f}x",
            limit=f"{_GROWTH:.2f}x" if constant else "",
            verdict="" if not constant else "ok" if ratio <= _GROWTH else "OVER",
        )


def _against_mlflow(setting: Setting, found: dict[int, Measured], sizes: list[int]) -> Iterator[Row]:
    python = find_mlflow()
    if python is None:
        yield Row.skipped("set and get an alias, search : MLflow", NO_MLFLOW)
        return
    run = setting.child("mlflow_registry.py", setting.folder, *map(str, sizes), python=python)
    for size, line in zip(sizes, run.output.splitlines(), strict=True):
        for (what, theirs), took in zip(_PEER.items(), map(float, line.split()), strict=True):
            limit = _OF_MLFLOW if what == _PROMOTE and size == _COMPARED else None
            ratio = found[size].seconds[what] / took
            yield Row(
                what=f"{size:,} versions: {what} : {theirs}",
                ours=_shown(found[size].seconds[what]),
                peer=_shown(took),
                ratio=f"{ratio:.3f}x",
                limit="" if limit is None else f"{limit:.2f}x",
                verdict="" if limit is None else "ok" if ratio <= limit else "OVER",
            )


def _timed(call: Callable[[], object]) -> float:
    before = time.perf_counter()
    call()
    return time.perf_counter() - before


def _median(call: Callable[[int], object], *, rounds: int) -> float:
    """Seconds, of a warm call."""
    call(0)
    took = []
    for turn in range(1, rounds + 1):
        before = time.perf_counter()
        call(turn)
        took.append(time.perf_counter() - before)
    return statistics.median(took)


def _row(what: str, seconds: float, limit: float | None, note: str) -> Row:
    return Row(
        what=what,
        ours=_shown(seconds),
        limit="" if limit is None else f"{limit * 1e3:.0f} ms",
        verdict="" if limit is None else "ok" if seconds <= limit else "OVER",
        note=note,
    )


def _shown(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"
