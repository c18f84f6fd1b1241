"""Run our command line and print the seconds that it spent on a policy: policy_share.py ARGUMENTS….

Counted are reading the policy, gathering what it asks for beyond the version, and evaluating it, with all that is
imported for them. `whole` as the first word prints those of the whole command line, the start of Python left out.
"""

from __future__ import annotations

import contextlib
import gc
import io
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

gc.set_threshold(50_000)
wall, cpu = time.perf_counter(), time.process_time()
from attest.cli.main import main  # noqa: E402

spent = [0.0, 0.0]


def timed(module: ModuleType, name: str) -> None:
    function = getattr(module, name)

    def inner(*given: Any, **named: Any) -> Any:
        started, busy = time.perf_counter(), time.process_time()
        try:
            return function(*given, **named)
        finally:
            spent[0] += time.perf_counter() - started
            spent[1] += time.process_time() - busy

    setattr(module, name, inner)


whole = sys.argv[1] == "whole"
if not whole:
    import attest.admit
    import attest.trusting

    timed(attest.trusting, "load_policy")
    timed(attest.admit, "gathered_for")
    timed(attest.admit, "evaluate")
with contextlib.redirect_stdout(io.StringIO()):
    status = main(sys.argv[2:])
if status != 0:
    raise SystemExit(f"ended with {status}")
if whole:
    spent = [time.perf_counter() - wall, time.process_time() - cpu]
sys.stdout.write(f"{spent[0]} {spent[1]}\n")
