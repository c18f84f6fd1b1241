"""Everything that a rebuild must reproduce, as lines of text in order. Two catalogues are equal when their lines are.

A line is `MODEL<tab>KIND<tab>KEY<tab>JSON`; the lines come sorted by code point, so that two dumps can be compared
without holding either. Reservations and this database's own settings are not in it; unsigned notes only on demand.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, or_, select

from attest_registry.catalogue.tables import (
    CLAIMS,
    EVENTS,
    HOLDINGS,
    LINEAGE,
    METRICS,
    MODELS,
    NOTES,
    PARAMETERS,
    REVOKED,
    STAGES,
    VERSIONS,
)
from attest_registry.digest import Digest
from attest_registry.strict_json import to_compact_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import BindParameter, Connection, Row, Table

    from attest_registry.catalogue.database import Database

_BLOCK: Final = 500
_FACTS: Final = (METRICS, PARAMETERS, LINEAGE, CLAIMS)
_OURS: Final = frozenset({"id", "model_id", "version_id", "position", "start"})
_DERIVED: Final = {METRICS.name: {"number", "held"}, PARAMETERS.name: {"number"}}
_MODELS: Final = select(MODELS).where(or_(MODELS.c.head > 0, MODELS.c.versions > 0)).order_by(MODELS.c.name)
_OF_MODEL: Final[BindParameter[int]] = bindparam("model")


def lines(database: Database, *, model: str | None = None, notes: bool = False) -> Iterator[str]:
    """The lines, all of one moment.

    Args:
        database: the catalogue.
        model: of this model alone.
        notes: with unsigned notes, which no store has.
    """
    with database.reading() as connection:
        for row in connection.execute(_MODELS if model is None else _MODELS.where(MODELS.c.name == model)).all():
            for kind, found in _of_model(connection, row, notes=notes):
                yield from (f"{_plain(row.name)}\t{kind}\t{key}\t{text}" for key, text in found)


def _of_model(
    connection: Connection, model: Row[Any], *, notes: bool
) -> Iterator[tuple[str, Iterable[tuple[str, str]]]]:
    """In the order of the kinds' names."""
    key = {"model": model.id}
    yield "alias", sorted(_holdings(connection, key))
    yield "event", _events(connection, key)
    yield "model", [("", _json(_values(model)))]
    if notes:
        yield "note", sorted(_notes(connection, key))
    yield "revoked", sorted(_flags(connection, REVOKED, key))
    yield "stage", sorted(_flags(connection, STAGES, key))
    yield "version", _versions(connection, key)


def _holdings(connection: Connection, key: dict[str, int]) -> Iterator[tuple[str, str]]:
    statement = (
        select(HOLDINGS, VERSIONS.c.number)
        .join(VERSIONS, VERSIONS.c.id == HOLDINGS.c.version_id)
        .where(HOLDINGS.c.model_id == _OF_MODEL)
    )
    for row in connection.execute(statement, key):
        yield f"{_plain(row.alias)} {_number(row.sequence)}", _json(_values(row))


def _events(connection: Connection, key: dict[str, int]) -> Iterator[tuple[str, str]]:
    statement = select(EVENTS).where(EVENTS.c.model_id == _OF_MODEL).order_by(EVENTS.c.sequence)
    for row in connection.execute(statement.execution_options(yield_per=_BLOCK), key):
        yield _number(row.sequence), _json(_values(row))


def _notes(connection: Connection, key: dict[str, int]) -> Iterator[tuple[str, str]]:
    for row in connection.execute(select(NOTES).where(NOTES.c.model_id == _OF_MODEL), key):
        yield f"{_number(row.number)} {_plain(row.key)}", _json(_values(row))


def _flags(connection: Connection, table: Table, key: dict[str, int]) -> Iterator[tuple[str, str]]:
    statement = (
        select(table, VERSIONS.c.number)
        .join(VERSIONS, VERSIONS.c.id == table.c.version_id)
        .where(table.c.model_id == _OF_MODEL)
    )
    for row in connection.execute(statement, key):
        yield _number(row.number), _json(_values(row))


def _versions(connection: Connection, key: dict[str, int]) -> Iterator[tuple[str, str]]:
    statement = select(VERSIONS).where(VERSIONS.c.model_id == _OF_MODEL).order_by(VERSIONS.c.number)
    for block in connection.execute(statement.execution_options(yield_per=_BLOCK), key).partitions(_BLOCK):
        facts = _facts(connection, [row.id for row in block])
        for row in block:
            yield _number(row.number), _json({**_values(row), **facts[row.id]})


def _facts(connection: Connection, ids: Sequence[int]) -> defaultdict[int, dict[str, list[Any]]]:
    """Facts of versions by table, in an order of their own: that in which they were told does not count."""
    found: defaultdict[int, dict[str, list[Any]]] = defaultdict(dict)
    for table in _FACTS:
        statement = select(table).where(table.c.version_id.in_(ids))
        for row in connection.execute(statement):
            shown = _values(row, leave_out=_DERIVED.get(table.name, set()))
            found[row.version_id].setdefault(table.name, []).append(shown)
    for tables in found.values():
        for rows in tables.values():
            rows.sort(key=to_compact_json)
    return found


def _values(row: Row[Any], *, leave_out: set[str] | None = None) -> dict[str, Any]:
    hidden = _OURS | (leave_out or set())
    return {name: _shown(value) for name, value in row._mapping.items() if name not in hidden}  # noqa: SLF001  # public


def _shown(value: Any) -> Any:
    if isinstance(value, Digest):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _json(value: dict[str, Any]) -> str:
    return to_compact_json(value).decode()


def _number(value: int) -> str:
    return f"{value:010d}"


def _plain(text: str) -> str:
    """Text without control characters, which would make two lines of one."""
    return json.dumps(text, ensure_ascii=False)[1:-1]
