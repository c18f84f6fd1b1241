"""Numbers of bytes as people read them."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ("B", "kB", "MB", "GB", "TB")
_THOUSAND: Final = 1000


def size(count: int) -> str:
    """Bytes for people: `4.1 MB`; fewer than none where something shrank."""
    value = float(count)
    for unit in _UNITS:
        if abs(value) < _THOUSAND or unit == _UNITS[-1]:
            return f"{count} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= _THOUSAND
    return f"{count} B"
