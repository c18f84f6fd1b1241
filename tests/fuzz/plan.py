"""What one run of the fuzzer does, as the environment says.

FUZZ_TARGETS         names of targets, with spaces between them, or `all`; the five that read signed documents otherwise
FUZZ_SECONDS         for each target (600)
FUZZ_SECONDS_IN_ALL  for all targets together, instead of FUZZ_SECONDS; each gets an equal share of what is left
FUZZ_RUNS            most inputs for each target (no bound): where it ends a run, the machine's speed changes nothing
FUZZ_SEED            the same one tries the same inputs in the same order (a new one each time, printed)
FUZZ_FOLDER          where it writes what it finds (build/fuzz)
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REQUIRED: Final = ("bundle", "statement", "trusted-root", "manifest", "reference")
_SECONDS: Final = 600


class UnknownTarget(Exception):
    """A name that no target has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One run.

    Args:
        targets: their names, in turn.
        seconds: for each.
        together: whether a target may have what those before it left over.
        runs: most inputs for each; 0 for no bound.
        seed: where chance starts.
    """

    targets: tuple[str, ...]
    seconds: float
    together: bool
    runs: int
    seed: int

    @classmethod
    def of(cls, environment: Mapping[str, str], names: Sequence[str]) -> Self:
        """The plan for targets of these names.

        Raises:
            UnknownTarget: FUZZ_TARGETS has another one.
        """
        wanted = environment.get("FUZZ_TARGETS", "").split() or list(REQUIRED)
        targets = tuple(names) if wanted == ["all"] else tuple(wanted)
        if unknown := sorted(set(targets) - set(names)):
            raise UnknownTarget(f"{', '.join(unknown)}: not a target; there are: all, {', '.join(names)}")
        in_all = float(environment.get("FUZZ_SECONDS_IN_ALL") or 0)
        each = in_all / len(targets) if in_all else float(environment.get("FUZZ_SECONDS") or _SECONDS)
        return cls(
            targets=targets,
            seconds=each,
            together=bool(in_all),
            runs=int(environment.get("FUZZ_RUNS") or 0),
            seed=int(environment.get("FUZZ_SEED") or random.SystemRandom().randrange(1, 2**31)),
        )

    @property
    def total(self) -> float:
        """Seconds for everything."""
        return self.seconds * len(self.targets)

    def share(self, *, done: int, started: float) -> float:
        """Seconds for the next target, after `done` of them since `started` (of `time.monotonic`).

        Where a number of inputs ends targets, time is only the bound for all: a slow one has what it needs.
        """
        if not self.together:
            return self.seconds
        left = started + self.total - time.monotonic()
        return left if self.runs else left / (len(self.targets) - done)

    def __str__(self) -> str:
        """As it can be typed."""
        time_ = f"FUZZ_SECONDS_IN_ALL={self.total:g}" if self.together else f"FUZZ_SECONDS={self.seconds:g}"
        runs = f" FUZZ_RUNS={self.runs}" if self.runs else ""
        return f"FUZZ_SEED={self.seed} {time_}{runs} FUZZ_TARGETS='{' '.join(self.targets)}'"
