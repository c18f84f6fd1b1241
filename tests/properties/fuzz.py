"""`python -m tests.properties.fuzz`: every door for other people's bytes, with bytes that are nearly right.

It is blind: it looks at what comes out and not at what an input reached. `python -m tests.fuzz` does, where atheris is
installed. The environment is the same (tests/fuzz/plan.py); the doors share the time.
Ends with 1 at the first input that raises anything but an `AttestError`, keeps more than it may, or takes too long.
"""

from __future__ import annotations

import base64
import contextlib
import os
import random
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attest_registry.errors import AttestError
from tests.fuzz.plan import Plan, UnknownTarget
from tests.properties.mutate import mutated
from tests.properties.sigstore_doors import HANDLED
from tests.properties.targets import targets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.properties.targets import Target

_SLOWEST_SECONDS: Final = 5
_MEMORY: Final = 3 << 30
_MOST_KIBIBYTES: Final = 256 << 10
_ROUND: Final = 50


class TooSlow(BaseException):
    """An input that takes longer than anybody waits; no `except Exception` may swallow it."""


class TooLarge(Exception):
    """An input that makes this process larger by more than an input may."""


def fault_in(target: Target, data: bytes) -> BaseException | None:
    """What came out of a door besides a value or one of our errors; or that it took too much memory."""
    before = _peak()
    try:
        target.call(data)
    except AttestError as error:
        if error.exit_status not in HANDLED:
            return error
    except (Exception, TooSlow) as error:  # noqa: BLE001  # whatever else there is, is what is looked for
        return error
    grown = _peak() - before
    return TooLarge(f"{grown} KiB for {len(data)} bytes") if grown > _MOST_KIBIBYTES else None


def _peak() -> int:
    """KiB, of this program alone: `ru_maxrss` starts with what the process held that started this one."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def inputs(target: Target, chance: random.Random, count: int) -> Iterator[bytes]:
    """Some inputs for one door."""
    for _ in range(count):
        yield mutated(chance.choice(target.seeds), target.seeds, chance)


def fuzz(chosen: Sequence[Target], plan: Plan) -> tuple[Target, bytes, BaseException] | None:
    """Try all doors in turn until the plan is done or one fails."""
    chance = random.Random(plan.seed)  # noqa: S311  # tries inputs, keeps no secret
    tried: Counter[str] = Counter()
    end = time.monotonic() + plan.total
    while time.monotonic() < end and (not plan.runs or max(tried.values(), default=0) < plan.runs):
        for target in chosen:
            for data in inputs(target, chance, _ROUND):
                signal.alarm(_SLOWEST_SECONDS)
                fault = fault_in(target, data)
                signal.alarm(0)
                if fault is not None:
                    return target, data, fault
            tried[target.name] += _ROUND
    sys.stdout.write("".join(f"{count:>9,}  {name}\n" for name, count in sorted(tried.items())))
    return None


def main() -> int:
    """Fuzz for a while; 1 if something was found."""
    doors = {target.name: target for target in targets()}
    try:
        plan = Plan.of(os.environ, list(doors))
    except UnknownTarget as error:
        sys.stdout.write(f"FUZZ_TARGETS: {error}\n")
        return 2
    sys.stdout.write(f"{plan}\n")
    sys.stdout.flush()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    signal.signal(signal.SIGALRM, _late)
    found = fuzz([doors[name] for name in plan.targets], plan)
    if found is None:
        return 0
    target, data, fault = found
    sys.stdout.write("".join(traceback.format_exception(fault)))
    sys.stdout.write(
        f"{target.name} with FUZZ_SEED={plan.seed}, base64 of the input:\n{base64.b64encode(data).decode()}\n"
    )
    return 1


def _late(*_: object) -> None:
    raise TooSlow


if __name__ == "__main__":
    sys.exit(main())
