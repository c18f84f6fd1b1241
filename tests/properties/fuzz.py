"""`python -m tests.properties.fuzz`: every door for other people's bytes, with bytes that are nearly right.

Environment: FUZZ_SECONDS (60), FUZZ_SEED (printed; the same one tries the same input), FUZZ_TARGET (a part of a name).
Ends with 1 at the first input that raises anything but an `AttestError`, keeps more than it may, or takes too long.
"""

from __future__ import annotations

import base64
import os
import random
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from typing import TYPE_CHECKING, Final

from attest_registry.errors import AttestError
from tests.properties.mutate import mutated
from tests.properties.targets import targets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.properties.targets import Target

_SLOWEST_SECONDS: Final = 5
_MEMORY: Final = 3 << 30
_ROUND: Final = 50


class TooSlow(BaseException):
    """An input that takes longer than anybody waits; no `except Exception` may swallow it."""


def fault_in(target: Target, data: bytes) -> BaseException | None:
    """What came out of a door besides a value or one of our errors."""
    try:
        target.call(data)
    except AttestError as error:
        return None if error.exit_status in {1, 2, 3, 4} else error
    except (Exception, TooSlow) as error:  # noqa: BLE001  # whatever else there is, is what is looked for
        return error
    return None


def inputs(target: Target, chance: random.Random, count: int) -> Iterator[bytes]:
    """Some inputs for one door."""
    for _ in range(count):
        yield mutated(chance.choice(target.seeds), target.seeds, chance)


def fuzz(chosen: Sequence[Target], *, seconds: float, seed: int) -> tuple[Target, bytes, BaseException] | None:
    """Try all doors in turn until the time is over or one fails."""
    chance = random.Random(seed)  # noqa: S311  # tries inputs, keeps no secret
    tried: Counter[str] = Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
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
    seconds, wanted = float(os.environ.get("FUZZ_SECONDS", "60")), os.environ.get("FUZZ_TARGET", "")
    seed = int(os.environ.get("FUZZ_SEED") or random.SystemRandom().randrange(2**32))
    sys.stdout.write(f"FUZZ_SEED={seed} FUZZ_SECONDS={seconds:g}\n")
    sys.stdout.flush()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    signal.signal(signal.SIGALRM, _late)
    found = fuzz([target for target in targets() if wanted in target.name], seconds=seconds, seed=seed)
    if found is None:
        return 0
    target, data, fault = found
    sys.stdout.write("".join(traceback.format_exception(fault)))
    sys.stdout.write(f"{target.name} with FUZZ_SEED={seed}, base64 of the input:\n{base64.b64encode(data).decode()}\n")
    return 1


def _late(*_: object) -> None:
    raise TooSlow


if __name__ == "__main__":
    sys.exit(main())
