"""Progress bars on stderr: on a terminal only, and only once the work has taken a second."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final, Self

from attest.cli import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

_AFTER_SECONDS: Final = 1.0
_WORTH_A_LINE: Final = 256 * 1024 * 1024


class Bars:
    """A `Progress` for people. Use it as a context manager.

    Args:
        shown: whether bars are wanted at all.
    """

    def __init__(self, *, shown: bool = True) -> None:
        self._terminal = shown and sys.stderr is not None and sys.stderr.isatty()
        self._lines = shown and not self._terminal
        self._lock = threading.Lock()
        self._since = time.monotonic()
        self._bars: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    @contextlib.contextmanager
    def task(self, verb: str, name: str, total: int) -> Iterator[Callable[[int], None]]:
        """Begin a thing of `total` bytes."""
        if self._terminal:
            with self._bar(verb, name, total) as advance:
                yield advance
            return
        if self._lines and total >= _WORTH_A_LINE:
            render.note(f"{verb} {render.clean(name)} ({render.size(total)})")
        yield _nothing

    @contextlib.contextmanager
    def _bar(self, verb: str, name: str, total: int) -> Iterator[Callable[[int], None]]:
        done = 0
        task: Any = None

        def advance(count: int) -> None:
            nonlocal done, task
            with self._lock:
                done += count
                if task is None and self._started():
                    task = self._bars.add_task(f"{verb} {render.clean(name)[-40:]}", total=total)
                if task is not None:
                    self._bars.update(task, completed=done)

        try:
            yield advance
        finally:
            if task is not None:
                self._bars.remove_task(task)

    def _started(self) -> bool:
        if self._bars is not None:
            return True
        if time.monotonic() - self._since < _AFTER_SECONDS:
            return False
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bars.start()
        return True


def _nothing(_: int) -> None:
    return
