"""SPDX licence expressions, as BOMs state them: `MIT OR (Apache-2.0 WITH LLVM-exception AND BSD-3-Clause)`.

Source: SPDX 2.3, annex D. `WITH` binds closest, then `AND`, then `OR`; operators are upper or lower case. The list of
identifiers is that of the CycloneDX schemas which are shipped beside this module. What does not parse is `None`: words
such as "see the website" are no licence that anybody could compare.
"""

from __future__ import annotations

import json
import re
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIST: Final = Path(__file__).parent / "schemas" / "spdx.schema.json"
_TOKEN: Final = re.compile(r"\s*(?:([()])|((?:DocumentRef-[A-Za-z0-9.-]+:)?[A-Za-z0-9.-]+)(\+?))", re.ASCII)
OWN: Final = ("LicenseRef-", "DocumentRef-")
_NO_NAMES: Final = {"AND", "OR", "WITH", "and", "or", "with", "(", ")"}
_MOST_CHARACTERS: Final = 4_000
_DEEPEST: Final = 32
_FAMILY: Final = re.compile(r"(?:\+|-only|-or-later)$")


class Licence(Struct, frozen=True, kw_only=True):
    """One licence.

    Args:
        id: the identifier; in the list's own spelling where it is on the list.
        later: whether a `+` stands behind it.
        exception: what stands after `WITH`.
    """

    id: str
    later: bool = False
    exception: str | None = None

    def __str__(self) -> str:
        plain = f"{self.id}{'+' if self.later else ''}"
        return plain if self.exception is None else f"{plain} WITH {self.exception}"

    @property
    def family(self) -> str:
        """The identifier without what says which later versions go: `GPL-3.0` for `GPL-3.0-or-later`."""
        return _FAMILY.sub("", self.id)

    @property
    def is_known(self) -> bool:
        """Whether the identifier is one of SPDX, or refers to a text of somebody's own."""
        return self.id.lower() in identifiers() or self.id.startswith(OWN)

    @property
    def is_listed(self) -> bool:
        """Whether the identifier is one of SPDX; what an exception permits or forbids is not looked up."""
        return self.exception is None and self.id.lower() in identifiers()


class Join(StrEnum):
    """How parts of an expression go together."""

    ALL = "AND"
    ANY = "OR"


class Joined(Struct, frozen=True, kw_only=True):
    """Several parts.

    Args:
        by: whether all of them hold, or one may be chosen.
        parts: two or more.
    """

    by: Join
    parts: tuple[Expression, ...]


Expression: TypeAlias = Licence | Joined


@cache
def identifiers() -> Mapping[str, str]:
    """Every identifier of SPDX in lower case → its own spelling."""
    document = json.loads(_LIST.read_text(encoding="utf-8"))
    return {name.lower(): name for name in document["enum"]}


def licences_in(expression: Expression) -> tuple[Licence, ...]:
    """Every licence that an expression names."""
    if isinstance(expression, Licence):
        return (expression,)
    return tuple(each for part in expression.parts for each in licences_in(part))


def parse(text: str) -> Expression | None:
    """What an expression says; `None` where it is none."""
    if len(text) > _MOST_CHARACTERS:
        return None
    tokens = _tokens(text)
    reader = _Reader(tokens or [])
    try:
        found = reader.joined(Join.ANY, depth=0)
    except ValueError:
        return None
    return found if reader.at_end else None


def _tokens(text: str) -> list[str] | None:
    found, place = [], 0
    end = len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            return None
        found.append(match[1] or f"{match[2]}{match[3]}")
        place = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._next = 0

    @property
    def at_end(self) -> bool:
        return self._next == len(self._tokens)

    def joined(self, by: Join, *, depth: int) -> Expression:
        """Parts with one operator between them; `OR` is looked for first, since it binds least."""
        if depth > _DEEPEST:
            raise ValueError("too deep")
        parts = [self._part(by, depth)]
        while self._take(by.value):
            parts.append(self._part(by, depth))
        return parts[0] if len(parts) == 1 else Joined(by=by, parts=tuple(parts))

    def _part(self, by: Join, depth: int) -> Expression:
        if by is Join.ANY:
            return self.joined(Join.ALL, depth=depth)
        if self._take("("):
            inside = self.joined(Join.ANY, depth=depth + 1)
            if not self._take(")"):
                raise ValueError("not closed")
            return inside
        name = self._name()
        plain = name.removesuffix("+")
        exception = self._name() if self._take("WITH") else None
        return Licence(id=identifiers().get(plain.lower(), plain), later=plain != name, exception=exception)

    def _name(self) -> str:
        word = None if self.at_end else self._tokens[self._next]
        if word is None or word in _NO_NAMES:
            raise ValueError("no licence")
        self._next += 1
        return word

    def _take(self, word: str) -> bool:
        if self.at_end or self._tokens[self._next] not in {word, word.lower()}:
            return False
        self._next += 1
        return True
