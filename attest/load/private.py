"""Folders that only we can write to. Files checked anywhere else could be swapped before they are loaded."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from attest.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def make_private(root: Path, *names: str) -> None:
    """Make a folder and folders below it, closed to everybody else (mlflow's were not: CVE-2026-4137).

    Args:
        root: the folder; it may be reached through a link.
        names: relative POSIX paths, outer folders first.

    Raises:
        InputError: one is there already and others may write to it, or it is a link.
        OSError: one cannot be made.
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in (root, *(root / name for name in names)):
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.stat() if folder == root else folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_mode & _OTHERS_WRITE or status.st_uid not in {0, os.geteuid()}:
            raise InputError(
                f"{folder} can be changed by others, so what is checked there could be swapped before it is loaded",
                code="cache-not-private",
                expected="a folder of your own that only you can write to",
                hint=f"chmod go-w {folder}, or name another place with ATTEST_CACHE",
            )
