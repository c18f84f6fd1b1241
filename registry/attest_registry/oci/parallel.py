"""Several transfers at a time: a failure or Ctrl-C ends all of them soon, even where a store says nothing any more."""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Final, TypeVar

from attest_registry import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_GRACE_SECONDS: Final = 2.0
"""How long the others have to notice. Who waits for a silent host does not; he is left to his own time limit."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Stopped(Exception):
    """Another transfer failed or the person pressed Ctrl-C: this one need not go on."""


def unless(stop: threading.Event, advance: Callable[[int], None]) -> Callable[[int], None]:
    """`advance`, which ends its transfer at the next block once `stop` is set."""

    def advance_or_stop(count: int) -> None:
        if stop.is_set():
            raise Stopped
        advance(count)

    return advance_or_stop


def in_parallel(
    action: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    jobs: int = limits.PARALLEL_TRANSFERS,
    stop: threading.Event | None = None,
) -> list[Result]:
    """Do `action` for each item; at the first failure, or Ctrl-C, the others stop at their next block.

    Args:
        action: what to do.
        items: for which; the results come in their order.
        jobs: how many at a time.
        stop: set when the others are to stop; `action` looks at it.

    Raises:
        Exception: the first failure.
    """
    if not items:
        return []
    stop = stop or threading.Event()
    pool = ThreadPoolExecutor(max_workers=min(jobs, len(items)), thread_name_prefix="transfer")
    futures = [pool.submit(action, item) for item in items]
    try:
        wait(futures, return_when=FIRST_EXCEPTION)
        failures = [future.exception() for future in futures if future.done()]
        for failure in failures:
            if failure is not None and not isinstance(failure, Stopped):
                raise failure
        return [future.result() for future in futures]
    finally:
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
        wait(futures, timeout=_GRACE_SECONDS)
