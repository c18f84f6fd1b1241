"""Facts about versions: what they measure, what they were made with and from, what was said about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, insert, select, update

from attest_registry.catalogue import held_metrics, model_rows
from attest_registry.catalogue.decimals import as_number
from attest_registry.catalogue.rows import ClaimRow, LineageRow, MetricRow, VersionRow
from attest_registry.catalogue.tables import CLAIMS, LINEAGE, METRICS, MODELS, PARAMETERS, VERSIONS
from attest_registry.catalogue.version_rows import VersionRows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row, Table

    from attest_registry.catalogue.database import Database

_OWN: Final = ("label", "created", "by", "run", "description", "owner", "task", "licence", "size", "files")
_TABLES: Final = (METRICS, PARAMETERS, LINEAGE, CLAIMS)
_UPDATE: Final = (
    update(VERSIONS).where(VERSIONS.c.id == bindparam("row")).values({name: bindparam(f"new_{name}") for name in _OWN})
)
_CLEAR: Final = {table.name: delete(table).where(table.c.version_id == bindparam("row")) for table in _TABLES}
_FIND: Final = (
    select(VERSIONS).join(MODELS).where(MODELS.c.name == bindparam("model"), VERSIONS.c.number == bindparam("number"))
)


def put(database: Database, model: str, versions: Sequence[VersionRow]) -> None:
    """Insert versions, or replace what is known of them; all or none.

    Raises:
        Conflict: a number stands for another manifest already.
    """
    with database.writing() as connection:
        write(connection, model, versions)


def write(connection: Connection, model: str, versions: Sequence[VersionRow]) -> None:
    """The same within somebody's transaction."""
    row = model_rows.lock(connection, model)
    known = VersionRows(connection, row.id, model)
    places = []
    for version in versions:
        place = known.check(version.number, version.manifest)
        own = {name: getattr(version, name) for name in _OWN}
        if place is None:
            place = known.add(number=version.number, manifest=version.manifest, **own)
        else:
            _clear(connection, place)
            connection.execute(_UPDATE, {"row": place, **{f"new_{name}": value for name, value in own.items()}})
        places.append((place, version))
    for table, rows in _facts(places):
        if rows:
            connection.execute(insert(table), rows)
    held_metrics.mark_new(connection, row.id, [place for place, _ in places])


def find(database: Database, model: str, number: int) -> VersionRow | None:
    """Everything that is known of a version."""
    with database.reading() as connection:
        row = connection.execute(_FIND, {"model": model, "number": number}).one_or_none()
        return None if row is None else _version(connection, row)


def _clear(connection: Connection, place: int) -> None:
    for statement in _CLEAR.values():
        connection.execute(statement, {"row": place})


def _facts(places: list[tuple[int, VersionRow]]) -> list[tuple[Table, list[dict[str, Any]]]]:
    metrics = [
        {
            "version_id": place,
            "position": position,
            "name": metric.name,
            "value": metric.value,
            "number": as_number(metric.value),
            "dataset": metric.dataset,
            "dataset_digest": metric.dataset_digest,
            "slice": metric.slice,
            "stated": metric.stated,
            "by": metric.by,
        }
        for place, version in places
        for position, metric in enumerate(version.metrics)
    ]
    parameters = [
        {"version_id": place, "position": position, "name": name, "value": value, "number": as_number(value)}
        for place, version in places
        for position, (name, value) in enumerate(version.parameters)
    ]
    lineage = [
        {
            "version_id": place,
            "position": position,
            "role": each.role,
            "name": each.name,
            "digest": each.digest,
            "uri": each.uri,
        }
        for place, version in places
        for position, each in enumerate(version.lineage)
    ]
    claims = [
        {
            "version_id": place,
            "position": position,
            "claim": each.claim,
            "predicate_type": each.predicate_type,
            "by": each.by,
            "time": each.time,
            "verdict": each.verdict,
        }
        for place, version in places
        for position, each in enumerate(version.claims)
    ]
    return [(METRICS, metrics), (PARAMETERS, parameters), (LINEAGE, lineage), (CLAIMS, claims)]


def _version(connection: Connection, row: Row[Any]) -> VersionRow:
    def of(table: Table) -> Sequence[Row[Any]]:
        statement = select(table).where(table.c.version_id == bindparam("row")).order_by(table.c.position)
        return connection.execute(statement, {"row": row.id}).all()

    return VersionRow(
        number=row.number,
        manifest=row.manifest,
        metrics=tuple(
            MetricRow(
                name=each.name,
                value=each.value,
                dataset=each.dataset,
                dataset_digest=each.dataset_digest,
                slice=each.slice,
                stated=each.stated,
                by=each.by,
            )
            for each in of(METRICS)
        ),
        parameters=tuple((each.name, each.value) for each in of(PARAMETERS)),
        lineage=tuple(
            LineageRow(role=each.role, name=each.name, digest=each.digest, uri=each.uri) for each in of(LINEAGE)
        ),
        claims=tuple(
            ClaimRow(
                claim=each.claim,
                predicate_type=each.predicate_type,
                by=each.by,
                time=each.time,
                verdict=each.verdict,
            )
            for each in of(CLAIMS)
        ),
        **{name: getattr(row, name) for name in _OWN},
    )
