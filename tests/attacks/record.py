"""What the tests saw, for the table: whether the honest case passed, and what became of the attack."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RECORD: Final = "ATTEST_ATTACKS_RECORD"
"""Environment: the file that outcomes are appended to."""

COPY: Final = "ATTEST_ATTACKS_COPY"
"""Environment: the folder that the attacked program has to come from."""

GOT_THROUGH: Final = "got through"


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One thing that was tried.

    Args:
        test: the test that tried it.
        honest: whether it was the honest case.
        outcome: `allowed`, `refused`, `harmless`, or for attacks `got through`.
        code: the code of the refusal, or why it was harmless.
        status: the exit status.
    """

    test: str
    honest: bool
    outcome: str
    code: str | None = None
    status: int | None = None


def note(*, honest: bool, outcome: str, code: str | None = None, status: int | None = None) -> None:
    """Keep an outcome of the running test, where somebody asked for that."""
    if (path := os.environ.get(RECORD)) is None:
        return
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
    line = {"test": test, "honest": honest, "outcome": outcome, "code": code, "status": status}
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def read(path: Path) -> list[Seen]:
    """All outcomes that were kept in a file."""
    if not path.exists():
        return []
    return [Seen(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
