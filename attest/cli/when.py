"""Times as people type them: RFC 3339 with a zone, or so long ago. A time without a zone is two times."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from attest.errors import InputError

_AGO: Final = re.compile(r"([1-9][0-9]{0,4})([mhd])", re.ASCII)
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_ZONE: Final = re.compile(r"(Z|[+-]\d\d:\d\d)$", re.ASCII)


def parse_time(text: str, *, option: str, now: datetime) -> datetime:
    """A moment.

    Args:
        text: as typed.
        option: the option, for messages.
        now: the present, for `30d`.

    Raises:
        InputError: it is none (`bad-time`), or has no zone (`time-zone-missing`).
    """
    ago = _AGO.fullmatch(text.strip())
    if ago is not None:
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    written = text.strip().replace(" ", "T", 1)
    try:
        found = datetime.fromisoformat(written)
    except ValueError as error:
        raise InputError(
            f"{option} {text[:40]!r} is no time",
            code="bad-time",
            expected="2026-03-08T14:32Z, with a zone; or 30d, 6h, 15m",
        ) from error
    if "T" in written and _ZONE.search(written):
        return found
    day = written if "T" in written else f"{written}T00:00"
    local = datetime.now().astimezone().strftime("%z")
    raise InputError(
        f"{option} {text[:40]!r} has no time zone",
        code="time-zone-missing",
        expected="a time with its zone",
        hint=f"{option} {day}Z            UTC\n{option} {day}{local[:3]}:{local[3:]}       the zone of this machine",
    )
