"""Lengths of time as policies write them: `15m`, `24h`, `90d`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from attest.strict_yaml import dotted

if TYPE_CHECKING:
    from attest.strict_yaml import Document, NodePath

PATTERN: Final = "[1-9][0-9]{0,4}[mhd]"
EXPECTED: Final = "a whole number of minutes, hours or days: 15m, 24h, 90d"
_FORM: Final = re.compile(r"([1-9][0-9]{0,4})([mhd])", re.ASCII)
_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def read_duration(document: Document, path: NodePath, value: Any) -> timedelta:
    """A length of time, one unit, never nothing.

    Raises:
        PolicyError: it is none (`policy-bad-duration`).
    """
    length = parse(value) if isinstance(value, str) else None
    if length is None:
        raise document.error(
            path,
            f"{dotted(path)} is no length of time",
            code="bad-duration",
            expected=EXPECTED,
        )
    return length


def parse(text: str) -> timedelta | None:
    """A length of time; `None` where it is none."""
    form = _FORM.fullmatch(text)
    return None if form is None else int(form[1]) * _UNITS[form[2]]


def in_words(length: timedelta) -> str:
    """For people, in the largest unit of which it holds two: `90 minutes`, `3 days`."""
    minutes = max(int(length.total_seconds()) // 60, 0)
    for word, size in (("day", 24 * 60), ("hour", 60)):
        if minutes >= 2 * size:
            return f"{minutes // size} {word}s"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
