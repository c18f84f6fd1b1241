"""Files that the program wrote: read, removed, or changed where they are."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def contents(folder: Path) -> dict[str, bytes]:
    """Path → bytes of every file."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if not path.is_dir()}


def remove(folder: Path) -> None:
    """Remove what a pull wrote."""
    shutil.rmtree(folder)


def overwrite(path: Path, data: bytes) -> None:
    """Change a read-only file where it is."""
    path.chmod(0o600)
    path.write_bytes(data)
