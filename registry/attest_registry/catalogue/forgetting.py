"""Forgetting a model, so that it can be read back from its store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, exists, or_, select, update

from attest_registry.catalogue import model_rows
from attest_registry.catalogue.tables import EVENTS, HOLDINGS, MODELS, NOTES, RESERVATIONS, REVOKED, STAGES, VERSIONS

if TYPE_CHECKING:
    from sqlalchemy import BindParameter, Connection

_KEY: Final[BindParameter[int]] = bindparam("model")
_EMPTIED: Final = [
    delete(table).where(table.c.model_id == _KEY) for table in (HOLDINGS, STAGES, REVOKED, EVENTS, VERSIONS)
]
_RESET: Final = (
    update(MODELS)
    .where(MODELS.c.id == _KEY)
    .values(log=None, head=0, head_digest=None, next_number=1, deleted=False, environment=None, versions=0)
)
_NEEDED: Final = select(or_(*(exists().where(table.c.model_id == _KEY) for table in (NOTES, RESERVATIONS))))
_REMOVED: Final = delete(MODELS).where(MODELS.c.id == _KEY)


def drop(connection: Connection, model: str) -> None:
    """Drop everything that a store has about a model. Unsigned notes stay, and who is writing to it keeps the right to.

    Args:
        connection: somebody's transaction.
        model: its name.
    """
    row = model_rows.find(connection, model)
    if row is None:
        return
    row = model_rows.lock(connection, model)
    key = {"model": row.id}
    for statement in _EMPTIED:
        connection.execute(statement, key)
    connection.execute(_RESET if connection.scalar(_NEEDED, key) else _REMOVED, key)
