"""Spans of time in which a key, an authority or a log counts. Both ends belong to them (protobuf-specs, TimeRange)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from attest.errors import MalformedEvidence
from attest.trust.times import read_time as read_time  # noqa: PLC0414  # public here too
from attest.trust.times import shown as shown  # noqa: PLC0414

if TYPE_CHECKING:
    from datetime import datetime


class Window(Struct, frozen=True, kw_only=True):
    """From `start` to `end`, both included.

    Args:
        start: the first moment. There is no window without one: a missing start is not "since ever".
        end: the last moment; `None` for no end.
    """

    start: datetime
    end: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse spans that hold nothing, and times without a zone."""
        if self.start.tzinfo is None or (self.end is not None and self.end.tzinfo is None):
            raise MalformedEvidence("a window's ends need a time zone")
        if self.end is not None and self.end < self.start:
            raise MalformedEvidence("a window ends before it starts", found=str(self))

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment and (self.end is None or moment <= self.end)

    def __str__(self) -> str:
        return f"{shown(self.start)} to {shown(self.end) if self.end else 'no end'}"


class Span(Struct, frozen=True, kw_only=True):
    """Like a window, but open at either end where its owner says so: the time in which a signer counts.

    Args:
        start: the first moment; `None` for no beginning.
        end: the last moment; `None` for no end.
    """

    start: datetime | None = None
    end: datetime | None = None

    def __contains__(self, moment: datetime) -> bool:
        return (self.start is None or self.start <= moment) and (self.end is None or moment <= self.end)

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return self.start is not None or self.end is not None

    def __str__(self) -> str:
        start = f"from {shown(self.start)}" if self.start else ""
        end = f"until {shown(self.end)}" if self.end else ""
        return f"{start} {end}".strip() or "at any time"
