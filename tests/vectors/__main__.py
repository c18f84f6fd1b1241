"""Prints what this program says about each case of the suites. Ends with 1 if anything is wrong.

python -m tests.vectors
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from attest.errors import AttestError
from tests.vectors.cases import HERE, SUITES, UPSTREAM

if TYPE_CHECKING:
    from tests.vectors.cases import Case, Suite

VERIFIED = "verified"
STEPS = {  # of attest/verify/by_certificate.py; `root` and `file` stand before the first and after the last
    "root": ("bad-trusted-root",),
    "1": ("malformed-evidence", "bundle-version", "signature-count", "payload-type", "content-kind"),
    "2": ("certificate-missing", "key-missing", "certificate-usage", "key-unsupported"),
    "3": (
        *("timestamp-invalid", "timestamp-authority-unknown", "timestamp-duplicate"),
        *("tsa-window", "tsa-certificate-expired"),
    ),
    "4": (
        *("log-unknown", "inclusion-proof", "inclusion-proof-missing"),
        *("checkpoint-malformed", "checkpoint-signature", "checkpoint-origin", "checkpoint-mismatch"),
    ),
    "5": ("promise-invalid", "log-window"),
    "6": ("time-missing", "log-entry-missing", "key-window"),
    "7": ("certificate-authority-unknown", "certificate-chain", "certificate-expired", "ca-window"),
    "8": ("sct-missing", "sct-invalid", "sct-log-unknown", "ct-window"),
    "9": ("issuer-mismatch", "identity-mismatch", "extension-mismatch", "certificate-identity"),
    "10": ("signature-invalid", "message-digest-mismatch", "digest-unsupported"),
    "11": ("log-entry-mismatch", "log-entry-unsupported"),
    "file": ("subject-mismatch",),
}


def verdict(case: Case, *, by_digest: bool) -> str:
    """`verified`, or the code of the step that refused."""
    try:
        case.verify(by_digest=by_digest)
    except AttestError as error:
        return error.code
    return VERIFIED


def is_right(case: Case, found: str) -> bool:
    """Whether a verdict is what it should be; cases newer than the table are judged by their name."""
    if case.must_verify:
        return found == VERIFIED
    return found == case.suite.codes.get(case.name, found) and found != VERIFIED


def step_of(code: str) -> str:
    """Which step refuses with a code."""
    return next((step for step, codes in STEPS.items() if code in codes), "")


def not_here() -> dict[str, str]:
    """Cases of upstream that are not beside this checkout, with what of ours asks the same."""
    table: dict[str, str] = json.loads((HERE / "not_here.json").read_text())
    present = {case.name for case in UPSTREAM.cases}
    return {name: stands_in for name, stands_in in table.items() if name not in present}


def _print(suite: Suite) -> bool:
    cases, right = suite.cases, 0
    say = sys.stdout.write
    if not cases:
        say(f"{suite.name} is not at {suite.folder}\n\n")
        return False
    say(f"{suite.name:<66} step\n")
    for case in cases:
        found = verdict(case, by_digest=False), verdict(case, by_digest=True)
        good = all(is_right(case, each) for each in found)
        right += good
        other = "" if len(set(found)) == 1 else f" / {found[1]}"
        expected = "" if good else f"   expected {case.suite.codes.get(case.name, VERIFIED)}"
        say(f"{'ok ' if good else 'BAD'} {case.name:<62} {step_of(found[0]):>4} {found[0]}{other}{expected}\n")
    say(f"{right} of {len(cases)} cases as they should be, each by file and by digest\n\n")
    return right == len(cases)


def main() -> int:
    good = [_print(suite) for suite in SUITES]
    if missing := not_here():
        sys.stdout.write(f"{len(missing)} more cases of {UPSTREAM.name} are not here; what asks the same:\n")
        for name, stands_in in missing.items():
            sys.stdout.write(f"    {name:<62} {stands_in}\n")
    if not UPSTREAM.cases:
        return 2
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
