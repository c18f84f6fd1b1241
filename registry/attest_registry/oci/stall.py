"""Cutting off servers that drip: a socket time-out starts again at every byte, this does not."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable


_QUICK_SECONDS: Final = 1.0


class StallGuard:
    """Calls `cut` when `seconds` pass without `feed`. The blocked read then ends, and `expired` says why.

    Args:
        cut: ends the blocked read; called from another thread, at most once.
        seconds: the time allowed between two calls of `feed`.
    """

    def __init__(self, cut: Callable[[], object], seconds: float) -> None:
        self._cut = cut
        self._seconds = seconds
        self._fed = time.monotonic()
        self._deadline = self._fed + seconds
        self._done = threading.Event()
        self.expired = False
        self.was_quick = False

    def feed(self) -> None:
        """Say that enough has come; the time starts again."""
        now = time.monotonic()
        self.was_quick = now - self._fed < _QUICK_SECONDS
        self._fed = now
        self._deadline = now + self._seconds

    def __enter__(self) -> Self:
        self.feed()
        threading.Thread(target=self._watch, name="stall-guard", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()

    def _watch(self) -> None:
        while not self._done.wait(max(0.001, self._deadline - time.monotonic())):
            if time.monotonic() < self._deadline:
                continue
            self.expired = True
            with contextlib.suppress(Exception):  # the socket may have been closed just now
                self._cut()
            return
