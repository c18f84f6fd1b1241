"""Commands as child processes: wall time, processor time, peak memory; and two of them in turn."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LONGEST_SECONDS = 600.0
_QUIET_CORES = 0.3
_TICK = os.sysconf("SC_CLK_TCK")
CHILDREN = Path(__file__).parent / "children"


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What one run cost.

    Args:
        wall: seconds from start to end.
        cpu: seconds of processor time, of the process and its children.
        peak: most bytes resident at one time. Never below what this process held when it started the child.
        others: cores that other programs kept busy meanwhile, on average. Our registry does not count.
        output: what it wrote to standard output.
    """

    wall: float
    cpu: float
    peak: int
    others: float = 0.0
    output: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """Where and how thoroughly to measure.

    Args:
        folder: for models, stores and keys; removed at the end.
        quick: small sizes and few rounds, to see that everything works.
        model_signing: the peer's command, or none where it is not installed.
    """

    folder: Path
    quick: bool
    model_signing: Path | None
    environment: Mapping[str, str] = field(repr=False)

    def rounds(self, full: int) -> int:
        """How many pairs to run."""
        return min(full, 2) if self.quick else full

    def run(self, *command: str | Path, cwd: Path | None = None) -> Run:
        """Run a command to its end.

        Raises:
            SystemExit: it failed, or took more than ten minutes.
        """
        return _run([str(word) for word in command], environment=self.environment, cwd=cwd or self.folder)

    def attest(self, *words: str | Path, cwd: Path | None = None) -> Run:
        """Run our command line, as it was installed beside this Python."""
        return self.run(Path(sys.executable).with_name("attest"), *words, cwd=cwd)

    def child(self, script: str, *words: str | Path, python: Path | None = None, cwd: Path | None = None) -> Run:
        """Run one of the scripts in `children`, under this Python or a peer's."""
        return self.run(python or Path(sys.executable), CHILDREN / script, *words, cwd=cwd)


def inner(run: Run) -> Run:
    """The same with the seconds that the child measured itself, imports left out."""
    wall, cpu = (float(word) for word in run.output.split())
    return replace(run, wall=wall, cpu=cpu)


def child_environment(folder: Path, *, compiled: Path | None = None) -> dict[str, str]:
    """The environment of every child, ours or a peer's.

    Compiled modules are kept and found again, as pip leaves them after an installation: a checkout has none.

    Args:
        folder: for everything else that a child keeps.
        compiled: where they are kept; in the same folder when left out.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ATTEST_", "PYTHON"))}
    environment |= {"ATTEST_HOME": str(folder / "home"), "PYTHONPYCACHEPREFIX": str(compiled or folder / "compiled")}
    return environment


def paired(
    ours: Callable[[], Run], peer: Callable[[], Run], *, rounds: int, warm: bool = False
) -> list[tuple[Run, Run]]:
    """Run both in turn, the other one first every second time.

    A pair that shared the machine with other programs is run again, up to as many times more as were asked for; the
    quiet pairs count if there are enough of them, else all do.

    Args:
        ours: runs ours once.
        peer: runs theirs once.
        rounds: how often.
        warm: run both once before, uncounted: where files, modules and page cache matter.
    """
    if warm:
        ours(), peer()
    pairs: list[tuple[Run, Run]] = []
    for number in range(2 * rounds):
        if len(_quiet(pairs)) >= rounds:
            break
        if number % 2:
            theirs = peer()
            pairs.append((ours(), theirs))
        else:
            own = ours()
            pairs.append((own, peer()))
    quiet = _quiet(pairs)
    return quiet if len(quiet) > rounds // 2 else pairs


def _quiet(pairs: Sequence[tuple[Run, Run]]) -> list[tuple[Run, Run]]:
    return [pair for pair in pairs if max(run.others for run in pair) <= _QUIET_CORES]


def _busy_seconds() -> tuple[float, float]:
    """Processor seconds so far: of the machine, and of this process, its ended children and those that live."""
    user, nice, system, _, _, irq, softirq, *_ = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:])
    spent = os.times()
    own = spent.user + spent.system + spent.children_user + spent.children_system
    for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            own += (int(fields[11]) + int(fields[12])) / _TICK
    return (user + nice + system + irq + softirq) / _TICK, own


def _run(command: Sequence[str], *, environment: Mapping[str, str], cwd: Path) -> Run:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        before = _busy_seconds()
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=dict(environment), cwd=cwd
        )
        limit = threading.Timer(_LONGEST_SECONDS, process.kill)
        limit.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            limit.cancel()
        wall = time.perf_counter() - started
        machine, own = (after - then for after, then in zip(_busy_seconds(), before, strict=True))
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{err.read().decode()[-2000:]}")
        return Run(
            wall=wall,
            cpu=usage.ru_utime + usage.ru_stime,
            peak=usage.ru_maxrss * 1024,
            others=max(0.0, machine - own) / wall,
            output=out.read().decode(),
        )
