"""`python -m tests.fuzz`: the doors for other people's documents, with inputs that coverage leads to new ground.

    python -m tests.fuzz                    fuzz, as the environment says (tests/fuzz/plan.py)
    python -m tests.fuzz keep               take what runs found into tests/fuzz/corpus, minimised
    python -m tests.fuzz lines [TARGET]     line coverage of the target modules over tests/fuzz/corpus
    python -m tests.fuzz try TARGET FILE    one input, with the trace of what it raises

Ends with 1 when something was found: anything but a value or an `AttestError` with exit status 1 to 4, memory above a
bound, or more than 5 seconds. Where atheris is not installed the blind fuzzer, tests/properties/fuzz.py, runs instead.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from tests.fuzz.plan import Plan, UnknownTarget

_HEAD = f"{'target':<19}{'executions':>12}{'edges':>8}{'features':>9}{'corpus':>7}{'slowest':>11}{'peak':>11}\n"


def _atheris() -> Any:
    try:
        return importlib.import_module("atheris")
    except ImportError as error:
        version = f"{sys.version_info.major}.{sys.version_info.minor} on {sys.platform}"
        sys.stdout.write(f"atheris is not there ({error}; Python {version}): the blind fuzzer runs instead\n")
        return None


def _fuzz() -> int:
    atheris = _atheris()
    if atheris is None:
        from tests.properties.fuzz import main as blind

        return blind()
    from tests.fuzz.guided import fuzz, load

    targets = load(atheris)
    plan = Plan.of(os.environ, list(targets))
    sys.stdout.write(f"{plan}\n{_HEAD}")
    outcomes = fuzz(atheris, targets, plan)
    bad = [outcome for outcome in outcomes if outcome.status]
    for outcome in bad:
        sys.stdout.write(f"\n{outcome.story()}")
    return 1 if bad else 0


def _keep() -> int:
    from tests.fuzz.corpus import keep
    from tests.fuzz.lines import MODULES
    from tests.properties.fuzz import fault_in
    from tests.properties.targets import targets

    for target in targets():
        if target.name in MODULES:
            sys.stdout.write(f"{keep(target, fault_in):>6}  {target.name}\n")
    return 0


def _lines(names: list[str]) -> int:
    from tests.fuzz.lines import measure, measure_all

    if not names:
        measure_all()
    for name in names:
        sys.stdout.write(measure(name))
    return 0


def _try(name: str, file: str) -> int:
    from tests.properties.fuzz import fault_in
    from tests.properties.targets import targets

    target = next(target for target in targets() if target.name == name)
    fault = fault_in(target, Path(file).read_bytes())
    sys.stdout.write("".join(traceback.format_exception(fault)) if fault else "a value, or one of our errors\n")
    return 1 if fault else 0


def main(arguments: list[str]) -> int:
    """One of the four lines above."""
    try:
        match arguments:
            case []:
                return _fuzz()
            case ["keep"]:
                return _keep()
            case ["lines", *names]:
                return _lines(names)
            case ["try", name, file]:
                return _try(name, file)
            case _:
                sys.stdout.write(__doc__ or "")
                return 2
    except UnknownTarget as error:
        sys.stdout.write(f"FUZZ_TARGETS: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
