"""`python -m tests.bench [--quick] [FAMILY …]`: our costs as ratios against peers, measured in one run.

Every figure is the median of runs in pairs, ours and the peer's in turn, each in a process of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import platform
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.peers import find_model_signing
from tests.bench.rows import HEAD, Row, show
from tests.bench.running import Setting, child_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

_FAMILIES = (
    *("startup", "hashing", "many_files", "registry", "store_growth", "keyless", "bom", "catalogue", "policy"),
    "lifecycle",
)


def main() -> None:
    """Measure the families that were asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.splitlines()[2])
    parser.add_argument("family", nargs="*", choices=[*_FAMILIES, []], help=f"one or more of: {', '.join(_FAMILIES)}")
    parser.add_argument("--quick", action="store_true", help="small sizes and few rounds: one minute, no meaning")
    parser.add_argument("--folder", type=Path, help="where models and stores go; 10 GB are needed")
    given = parser.parse_args()
    print(_machine())  # noqa: T201
    show(HEAD)
    over = 0
    with tempfile.TemporaryDirectory(prefix="attest-bench-", dir=given.folder) as name:
        for family in given.family or _FAMILIES:
            rows: list[Row] = []
            with _setting(Path(name) / family, quick=given.quick) as setting:
                for row in importlib.import_module(f"tests.bench.bench_{family}").measure(setting):
                    show(row)
                    rows.append(row)
            over += sum(row.verdict == "OVER" for row in rows)
    print(f"{over} over their limits; load now {os.getloadavg()[0]:.1f}")  # noqa: T201


@contextlib.contextmanager
def _setting(folder: Path, *, quick: bool) -> Iterator[Setting]:
    """A folder for one family alone, which leaves the next one neither its files nor their way to the disk."""
    folder.mkdir()
    try:
        environment = child_environment(folder, compiled=folder.parent / "compiled")
        yield Setting(folder=folder, quick=quick, model_signing=find_model_signing(), environment=environment)
    finally:
        shutil.rmtree(folder)
        os.sync()


def _machine() -> str:
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {len(os.sched_getaffinity(0))} x {cpu}, {memory:.0f} GB, "
        f"Linux {platform.release()}, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
