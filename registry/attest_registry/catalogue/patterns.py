r"""Patterns of LIKE and ILIKE, which mean the same in both databases: `%` anything, `_` one character, `\` escapes.

LIKE minds capital letters, ILIKE does not (those of ASCII; others only where they are equal). SQLite's own LIKE is our
ILIKE; its GLOB is our LIKE, once the pattern is rewritten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_ESCAPE: Final = "\\"
_GLOB: Final = {"%": "*", "_": "?"}
_SPECIAL: Final = "*?["


def like(column: ColumnElement[Any], pattern: str, *, dialect: str, any_case: bool) -> ColumnElement[bool]:
    """A column against a pattern."""
    if any_case:
        return column.ilike(pattern, escape=_ESCAPE) if dialect != "sqlite" else column.like(pattern, escape=_ESCAPE)
    if dialect != "sqlite":
        return column.like(pattern, escape=_ESCAPE)
    return column.bool_op("GLOB")(to_glob(pattern))


def to_glob(pattern: str) -> str:
    """The pattern as SQLite's GLOB takes it."""
    parts = []
    characters = iter(pattern)
    for character in characters:
        if character == _ESCAPE:
            parts.append(_literal(next(characters, _ESCAPE)))
        else:
            parts.append(_GLOB.get(character) or _literal(character))
    return "".join(parts)


def _literal(character: str) -> str:
    return f"[{character}]" if character in _SPECIAL else character
