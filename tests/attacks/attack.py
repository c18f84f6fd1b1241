"""An attack: its row, what is tried, the test that tries it, and what stops it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.attacks.checks.check import Check


@dataclass(frozen=True, kw_only=True, slots=True)
class Attack:
    """A line of the table.

    Args:
        row: its row in the threat table.
        words: what is tried.
        test: which test tries it.
        checks: what stops it, the first one first.
    """

    row: int
    words: str
    test: str
    checks: tuple[Check, ...]


def attack(row: int, words: str, test: str, *checks: Check) -> Attack:
    """A line whose test is in one of the files `test_…` of this folder."""
    return Attack(row=row, words=words, test=f"tests/attacks/test_{test}", checks=checks)
