"""Models to measure with: random bytes, so that nothing can be compressed, shared or skipped."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.running import Setting

_BLOCK = 4 << 20


def four_large_files(setting: Setting) -> tuple[Path, str]:
    """2 GiB in four files, made when they are first asked for, and what to call them in a table."""
    folder = setting.folder / "large"
    if not folder.exists():
        folder.mkdir()
        for number in range(1, 5):
            with (folder / f"model-{number:05}-of-00004.bin").open("wb") as file:
                for _ in range(4 if setting.quick else 128):
                    file.write(os.urandom(_BLOCK))
    return folder, "64 MiB" if setting.quick else "2 GiB"


def small_files(folder: Path, *, files: int, size: int = 1_000) -> Path:
    """Many small files, a thousand to a folder."""
    source = random.Random(1)  # noqa: S311  # as good as any, and quick
    for number in range(files):
        if number % 1_000 == 0:
            below = folder / f"part-{number // 1_000:03}"
            below.mkdir(parents=True)
        (below / f"{number:05}.bin").write_bytes(source.randbytes(size))
    return folder
