"""What a filter means, as a tree, and a tree as text: `parse(str(tree)) == tree`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from msgspec import Struct

Value = str | Decimal | bool
PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*", re.ASCII)
NEGATIVE: Final = {"!=": "=", "NOT IN": "IN", "NOT LIKE": "LIKE", "NOT ILIKE": "ILIKE"}
"""Operators that deny another one: what lacks the attribute altogether fulfils them."""


class Attribute(Struct, frozen=True, kw_only=True):
    """What is compared.

    Args:
        name: `name`, `alias`, `metrics` …
        key: `accuracy` in `metrics.accuracy`; `None` for attributes without one.
    """

    name: str
    key: str | None = None

    def __str__(self) -> str:
        if self.key is None:
            return self.name
        key = self.key if PLAIN_KEY.fullmatch(self.key) else "`" + self.key.replace("`", "``") + "`"
        return f"{self.name}.{key}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Compare:
    """An attribute against a value, or against several with IN.

    Args:
        attribute: the attribute.
        operator: in capital letters.
        values: one, or those of the list.
        position: of its first character, for messages.
    """

    attribute: Attribute
    operator: str
    values: tuple[Value, ...]
    position: int = field(default=1, compare=False)

    def __str__(self) -> str:
        shown = ", ".join(_shown(value) for value in self.values)
        return f"{self.attribute} {self.operator} " + (f"({shown})" if self.operator.endswith("IN") else shown)


class Not(Struct, frozen=True, kw_only=True):
    """The contrary."""

    item: Node

    def __str__(self) -> str:
        return f"NOT {_inner(self.item)}"


class And(Struct, frozen=True, kw_only=True):
    """All of at least two."""

    items: tuple[Node, ...]

    def __str__(self) -> str:
        return " AND ".join(_inner(item) for item in self.items)


class Or(Struct, frozen=True, kw_only=True):
    """One of at least two."""

    items: tuple[Node, ...]

    def __str__(self) -> str:
        return " OR ".join(_inner(item) for item in self.items)


Node = Compare | Not | And | Or


class Order(Struct, frozen=True, kw_only=True):
    """A key that lines are ordered by.

    Args:
        attribute: the attribute.
        descending: whether the largest comes first.
    """

    attribute: Attribute
    descending: bool = False

    def __str__(self) -> str:
        return f"{self.attribute} {'DESC' if self.descending else 'ASC'}"


def _inner(node: Node) -> str:
    return f"({node})" if isinstance(node, And | Or) else str(node)


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, Decimal) else "'" + value.replace("'", "''") + "'"
