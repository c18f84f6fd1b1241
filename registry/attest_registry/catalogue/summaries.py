"""Lines of listings: versions and models by their rows, each with what belongs to it, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select

from attest_registry.catalogue.rows import ModelRow, VersionSummary
from attest_registry.catalogue.tables import HOLDINGS, MODELS, REVOKED, STAGES, VERSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

_AT_ONCE: Final = 900  # fewer values than any SQLite takes
_VERSIONS: Final = (
    select(VERSIONS, MODELS.c.name.label("model"))
    .join(MODELS, MODELS.c.id == VERSIONS.c.model_id)
    .where(VERSIONS.c.id.in_(bindparam("ids", expanding=True)))
)
_ALIASES: Final = select(HOLDINGS.c.version_id, HOLDINGS.c.alias).where(
    HOLDINGS.c.version_id.in_(bindparam("ids", expanding=True)), HOLDINGS.c.until.is_(None)
)
_STAGES: Final = select(STAGES.c.version_id, STAGES.c.stage).where(
    STAGES.c.version_id.in_(bindparam("ids", expanding=True))
)
_REVOKED: Final = select(REVOKED.c.version_id).where(REVOKED.c.version_id.in_(bindparam("ids", expanding=True)))
_MODELS: Final = select(MODELS).where(MODELS.c.id.in_(bindparam("ids", expanding=True)))
_MODEL_ALIASES: Final = (
    select(HOLDINGS.c.model_id, HOLDINGS.c.alias, VERSIONS.c.number)
    .join(VERSIONS, VERSIONS.c.id == HOLDINGS.c.version_id)
    .where(HOLDINGS.c.model_id.in_(bindparam("ids", expanding=True)), HOLDINGS.c.until.is_(None))
)


def versions(connection: Connection, ids: Sequence[int]) -> tuple[VersionSummary, ...]:
    """Versions by their rows, in the order of these."""
    aliases = _grouped(connection, _ALIASES, ids)
    stages = _grouped(connection, _STAGES, ids)
    revoked = {row[0] for row in _rows(connection, _REVOKED, ids)}
    found = {
        row.id: VersionSummary(
            model=row.model,
            number=row.number,
            label=row.label,
            manifest=row.manifest,
            stage=",".join(sorted(stages[row.id])) or None,
            aliases=tuple(sorted(aliases[row.id])),
            created=row.created,
            by=row.by,
            revoked=row.id in revoked,
        )
        for row in _rows(connection, _VERSIONS, ids)
    }
    return tuple(found[each] for each in ids)


def models(connection: Connection, ids: Sequence[int]) -> tuple[ModelRow, ...]:
    """Models by their rows, in the order of these."""
    aliases: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for model, alias, number in _rows(connection, _MODEL_ALIASES, ids):
        aliases[model][alias] = number
    found = {
        row.id: ModelRow(
            model=row.name,
            log=row.log,
            head=row.head,
            versions=row.versions,
            aliases=dict(sorted(aliases[row.id].items())),
            deleted=row.deleted,
            environment=row.environment,
        )
        for row in _rows(connection, _MODELS, ids)
    }
    return tuple(found[each] for each in ids)


def _grouped(connection: Connection, statement: Any, ids: Sequence[int]) -> Mapping[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for version, name in _rows(connection, statement, ids):
        found[version].append(name)
    return found


def _rows(connection: Connection, statement: Any, ids: Sequence[int]) -> list[Any]:
    return [
        row
        for start in range(0, len(ids), _AT_ONCE)
        for row in connection.execute(statement, {"ids": ids[start : start + _AT_ONCE]})
    ]
