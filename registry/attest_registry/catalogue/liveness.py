"""Who holds a reservation, written so that others on the same host can see whether the process still lives."""

from __future__ import annotations

import contextlib
import functools
import os
import socket
from pathlib import Path
from typing import Final

_PARTS: Final = 3
_START_FIELD: Final = 19  # of /proc/PID/stat after the name in brackets: when the process started, in clock ticks


def this_process() -> str:
    """`HOST:PID:START` of this process; the start tells it from a later one with the same number."""
    return f"{this_host()}:{os.getpid()}:{_start_of(os.getpid()) or 0}"


@functools.cache
def this_host() -> str:
    """Where process numbers mean what they mean here: name, boot, and name space of processes.

    Machines and containers may share a name; whoever took another one's process for dead would write beside it.
    """
    boot = space = "?"
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = str(Path("/proc/self/ns/pid").readlink())
    return f"{socket.gethostname()}/{boot[:8]}/{''.join(filter(str.isdecimal, space))}"


def is_dead(holder: str) -> bool:
    """Whether the holder was a process of this host that has ended; a holder of another form is taken for alive."""
    parts = holder.rsplit(":", 2)
    if len(parts) != _PARTS or parts[0] != this_host():
        return False
    if not (parts[1].isascii() and parts[1].isdecimal()) or not Path("/proc/self/stat").exists():
        return False
    return str(_start_of(int(parts[1]))) != parts[2]


def _start_of(process: int) -> int | None:
    try:
        status = Path(f"/proc/{process}/stat").read_bytes()
    except OSError:
        return None
    fields = status.rpartition(b")")[2].split()
    return int(fields[_START_FIELD]) if fields[0] != b"Z" else None
