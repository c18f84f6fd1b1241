"""How long work says what it is doing, without knowing whether anybody looks."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


class Progress(Protocol):
    """Somebody who may be looking."""

    def task(self, verb: str, name: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Begin a thing of `total` bytes; the function given out is told of each block, from any thread."""
        ...


class Silent:
    """Nobody is looking."""

    @contextlib.contextmanager
    def task(self, verb: str, name: str, total: int) -> Iterator[Callable[[int], None]]:  # noqa: ARG002
        """Begin a thing that nobody watches."""
        yield _nothing


def _nothing(_: int) -> None:
    return


SILENT = Silent()
