"""The coverage-guided run: one process for each target, forked from one that has everything imported and instrumented.

atheris puts libFuzzer below Python: an input that reaches something new in `attest` or `attest_registry` is written
down and changed further. libFuzzer ends a process at the first finding, so the others go on without it.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import importlib
import os
import re
import shutil
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.fuzz.corpus import BUILD, LONGEST, NEW, start

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.fuzz.plan import Plan
    from tests.properties.targets import Target

_INSTRUMENTED: Final = ("attest", "attest_registry", "yaml")
_SLOWEST_SECONDS: Final = 5
_MOST_MEBIBYTES: Final = 2048
_NUMBERS: Final = re.compile(r"^#\d+\t.*cov: (\d+) ft: (\d+) corp: (\d+)/", re.MULTILINE)
_STATISTIC: Final = re.compile(r"^stat::(\w+): +(\d+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one target.

    Args:
        name: of the target.
        status: of its process; 0 where nothing was found.
        log: what libFuzzer and atheris wrote.
        input: the file with the input that it ended at, where there is one.
    """

    name: str
    status: int
    log: str
    input: Path | None

    def row(self) -> str:
        """Executions, edges, features and inputs that reached something new, as libFuzzer counts them."""
        counted = dict(_STATISTIC.findall(self.log))
        edges, features, inputs = (_NUMBERS.findall(self.log) or [("0", "0", "0")])[-1]
        executions = int(counted.get("number_of_executed_units", 0))
        slowest, peak = counted.get("slowest_unit_time_sec", "?"), counted.get("peak_rss_mb", "?")
        end = "FOUND" if self.status else "ok"
        return f"{self.name:<19}{executions:>12,}{edges:>8}{features:>8}{inputs:>8}{slowest:>9} s{peak:>7} MiB  {end}\n"

    def story(self) -> str:
        """What went wrong, and with which input."""
        marks = ("=== Uncaught", "ALARM:", "==ERROR", "ERROR: libFuzzer")
        places = [place for mark in marks if (place := self.log.find(mark)) >= 0]
        told = self.log[min(places, default=max(0, len(self.log) - 4000)) :][:8000]
        if self.input is None:
            return f"{self.name} ended with status {self.status} and no input\n{told}\n"
        encoded = base64.b64encode(self.input.read_bytes()).decode()
        return f"{told}\n{self.name}: python -m tests.fuzz try {self.name} {self.input}\nbase64 of it:\n{encoded}\n"


def load(atheris: Any) -> dict[str, Target]:
    """All targets, instrumented. Nothing of ours may have been imported before."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (
        (BUILD / "instrumented.log").open("w") as log,
        contextlib.redirect_stderr(log),  # it has a line for each module
        atheris.instrument_imports(include=_INSTRUMENTED),
    ):
        targets = importlib.import_module("tests.properties.targets").targets()
        fault_in = importlib.import_module("tests.properties.fuzz").fault_in
        importlib.import_module("tests.fuzz.change")
        for target in targets:  # so that what is imported at first use is instrumented as well
            for data in (*target.seeds, *start(target)):
                fault_in(target, data)
    return {target.name: target for target in targets}


def fuzz(atheris: Any, targets: dict[str, Target], plan: Plan) -> list[Outcome]:
    """All targets of the plan, one after the other."""
    outcomes: list[Outcome] = []
    began = time.monotonic()
    for done, name in enumerate(plan.targets):
        seconds = max(1, round(plan.share(done=done, started=began)))
        outcome = _one(atheris, targets[name], plan, seconds)
        outcomes.append(outcome)
        sys.stdout.write(outcome.row())
        sys.stdout.flush()
    return outcomes


def _one(atheris: Any, target: Target, plan: Plan, seconds: int) -> Outcome:
    ended_at = BUILD / "found" / target.name
    fresh = NEW / target.name / str(plan.seed)
    for folder in (ended_at, fresh, BUILD / "start" / target.name):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    (BUILD / "log").mkdir(exist_ok=True)
    log = BUILD / "log" / f"{target.name}.log"
    arguments = [
        target.name,
        str(fresh),
        f"-seed_inputs=@{_listed(target)}",
        f"-seed={plan.seed}",
        f"-max_total_time={seconds}",
        f"-timeout={_SLOWEST_SECONDS}",
        f"-rss_limit_mb={_MOST_MEBIBYTES}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={ended_at}/",
        "-print_final_stats=1",
        *([f"-runs={plan.runs}"] if plan.runs else []),
    ]
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _in_child(atheris, target, arguments, log)
    _, status = os.waitpid(child, 0)
    inputs = sorted(ended_at.iterdir())
    return Outcome(
        name=target.name,
        status=os.waitstatus_to_exitcode(status),
        log=log.read_text(errors="replace"),
        input=inputs[0] if inputs else None,
    )


def _listed(target: Target) -> Path:
    """A file that names the inputs to start from, in one order: a folder is read in another one on each machine."""
    folder = BUILD / "start" / target.name
    for number, data in enumerate(start(target)):
        (folder / f"{number:05}").write_bytes(data)
    listed = BUILD / "start" / f"{target.name}.txt"
    listed.write_text(",".join(str(path) for path in sorted(folder.iterdir())))
    return listed


def _in_child(atheris: Any, target: Target, arguments: Sequence[str], log: Path) -> None:
    """Fuzz, and never come back."""
    from tests.fuzz.change import Changer
    from tests.properties.fuzz import fault_in

    atexit.unregister(shutil.rmtree)  # the folder that targets write to is the parent's
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)

    def one_input(data: bytes) -> None:
        fault = fault_in(target, data)
        if fault is not None:
            raise fault

    def mutate(data: bytes, longest: int) -> bytes:
        changed: bytes = atheris.Mutate(data, longest)  # another function once `Fuzz` has begun
        return changed

    atheris.Setup(list(arguments), one_input, custom_mutator=Changer(start(target), mutate))
    atheris.Fuzz()
    os._exit(0)
