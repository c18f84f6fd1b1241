"""Several transfers at a time: a failure or Ctrl-C ends all of them soon, even where a store says nothing any more."""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Final, TypeVar

from attest_registry import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_GRACE_SECONDS: Final = 2.0
"""How long the others have to notice. Who waits for a silent host does not; he is left to his own time limit."""

_LOOK_SECONDS: Final = 0.2
"""How often the main thread looks up: where the system gives Ctrl-C to another thread, Python notes it, and a wait
without an end never sees the note (measured: one Ctrl-C of thirty was not heard)."""

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
        wait_awake(futures)
        failures = [future.exception() for future in futures if future.done()]
        for failure in failures:
            if failure is not None and not isinstance(failure, Stopped):
                raise failure
        return [future.result() for future in futures]
    finally:
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
        wait(futures, timeout=_GRACE_SECONDS)


def wait_awake(futures: Sequence[Future[Result]]) -> None:
    """Wait until all are done, or one has failed; Ctrl-C is heard meanwhile."""
    while not _settled(futures):
        wait(futures, timeout=_LOOK_SECONDS, return_when=FIRST_EXCEPTION)


def _settled(futures: Sequence[Future[Result]]) -> bool:
    """Whether all are done, or one has failed."""
    return all(future.done() for future in futures) or any(
        future.done() and not future.cancelled() and future.exception() is not None for future in futures
    )
