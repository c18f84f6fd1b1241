"""What is true now, moved by each event: holdings of aliases, stages, revocations.

An event brings the complete state; what is written is the difference to what is stored. So a promotion costs the same
in a model of ten versions and of a million.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, insert, literal_column, select, union_all, update

from attest_registry.catalogue import held_metrics
from attest_registry.catalogue.tables import HOLDINGS, MODELS, REVOKED, STAGES, VERSIONS
from attest_registry.catalogue.version_rows import VersionRows

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Row, Select, Table

    from attest_registry.catalogue.rows import EventRow, StateRow

_ALIAS, _STAGE, _REVOCATION = "alias", "stage", "revocation"


def _versions_of(kind: str, table: Table, name: ColumnElement[str]) -> Select[Any]:
    """The versions that one of the tables names, each with the name, and as `VersionRows` knows them."""
    return (
        select(literal_column(f"'{kind}'").label("kind"), name.label("name"), VERSIONS.c.number)
        .add_columns(VERSIONS.c.id, VERSIONS.c.manifest)
        .join(VERSIONS, VERSIONS.c.id == table.c.version_id)
        .where(table.c.model_id == bindparam("model"))
    )


_NOW: Final = union_all(  # one question for three tables: a promotion asks it each time
    _versions_of(_ALIAS, HOLDINGS, HOLDINGS.c.alias).where(HOLDINGS.c.until.is_(None)),
    _versions_of(_STAGE, STAGES, STAGES.c.stage),
    _versions_of(_REVOCATION, REVOKED, literal_column("''")),
)
_END: Final = (
    update(HOLDINGS)
    .where(
        HOLDINGS.c.model_id == bindparam("model"),
        HOLDINGS.c.alias == bindparam("name"),
        HOLDINGS.c.until.is_(None),
    )
    .values(until=bindparam("time"))
)
_HOLD: Final = insert(HOLDINGS)
_ENTER: Final = insert(STAGES)
_REVOKE: Final = insert(REVOKED)
_LEAVE: Final = delete(STAGES).where(STAGES.c.version_id == bindparam("version"), STAGES.c.stage == bindparam("name"))
_RESTORE: Final = delete(REVOKED).where(REVOKED.c.version_id == bindparam("version"))
_MODEL: Final = (
    update(MODELS)
    .where(MODELS.c.id == bindparam("model"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("head", "head_digest", "log", "next_number", "deleted", "environment")
        }
    )
)


class Projections:
    """The state of one model, within one transaction that has locked its row.

    Args:
        connection: the transaction.
        model: the row.
    """

    def __init__(self, connection: Connection, model: Row[Any]) -> None:
        self._connection = connection
        self._model = model
        self._versions = VersionRows(connection, model.id, model.name)
        self._aliases: dict[str, int] = {}
        self._stages: set[tuple[str, int]] = set()
        self._revoked: set[int] = set()
        for row in connection.execute(_NOW, {"model": model.id}):
            self._versions.know(row.number, row.id, row.manifest)
            if row.kind == _ALIAS:
                self._aliases[row.name] = row.number
            elif row.kind == _STAGE:
                self._stages.add((row.name, row.number))
            else:
                self._revoked.add(row.number)

    def move(self, event: EventRow, state: StateRow) -> None:
        """Bring everything to the state after an event.

        Raises:
            Conflict: the event leads to a version that is not known, or that has another manifest.
        """
        self._versions.meet(event)
        self._move_aliases(event, dict(state.aliases))
        self._move_stages(event, {(stage, number) for stage, numbers in state.stages.items() for number in numbers})
        self._move_revoked(event, set(state.revoked))

    def finish(self, event: EventRow, state: StateRow, *, log: Any) -> None:
        """Write down the last event and what the model's own row says."""
        self._connection.execute(
            _MODEL,
            {
                "model": self._model.id,
                "new_head": event.sequence,
                "new_head_digest": event.digest,
                "new_log": log,
                "new_next_number": state.next_number,
                "new_deleted": state.deleted,
                "new_environment": state.environment,
            },
        )

    def _move_aliases(self, event: EventRow, wanted: dict[str, int]) -> None:
        moved = set()
        for alias in sorted(self._aliases.keys() | wanted.keys()):
            old, new = self._aliases.get(alias), wanted.get(alias)
            if old == new:
                continue
            moved |= {self._versions.take(each, sequence=event.sequence) for each in (old, new) if each is not None}
            if old is not None:
                self._connection.execute(_END, {"model": self._model.id, "name": alias, "time": event.time})
            if new is not None:
                self._connection.execute(
                    _HOLD,
                    {
                        "model_id": self._model.id,
                        "alias": alias,
                        "sequence": event.sequence,
                        "version_id": self._versions.take(new, sequence=event.sequence),
                        "since": event.time,
                    },
                )
        held_metrics.mark(self._connection, moved)
        self._aliases = wanted

    def _move_stages(self, event: EventRow, wanted: set[tuple[str, int]]) -> None:
        for stage, number in sorted(self._stages - wanted):
            version = self._versions.take(number, sequence=event.sequence)
            self._connection.execute(_LEAVE, {"version": version, "name": stage})
        for stage, number in sorted(wanted - self._stages):
            version = self._versions.take(number, sequence=event.sequence)
            self._connection.execute(_ENTER, {"model_id": self._model.id, "version_id": version, "stage": stage})
        self._stages = wanted

    def _move_revoked(self, event: EventRow, wanted: set[int]) -> None:
        for number in sorted(self._revoked - wanted):
            self._connection.execute(_RESTORE, {"version": self._versions.take(number, sequence=event.sequence)})
        for number in sorted(wanted - self._revoked):
            version = self._versions.take(number, sequence=event.sequence)
            self._connection.execute(_REVOKE, {"model_id": self._model.id, "version_id": version})
        self._revoked = wanted
