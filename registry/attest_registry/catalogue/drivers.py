"""Where a search begins: at the versions that one comparison leaves, or at all of them in their order.

A walk over all versions is quick where many fit, and hopeless where few do; beginning at a comparison is the reverse.
So the comparisons that an index answers are counted first, none further than the smallest so far, and the way that
seems cheaper is taken. It is a guess: where two comparisons leave many versions each and few together, it can be wrong.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from sqlalchemy import func, literal, select, true, union_all

from attest_registry.catalogue.filter_tree import And, Compare, Or
from attest_registry.catalogue.held_metrics import HELD
from attest_registry.catalogue.related import NAMES, asks_for_no_stage, noted, related
from attest_registry.catalogue.tables import METRICS, MODELS, NOTES, REVOKED, VERSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Select, Subquery

    from attest_registry.catalogue.conditions import Terms
    from attest_registry.catalogue.filter_tree import Node

COUNTED: Final = 20_000
"""Versions that are counted for one comparison at most."""

_LARGE_PART: Final = 4
_INDEXED: Final = {"label": VERSIONS.c.label, "run_id": VERSIONS.c.run, "digest": VERSIONS.c.manifest}
_EXACT: Final = frozenset({"=", "IN"})
_RANGES: Final = frozenset({"<", "<=", ">", ">="})


class Driver(Struct, frozen=True, kw_only=True):
    """The versions that one comparison leaves, and what the others ask.

    Args:
        versions: a statement of one column, `version_id`, with each once.
        rest: the filter without that comparison.
    """

    versions: Select[Any]
    rest: Node | None


def choose(connection: Connection, terms: Terms, node: Node | None, *, lines: int, walks: bool) -> Driver | None:
    """Where to begin; `None` for a walk over all versions.

    Args:
        connection: the transaction.
        terms: what the filter is compiled with.
        node: the filter.
        lines: how many lines are wanted.
        walks: whether an index has all versions in the order that is wanted.
    """
    items = node.items if isinstance(node, And) else () if node is None else (node,)
    held = any(isinstance(item, Compare) and item.attribute.name == "alias" and _is_answered(item) for item in items)
    answered = [(item, found) for item in items if (found := _statement(terms, item, held=held)) is not None]
    if not answered:
        return None
    answered.sort(key=lambda each: isinstance(each[0], Compare) and each[0].operator in _RANGES)
    best, least, counts = answered[0], COUNTED + 1, []
    for each in answered:
        counts.append(_counted(connection, each[1], least))
        if counts[-1] < least:
            best, least = each, counts[-1]
    if walks and _walking_is_cheaper(connection, counts, lines=lines):
        return None
    left = tuple(item for item in items if item is not best[0])
    rest = And(items=left) if len(left) > 1 else next(iter(left), None)
    return Driver(versions=best[1] if _has_each_once(best[0]) else _each_once(best[1]), rest=rest)


def _walking_is_cheaper(connection: Connection, counts: list[int], *, lines: int) -> bool:
    """As if the comparisons had nothing to do with each other; a count that reached its bound can be any number."""
    total = connection.scalar(select(func.max(VERSIONS.c.id))) or 0
    steps = lines * math.prod(total / max(1, count) for count in counts)
    return steps < (min(counts) if min(counts) <= COUNTED else total / _LARGE_PART)


def _statement(terms: Terms, node: Node, *, held: bool) -> Any:
    """The versions that a part of the filter leaves, if an index knows them; some may come more than once.

    Args:
        terms: what the filter is compiled with.
        node: the part.
        held: whether another part asks that they hold an alias, so that no others are needed.
    """
    if isinstance(node, Or):
        parts = [_statement(terms, item, held=held) for item in _alternatives(node)]
        return None if any(part is None for part in parts) else union_all(*parts)
    if not isinstance(node, Compare):
        return None
    if node.attribute.name in NAMES and _is_answered(node):
        table, conditions = related(terms, node)
        statement = select(table.c.version_id).where(*conditions)
        return statement.where(HELD) if held and table is METRICS else statement
    return _of_versions(terms, node) if node.operator in _EXACT else None


def _alternatives(node: Or) -> Iterator[Node]:
    """The parts of an OR, and those of one inside it: SQLite has no union within a union."""
    for item in node.items:
        if isinstance(item, Or):
            yield from _alternatives(item)
        else:
            yield item


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


def _has_each_once(node: Node) -> bool:
    """Whether no version can come twice: one alias or stage, or a row of the version itself."""
    if not isinstance(node, Compare):
        return False
    return node.attribute.name not in NAMES or (node.attribute.name in {"alias", "stage"} and node.operator == "=")


def _counted(connection: Connection, versions: Any, most: int) -> int:
    some: Subquery = versions.limit(most).subquery()
    return connection.scalar(select(func.count(literal(1))).select_from(some)) or 0


def _each_once(versions: Any) -> Any:
    """As an expression, for which SQLite's planner gives up no index to have the versions in order."""
    found = versions.subquery()
    return select((found.c.version_id + 0).label("version_id")).distinct()
