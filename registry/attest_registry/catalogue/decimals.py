"""Decimal text as numbers to compare by. The text stays what was signed; the number only finds it."""

from __future__ import annotations

import math
import re
from typing import Final

_DECIMAL: Final = re.compile(
    r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?", re.ASCII
)


def as_number(text: str) -> float | None:
    """The nearest double; `None` for what is no decimal number, or too large to be one."""
    if not _DECIMAL.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None
