"""A copy for one start of one command: fetched and checked for it, read-only, gone when nobody uses it any more.

A server is started from what the store gives out now, not from what it gave out once: a store whose bytes are wrong
stops the next start, and is noticed, even where an older good copy lies in the cache.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attest.load.materialise import place, remove, translated
from attest.load.private import make_private
from attest.progress import SILENT

if TYPE_CHECKING:
    from attest.admit import Admission
    from attest.progress import Progress

_FOLDER: Final = "handover"
_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def hand_over(admission: Admission, *, cache: Path, progress: Progress = SILENT) -> Path:
    """Fetch an admitted version for this process and what it becomes by `exec`.

    The folder is held by an open file that `exec` and children inherit. A later call removes folders whose process has
    ended and that nobody holds.

    Args:
        admission: what may be loaded.
        cache: the cache's folder.
        progress: told of every file.

    Raises:
        InputError: others may write to the cache.
        ContentMismatch: the store gave other bytes; nothing is left behind.
        Refusal: a file's bytes are of a kind that the policy does not let be loaded.
        StoreError: the store or the disk would not.
    """
    with translated(cache):
        make_private(cache, _FOLDER)
        sweep(cache)
        held = cache / _FOLDER / f"{_this_process()}-{secrets.token_hex(4)}"
        held.mkdir(mode=0o700)
        handle = os.open(held, _FLAGS)
        fcntl.flock(handle, fcntl.LOCK_SH)
        os.set_inheritable(handle, True)  # noqa: FBT003  # the lock lasts as long as the server
        try:
            place(admission, held / "model", progress=progress, sealed=True)
        except BaseException:
            remove(held)
            os.close(handle)
            raise
    return held / "model"


def sweep(cache: Path) -> None:
    """Remove the copies of commands that have ended."""
    folder = cache / _FOLDER
    for held in sorted(folder.iterdir()) if folder.is_dir() else ():
        if _is_alive(held.name):
            continue
        with contextlib.suppress(OSError):
            handle = os.open(held, _FLAGS | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(held)
            finally:
                os.close(handle)


def _this_process() -> str:
    return f"{os.getpid()}-{_started(os.getpid())}"


def _is_alive(name: str) -> bool:
    """Whether the process that a folder is named for still runs; its number alone may be somebody else's by now."""
    number, _, rest = name.partition("-")
    started = _started(int(number)) if number.isdecimal() else None
    return started is not None and rest.partition("-")[0] == started


def _started(number: int) -> str | None:
    """When a process was started, in ticks since the machine was (proc(5), `stat`, field 22)."""
    try:
        return Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None
