"""Where a search begins: at the versions that one comparison leaves, or at all of them in their order.

A walk over all versions is quick where many fit, and hopeless where few do; beginning at a comparison is the reverse.
So the comparisons that an index answers are counted first, up to a bound, and the cheaper way is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, literal, select, true, union

from attest_registry.catalogue.filter_tree import And, Compare, Or
from attest_registry.catalogue.related import NAMES, asks_for_no_stage, noted, related
from attest_registry.catalogue.tables import HOLDINGS, MODELS, NOTES, REVOKED, VERSIONS

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select, Subquery

    from attest_registry.catalogue.conditions import Terms
    from attest_registry.catalogue.filter_tree import Node

COUNTED: Final = 20_000
"""Versions that are counted for one comparison; more are not worth beginning with."""

_INDEXED: Final = {"label": VERSIONS.c.label, "run_id": VERSIONS.c.run, "digest": VERSIONS.c.manifest}
_EXACT: Final = frozenset({"=", "IN"})
_RANGES: Final = frozenset({"<", "<=", ">", ">="})


@dataclass(frozen=True, kw_only=True, slots=True)
class Driver:
    """The versions that one comparison leaves, each once.

    Args:
        versions: a statement of one column, `version_id`.
        count: how many there are, at most `COUNTED` + 1.
    """

    versions: Select[Any]
    count: int


def choose(connection: Connection, terms: Terms, node: Node | None, *, lines: int, walks: bool) -> Driver | None:
    """Where to begin; `None` for a walk over all versions.

    Args:
        connection: the transaction.
        terms: what the filter is compiled with.
        node: the filter.
        lines: how many lines are wanted.
        walks: whether an index has all versions in the order that is wanted.
    """
    found = [_counted(connection, versions) for versions in _statements(terms, node)]
    if not found:
        return None
    best = min(found, key=lambda each: each.count)
    if walks:
        total = connection.scalar(select(func.max(VERSIONS.c.id))) or 0
        steps = float(lines)
        for each in found:
            steps *= total / max(1, each.count)
        if steps < best.count:
            return None
    elif best.count > COUNTED:
        return None
    return best


def _statements(terms: Terms, node: Node | None) -> list[Any]:
    """For each comparison that all versions have to fulfil and an index answers: which do."""
    items = node.items if isinstance(node, And) else () if node is None else (node,)
    return [found for item in items if (found := _statement(terms, item)) is not None]


def _statement(terms: Terms, node: Node) -> Any:
    if isinstance(node, Or):
        parts = [_statement(terms, item) for item in node.items]
        return None if any(part is None for part in parts) else union(*parts)
    if not isinstance(node, Compare):
        return None
    name = node.attribute.name
    if name in NAMES and _is_answered(node):
        table, conditions = related(terms, node)
        statement = select(table.c.version_id).where(*conditions)
        return statement if table is HOLDINGS and node.operator == "=" else statement.distinct()
    return _of_versions(terms, node) if node.operator in _EXACT else None


def _of_versions(terms: Terms, node: Compare) -> Any:
    name = node.attribute.name
    rows = select(VERSIONS.c.id.label("version_id"))
    if name in _INDEXED:
        return rows.where(terms.compared(_INDEXED[name], node))
    if name == "name":
        return rows.where(VERSIONS.c.model_id.in_(select(MODELS.c.id).where(terms.compared(MODELS.c.name, node))))
    if name == "tags":
        together = (VERSIONS.c.model_id == NOTES.c.model_id) & (VERSIONS.c.number == NOTES.c.number)
        return rows.select_from(NOTES).join(VERSIONS, together).where(*noted(terms, node))
    if name == "revoked" and node.values[0]:
        return select(REVOKED.c.version_id).where(true())
    return None


def _is_answered(node: Compare) -> bool:
    """Whether an index answers it."""
    if node.attribute.name == "stage" and asks_for_no_stage(node):
        return False
    if node.attribute.name in {"metrics", "evaluated"}:
        return node.operator in _EXACT | _RANGES
    return node.operator in _EXACT


def _counted(connection: Connection, versions: Any) -> Driver:
    some: Subquery = versions.limit(COUNTED + 1).subquery()
    count = connection.scalar(select(func.count(literal(1))).select_from(some)) or 0
    return Driver(versions=versions, count=count)
