"""Times as claims and messages write them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from attest.errors import MalformedEvidence

_FORM: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII
)  # RFC 3339 as protobuf writes it
_MICROSECONDS: Final = 7  # a point and six digits: what `datetime` holds


def shown(moment: datetime) -> str:
    """A moment for messages."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def read_time(text: str, *, what: str) -> datetime:
    """An RFC 3339 time.

    Raises:
        MalformedEvidence: it is none.
    """
    form = _FORM.fullmatch(text)
    try:
        if form is None:
            raise ValueError("another form")  # noqa: TRY301  # one door for both ways to be wrong
        whole, fraction, zone = form.groups(default="")
        return datetime.fromisoformat(whole + fraction[:_MICROSECONDS] + zone)
    except ValueError as error:
        raise MalformedEvidence(f"{what} is no time", expected="RFC 3339 with a time zone", found=text[:40]) from error
