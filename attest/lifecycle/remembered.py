"""What is remembered of a log: its newest verified event, and each event on the way there. Values only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from datetime import datetime

    from attest.claims.event import Event
    from attest.claims.log_state import State
    from attest_registry.digest import Digest


class Remembered(Struct, frozen=True, kw_only=True):
    """The newest event of a log that was verified here.

    Args:
        log: digest of the log's first event.
        model: the model's name.
        environment: which registry it is of.
        sequence: number of the newest event.
        head: digest of its words.
        bundle: digest of the bundle that it was read from.
        time: when it happened, by its own words.
        state: what everything means since.
    """

    log: Digest
    model: str
    environment: str | None
    sequence: int
    head: Digest
    bundle: Digest
    time: datetime
    state: State


class Verified(Struct, frozen=True, kw_only=True):
    """An event that was verified, with the digests of its words and of its bundle."""

    event: Event
    digest: Digest
    bundle: Digest


class Expected(Struct, frozen=True, kw_only=True):
    """What the next event has to go on from.

    Args:
        model: the model's name.
        sequence: its number.
        environment: which registry; `None` with sequence 1 for any.
        log: digest of the first event.
        previous: digest of the event before.
        time: when that one was.
        state: what everything meant since then.
    """

    model: str
    sequence: int = 1
    environment: str | None = None
    log: Digest | None = None
    previous: Digest | None = None
    time: datetime | None = None
    state: State | None = None
