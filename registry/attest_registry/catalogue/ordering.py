"""The order of a search, and where the page after a line begins.

The order always ends with the row, so that no two lines are equal; what lacks the attribute comes last, whichever way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from sqlalchemy import BigInteger, and_, case, false, func, literal, or_, select, type_coerce

from attest_registry.catalogue.tables import METRICS, MODELS, OVERALL, VERSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from attest_registry.catalogue.filter_tree import Order

_CREATED: Final = type_coerce(VERSIONS.c.created, BigInteger)
_OWN: Final = {
    "number": VERSIONS.c.number,
    "label": VERSIONS.c.label,
    "created": _CREATED,
    "by": VERSIONS.c.by,
    "owner": VERSIONS.c.owner,
    "task": VERSIONS.c.task,
    "licence": VERSIONS.c.licence,
    "run_id": VERSIONS.c.run,
    "size": VERSIONS.c.size,
    "files": VERSIONS.c.files,
}
_OF_MODELS: Final = {
    "name": MODELS.c.name,
    "environment": MODELS.c.environment,
    "versions": MODELS.c.versions,
}
_MAY_LACK: Final = frozenset({"label", "owner", "task", "licence", "run_id", "environment", "metrics", "evaluated"})


class Key(Struct, frozen=True, kw_only=True):
    """One expression that lines are ordered by; never NULL.

    Args:
        expression: of SQL.
        descending: whether the largest comes first.
    """

    expression: ColumnElement[Any]
    descending: bool = False

    @property
    def in_order(self) -> ColumnElement[Any]:
        """For ORDER BY."""
        return self.expression.desc() if self.descending else self.expression.asc()

    def after(self, value: Any) -> ColumnElement[bool]:
        """What comes after a value."""
        return self.expression < literal(value) if self.descending else self.expression > literal(value)

    def not_before(self, value: Any) -> ColumnElement[bool]:
        """What comes after a value, or has it."""
        return self.expression <= literal(value) if self.descending else self.expression >= literal(value)


def of_versions(orders: Sequence[Order], *, walks: bool) -> tuple[Key, ...]:
    """The keys of a search for versions.

    Args:
        orders: that are asked for; the newest first after them.
        walks: whether the index over creation gives the order; otherwise it must not be used for it.
    """
    created = _CREATED if walks else _CREATED + 0  # an expression, for which SQLite's planner takes no index
    keys = [key for order in orders for key in _keys(order, _version_key(order))]
    return (*keys, Key(expression=created, descending=True), Key(expression=VERSIONS.c.id, descending=True))


def of_models(orders: Sequence[Order]) -> tuple[Key, ...]:
    """The keys of a search for models; by name after those that are asked for."""
    keys = [key for order in orders for key in _keys(order, _OF_MODELS[order.attribute.name])]
    return (*keys, Key(expression=MODELS.c.name))


def following(keys: Sequence[Key], position: Sequence[Any]) -> ColumnElement[bool]:
    """What comes after the line with these values of the keys."""
    ways = []
    for count, key in enumerate(keys):
        equal = [
            before.expression == literal(value) for before, value in zip(keys[:count], position[:count], strict=True)
        ]
        ways.append(and_(*equal, key.after(position[count])))
    return and_(keys[0].not_before(position[0]), or_(*ways))


def _keys(order: Order, expression: ColumnElement[Any]) -> tuple[Key, ...]:
    if order.attribute.name not in _MAY_LACK:
        return (Key(expression=expression, descending=order.descending),)
    lacks = case((expression.is_(None), literal(1)), else_=literal(0))
    nothing = literal(0.0 if order.attribute.key else "")
    there = Key(expression=func.coalesce(expression, nothing), descending=order.descending)
    return (Key(expression=lacks), there)


def _version_key(order: Order) -> ColumnElement[Any]:
    name, key = order.attribute.name, order.attribute.key
    if name == "name":
        return select(MODELS.c.name).where(MODELS.c.id == VERSIONS.c.model_id).scalar_subquery()
    if key is None:
        return _OWN[name]
    best = func.max(METRICS.c.number) if order.descending else func.min(METRICS.c.number)
    conditions = [METRICS.c.version_id == VERSIONS.c.id, METRICS.c.name == key, OVERALL]
    if name == "evaluated":
        conditions.append(METRICS.c.stated == false())
    return select(best).where(*conditions).correlate(VERSIONS).scalar_subquery()
