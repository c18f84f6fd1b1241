"""Decimal numbers as claims and policies write them: text in, exact values out, and no float in between.

What is written is what is compared: `0.90` is `0.9`, and `0.9` is nothing beside it. Exponents, `NaN` and infinities
have no place, so that nobody signs a number that another reader sees otherwise.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal, Inexact
from typing import Final

PATTERN: Final = r"-?(?:0|[1-9][0-9]{0,29})(?:\.[0-9]{1,30})?"
_FORM: Final = re.compile(PATTERN, re.ASCII)
_EXACT: Final = Context(prec=128, traps=[Inexact])
"""Wide enough for the sum of any two of them; what did not fit would be an error, never a rounded number."""


def read_decimal(text: object) -> Decimal | None:
    """The number that a text is; `None` where it is none."""
    if not isinstance(text, str) or _FORM.fullmatch(text) is None:
        return None
    return Decimal(text)


def minus(first: Decimal, second: Decimal) -> Decimal:
    """The exact difference."""
    return _EXACT.subtract(first, second)


def plus(first: Decimal, second: Decimal) -> Decimal:
    """The exact sum."""
    return _EXACT.add(first, second)


def shown(number: Decimal) -> str:
    """As it was written, without exponent."""
    return f"{number:f}"
