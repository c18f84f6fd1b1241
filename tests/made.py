"""Strategies for values of our own.

`hypothesis.strategies.builds` asks a class for its signature, which msgspec works out of types that are imported for
the type checker only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


def made(kind: type[T], /, **fields: SearchStrategy[Any]) -> SearchStrategy[T]:
    """Values of a class, with a strategy for each field."""
    return st.fixed_dictionaries(fields).map(lambda given: kind(**given))
