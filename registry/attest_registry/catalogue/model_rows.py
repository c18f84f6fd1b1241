"""The row of a model: looked up, locked, made. Whoever changes anything of a model locks its row first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from attest_registry.catalogue.tables import MODELS

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

_BY_NAME: Final = select(MODELS).where(MODELS.c.name == bindparam("model"))
_LOCKED: Final = _BY_NAME.with_for_update()  # SQLite has no such thing: there the whole transaction is the lock


def find(connection: Connection, model: str) -> Row[Any] | None:
    """The model's row, if there is one."""
    return connection.execute(_BY_NAME, {"model": model}).one_or_none()


def lock(connection: Connection, model: str) -> Row[Any]:
    """The model's row, which nobody else can change until the transaction ends. It is made where there is none."""
    found = connection.execute(_LOCKED, {"model": model}).one_or_none()
    if found is None:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(insert(MODELS).values(name=model).on_conflict_do_nothing(index_elements=["name"]))
        found = connection.execute(_LOCKED, {"model": model}).one()
    return found
