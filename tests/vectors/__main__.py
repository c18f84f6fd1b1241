"""Prints what this program says about each case of the conformance suite. Ends with 1 if anything is wrong.

python -m tests.vectors
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from attest.errors import AttestError
from tests.vectors.cases import FOLDER, Case, all_cases

VERIFIED = "verified"


def verdict(case: Case, *, by_digest: bool) -> str:
    """`verified`, or the code of the step that refused."""
    try:
        case.verify(by_digest=by_digest)
    except AttestError as error:
        return error.code
    return VERIFIED


def expected_codes() -> dict[str, str]:
    """Of each refused case that we have looked into, the code of the step that has to refuse it."""
    table: dict[str, str] = json.loads((Path(__file__).parent / "expected.json").read_text())
    return table


def is_right(case: Case, found: str, codes: dict[str, str]) -> bool:
    """Whether a verdict is what it should be; cases newer than the table are judged by their name."""
    if case.must_verify:
        return found == VERIFIED
    return found == codes.get(case.name, found) and found != VERIFIED


def main() -> int:
    cases, codes = all_cases(), expected_codes()
    if not cases:
        sys.stderr.write(f"the suite is not at {FOLDER}\n")
        return 2
    right = 0
    for case in cases:
        found = verdict(case, by_digest=False), verdict(case, by_digest=True)
        good = all(is_right(case, each, codes) for each in found)
        right += good
        sys.stdout.write(
            f"{'ok ' if good else 'BAD'} {case.name:<62} {found[0]}{'' if len(set(found)) == 1 else f' / {found[1]}'}\n"
        )
    sys.stdout.write(f"{right} of {len(cases)} cases as they should be, each by file and by digest\n")
    return 0 if right == len(cases) else 1


if __name__ == "__main__":
    sys.exit(main())
