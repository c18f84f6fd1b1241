"""A process of its own that writes into a catalogue and is killed after one of its statements."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
_SCRIPT = """
import itertools, os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from attest_registry.catalogue.store import Catalogue
{prepare}
with Catalogue.open(sys.argv[1]) as catalogue:
    catalogue.head(log.model)
    numbers = itertools.count(1)

    @event.listens_for(Engine, "after_cursor_execute")
    def count(*_):
        if next(numbers) == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)

    {write}
"""


def was_killed(path: Path, statement: int, *, prepare: str, write: str) -> bool:
    """Whether it was killed; it came to its end where it has fewer statements.

    Args:
        path: the catalogue.
        statement: after which one, counted from 1.
        prepare: lines of Python that make `log`.
        write: one line that writes it into `catalogue`.
    """
    child = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(prepare=prepare, write=write), str(path), str(statement)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'registry'}"},
        check=False,
        timeout=60,
        capture_output=True,
    )
    assert child.returncode in {0, -signal.SIGKILL}, child.stderr
    return child.returncode != 0
