"""The refusal of `attest exec`, cut to what container platforms keep of a failed container.

Kubernetes shows the last 2048 bytes or 80 lines of the log, or what lies in the termination log where that is writable.
So a refusal is the last thing written, and all of it has to fit; what passed is left out first.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attest.cli import render

if TYPE_CHECKING:
    from collections.abc import Sequence

TERMINATION_LOG: Final = Path("/dev/termination-log")
MOST_BYTES: Final = 2048
MOST_LINES: Final = 80

_PER_LINE: Final = len("attest: \n")
_LONGEST_LINE: Final = 200
_PASSED: Final = ("✓", "–", "ok ", "- ")
_KEPT_FIRST: Final = 4


def say(lines: Sequence[str]) -> None:
    """Write a refusal to stderr, and to the termination log where there is one.

    Args:
        lines: what it would be in full; the last one is always kept.
    """
    short = shortened([part for line in lines for part in line.splitlines()])
    for line in short:
        render.note(line)
    with contextlib.suppress(OSError):
        handle = os.open(TERMINATION_LOG, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                os.truncate(handle, 0)
                os.write(handle, ("\n".join(short) + "\n").encode("utf-8", "backslashreplace"))
        finally:
            os.close(handle)


def shortened(lines: Sequence[str]) -> list[str]:
    """The lines, made to fit: without what passed, then without the ends of long lines, then without the middle."""
    short = list(lines)
    if not _fits(short):
        short = [line for line in short if not line.lstrip().startswith(_PASSED)]
    if not _fits(short):
        short = [line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…" for line in short]
    dropped = 0
    while not _fits([*short, _left_out(dropped)] if dropped else short):
        del short[min(_KEPT_FIRST, len(short) // 2)]
        dropped += 1
    if dropped:
        short.insert(min(_KEPT_FIRST, len(short) // 2), _left_out(dropped))
    return short


def _left_out(count: int) -> str:
    return f"  … {render.plural(count, 'line')} left out: attest verify shows all of them"


def _fits(lines: Sequence[str]) -> bool:
    size = sum(len(line.encode("utf-8", "backslashreplace")) + _PER_LINE for line in lines)
    return size < MOST_BYTES and len(lines) <= MOST_LINES
