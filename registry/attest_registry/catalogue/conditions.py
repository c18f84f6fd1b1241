"""Comparisons of a filter as conditions of SQL. Names of attributes choose from tables here; all else is a parameter.

Each condition is true or false, never NULL, so that NOT means what it says. What belongs to a version in another table
is asked with EXISTS; a driver (see `drivers`) is the same question the other way round: which versions have it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from sqlalchemy import BigInteger, Double, and_, false, func, literal, not_, or_, select

from attest_registry.catalogue.columns import to_microseconds
from attest_registry.catalogue.filter_attributes import instant
from attest_registry.catalogue.filter_tree import NEGATIVE, And, Compare, Node, Not, Or
from attest_registry.catalogue.patterns import like
from attest_registry.catalogue.related import asks_for_no_stage, noted, related, some
from attest_registry.catalogue.tables import (
    HOLDINGS,
    MODELS,
    NOTES,
    REVOKED,
    STAGES,
    VERSIONS,
)
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from attest_registry.catalogue.filter_tree import Value

_OWN: Final = {
    "label": VERSIONS.c.label,
    "by": VERSIONS.c.by,
    "owner": VERSIONS.c.owner,
    "task": VERSIONS.c.task,
    "licence": VERSIONS.c.licence,
    "run_id": VERSIONS.c.run,
    "description": VERSIONS.c.description,
    "number": VERSIONS.c.number,
    "size": VERSIONS.c.size,
    "files": VERSIONS.c.files,
    "digest": VERSIONS.c.manifest,
}
_OF_MODELS: Final = {
    "name": MODELS.c.name,
    "environment": MODELS.c.environment,
    "versions": MODELS.c.versions,
}


class Terms(Struct, frozen=True, kw_only=True):
    """What conditions are made for.

    Args:
        dialect: `sqlite` or `postgresql`.
        now: what `30d` is counted back from.
    """

    dialect: str
    now: datetime

    def of(self, node: Node, place: Place, *, denied: bool = False) -> ColumnElement[bool]:
        """The condition that a tree is.

        Args:
            node: the tree.
            place: what is being looked at.
            denied: whether its contrary is meant.
        """
        match node:
            case Not(item=item):
                return self.of(item, place, denied=not denied)
            case And(items=items) | Or(items=items):
                together = and_ if isinstance(node, And) != denied else or_
                return together(*(self.of(item, place, denied=denied) for item in items))
            case Compare():
                denies = node.operator in NEGATIVE
                condition = place.condition(self, node)
                return not_(func.coalesce(condition, false())) if denies != denied else condition

    def compared(self, column: ColumnElement[Any], compare: Compare) -> ColumnElement[bool]:
        """A column against the values; `!=` is left to the caller, who denies the whole."""
        operator = NEGATIVE.get(compare.operator, compare.operator)
        values = [self.value(column, value) for value in compare.values]
        match operator:
            case "IN":
                return column.in_(values)
            case "LIKE" | "ILIKE":
                pattern = str(compare.values[0])
                return like(column, pattern, dialect=self.dialect, any_case=operator == "ILIKE")
            case "=":
                equal: ColumnElement[bool] = column == values[0]
                return equal
            case _:
                return column.bool_op(operator)(values[0])

    def value(self, column: ColumnElement[Any], value: Value) -> Any:
        """A value as the column's type keeps it."""
        if isinstance(value, Decimal):
            if isinstance(column.type, Double):
                return float(value)
            return literal(int(value), BigInteger)
        if isinstance(value, str) and column is VERSIONS.c.manifest:
            return Digest.parse(value)
        return value


class Place:
    """What the conditions look at; here a version.

    Args:
        version: the expression for its row, which a driver may already have.
    """

    def __init__(self, version: ColumnElement[int]) -> None:
        self._version = version

    def condition(self, terms: Terms, compare: Compare) -> ColumnElement[bool]:
        """The condition that a comparison is, without its denial."""
        name = compare.attribute.name
        if name in _OWN:
            return terms.compared(_OWN[name], compare)
        special = {
            "created": _created,
            "name": _named,
            "tags": _tagged,
            "revoked": self._revoked,
            "stage": self._staged,
        }
        return special.get(name, self._related)(terms, compare)

    def _revoked(self, _terms: Terms, compare: Compare) -> ColumnElement[bool]:
        found = some(REVOKED, REVOKED.c.version_id == self._version)
        return found if compare.values[0] else not_(found)

    def _staged(self, terms: Terms, compare: Compare) -> ColumnElement[bool]:
        condition = self._related(terms, compare)
        if not asks_for_no_stage(compare):
            return condition
        return or_(not_(some(STAGES, STAGES.c.version_id == self._version)), condition)

    def _related(self, terms: Terms, compare: Compare) -> ColumnElement[bool]:
        table, conditions = related(terms, compare)
        return some(table, table.c.version_id == self._version, *conditions)


class ModelPlace(Place):
    """A model, as `Place` is for a version."""

    def __init__(self) -> None:
        super().__init__(VERSIONS.c.id)

    def condition(self, terms: Terms, compare: Compare) -> ColumnElement[bool]:
        """The condition that a comparison is, without its denial."""
        name = compare.attribute.name
        if name in _OF_MODELS:
            return terms.compared(_OF_MODELS[name], compare)
        if name == "deleted":
            return MODELS.c.deleted if compare.values[0] else not_(MODELS.c.deleted)
        if name == "tags":
            return some(NOTES, NOTES.c.model_id == MODELS.c.id, NOTES.c.number == literal(0), *noted(terms, compare))
        held = (HOLDINGS.c.model_id == MODELS.c.id, HOLDINGS.c.until.is_(None))
        return some(HOLDINGS, *held, terms.compared(HOLDINGS.c.alias, compare))


def _created(terms: Terms, compare: Compare) -> ColumnElement[bool]:
    time = to_microseconds(instant(str(compare.values[0]), terms.now))
    return VERSIONS.c.created.bool_op(compare.operator)(literal(time, BigInteger))


def _named(terms: Terms, compare: Compare) -> ColumnElement[bool]:
    return VERSIONS.c.model_id.in_(select(MODELS.c.id).where(terms.compared(MODELS.c.name, compare)))


def _tagged(terms: Terms, compare: Compare) -> ColumnElement[bool]:
    whose = (NOTES.c.model_id == VERSIONS.c.model_id, NOTES.c.number == VERSIONS.c.number)
    return some(NOTES, *whose, *noted(terms, compare))
