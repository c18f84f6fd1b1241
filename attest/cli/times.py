"""Times and lengths of time as they are typed: `2026-03-08T14:32Z`, `2026-03-08 14:32+01:00`, `6h`, `30d`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from attest.errors import InputError

if TYPE_CHECKING:
    from datetime import timedelta

_FORM: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?))? ?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def moment(text: str, *, option: str, now: datetime) -> datetime:
    """A moment: with its zone, or so long ago.

    Args:
        text: what was typed.
        option: where, for messages.
        now: the present.

    Raises:
        InputError: it has no zone (`time-zone-missing`), or is no time.
    """
    from attest.policy import durations  # noqa: PLC0415

    ago = durations.parse(text)
    if ago is not None:
        return now - ago
    form = _FORM.fullmatch(text.strip())
    try:
        if form is None:
            raise ValueError("another form")  # noqa: TRY301  # one door for both ways to be wrong
        day, time, zone = form.groups()
        found = datetime.fromisoformat(f"{day}T{time or '00:00'}{zone or 'Z'}")
    except ValueError as error:
        raise InputError(
            f"{option} {text[:40]!r} is no time",
            code="usage",
            expected="a time with its zone such as 2026-03-08T14:32Z, or how long ago: 6h, 30d",
        ) from error
    if zone is None or time is None:
        raise _no_zone(text, option, found)
    return found.astimezone(UTC)


def _no_zone(text: str, option: str, found: datetime) -> InputError:
    lacks = "zone" if ":" in text else "time of day and no zone"
    there = f"{found:%Y-%m-%dT%H:%M}"
    local = found.replace(tzinfo=None).astimezone().isoformat(timespec="minutes")
    return InputError(
        f"{option} {text[:40]!r} has no {lacks}",
        code="time-zone-missing",
        hint=f"{option} {there}Z            UTC\n{option} {local}       the zone of this machine",
    )


def length(text: str, *, option: str) -> timedelta:
    """A length of time.

    Raises:
        InputError: it is none.
    """
    from attest.policy import durations  # noqa: PLC0415

    found = durations.parse(text)
    if found is None:
        raise InputError(f"{option} {text[:40]!r} is no length of time", code="usage", expected=durations.EXPECTED)
    return found
