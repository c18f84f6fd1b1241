"""Searches: a filter, an order, a page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import or_, select

from attest_registry.catalogue import drivers, filters, ordering, summaries
from attest_registry.catalogue.columns import from_microseconds, to_microseconds
from attest_registry.catalogue.conditions import ModelPlace, Place, Terms
from attest_registry.catalogue.filter_attributes import OF_MODELS, OF_VERSIONS
from attest_registry.catalogue.pages import Tokens, check_limit
from attest_registry.catalogue.rows import Page
from attest_registry.catalogue.tables import MODELS, VERSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Row, Select

    from attest_registry.catalogue.database import Database
    from attest_registry.catalogue.filter_attributes import Known
    from attest_registry.catalogue.filter_tree import Node, Order
    from attest_registry.catalogue.rows import ModelRow, VersionSummary

_BY_INDEXES: Final = (
    "SET LOCAL enable_seqscan = off; SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0"
)
"""PostgreSQL takes names and numbers of metrics for independent, expects many where there are few, and reads the whole
table. Every comparison that begins a search has an index, and a page is too short for workers and compilers."""

_THERE: Final = or_(MODELS.c.head > 0, MODELS.c.versions > 0)


class _Query:
    """What is asked for: filter, order and page, read and checked."""

    def __init__(
        self,
        database: Database,
        kind: str,
        known: Mapping[str, Known],
        *,
        text: str,
        order_by: Sequence[str],
        limit: int,
        token: str | None,
    ) -> None:
        self.node: Node | None = filters.parse(text, known)
        self.orders: tuple[Order, ...] = filters.parse_order(order_by, known)
        self.limit = check_limit(limit)
        self._tokens = Tokens(database.token_key(), kind, str(self.node), *map(str, self.orders))
        position = self._tokens.read(token)
        self.now = datetime.now(UTC) if position is None else from_microseconds(position[0])
        self.after = None if position is None else position[1:]

    def next(self, rows: Sequence[Row[Any]]) -> str | None:
        """The token for what follows the last line of this page; `30d` keeps its meaning from page to page."""
        if len(rows) <= self.limit:
            return None
        return self._tokens.make([to_microseconds(self.now), *list(rows[self.limit - 1])[1:]])


def versions(
    database: Database, text: str, *, order_by: Sequence[str], limit: int, token: str | None
) -> Page[VersionSummary]:
    """Versions that a filter leaves, the newest first unless another order is asked for.

    Raises:
        BadQuery: filter, order, limit or token cannot be one.
    """
    query = _Query(database, "search-versions", OF_VERSIONS, text=text, order_by=order_by, limit=limit, token=token)
    with database.reading() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(_BY_INDEXES)
        rows = connection.execute(_versions(connection, query)).all()
        items = summaries.versions(connection, [row[0] for row in rows[:limit]])
    return Page(items=items, next=query.next(rows))


def models(database: Database, text: str, *, order_by: Sequence[str], limit: int, token: str | None) -> Page[ModelRow]:
    """Models that a filter leaves, by name unless another order is asked for.

    Raises:
        BadQuery: filter, order, limit or token cannot be one.
    """
    query = _Query(database, "search-models", OF_MODELS, text=text, order_by=order_by, limit=limit, token=token)
    keys = ordering.of_models(query.orders)
    statement = select(MODELS.c.id, *(key.expression for key in keys)).where(_THERE)
    with database.reading() as connection:
        if query.node is not None:
            terms = Terms(dialect=connection.dialect.name, now=query.now)
            statement = statement.where(terms.of(query.node, ModelPlace()))
        rows = connection.execute(_page(statement, keys, query)).all()
        items = summaries.models(connection, [row[0] for row in rows[:limit]])
    return Page(items=items, next=query.next(rows))


def _versions(connection: Connection, query: _Query) -> Select[Any]:
    terms = Terms(dialect=connection.dialect.name, now=query.now)
    walks = not query.orders
    driver = drivers.choose(connection, terms, query.node, lines=query.limit + 1, walks=walks)
    keys = ordering.of_versions(query.orders, walks=walks and driver is None)
    statement = select(VERSIONS.c.id, *(key.expression for key in keys))
    version: Any = VERSIONS.c.id
    node = query.node
    if driver is not None:
        node = driver.rest
        some = driver.versions.subquery()
        version = some.c.version_id
        statement = statement.select_from(some).join(VERSIONS, VERSIONS.c.id == version)
    if node is not None:
        statement = statement.where(terms.of(node, Place(version)))
    return _page(statement, keys, query)


def _page(statement: Select[Any], keys: Sequence[ordering.Key], query: _Query) -> Select[Any]:
    if query.after is not None:
        statement = statement.where(ordering.following(keys, query.after))
    return statement.order_by(*(key.in_order for key in keys)).limit(query.limit + 1)
