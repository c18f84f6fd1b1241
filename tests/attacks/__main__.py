"""`python -m tests.attacks [WORD…]`: the attacks, then the table that shows that each check is what stops its attack.

Words choose lines: a part of a test's name, or of a row's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.attacks import record, run
from tests.attacks.mutations import NOT_HERE, TABLE

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Run both; 0 if every attack is refused and every check is needed, 2 if the words choose none."""
    chosen = sys.argv[1:]
    table = [attack for attack in TABLE if not chosen or any(word in f"{attack.row} {attack.test}" for word in chosen)]
    if not table:  # pytest takes no name at all for every test that there is
        sys.stdout.write(f"no line has any of these words in its row or test: {' '.join(chosen)}\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="attacks-") as folder:
        seen = Path(folder) / "record"
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal"]
        which = sorted({attack.test for attack in table}) if chosen else ["tests/attacks"]
        tests = subprocess.run(
            [*command, *which], cwd=ROOT, env={**os.environ, record.RECORD: str(seen)}, check=False
        ).returncode
        if tests:
            sys.stdout.write("the attacks themselves have to be refused before a check is taken out\n")
            return 1
        lines = run.without_each_check(table, record.read(seen), Path(folder))
    for text in run.shown(lines):
        sys.stdout.write(f"{text}\n")
    for row, why in {} if chosen else NOT_HERE.items():
        sys.stdout.write(f"row {row} has no line: {why}\n")
    wrong = [line for line in lines if line.fault]
    sys.stdout.write(f"\n{len(lines)} attacks, {len(wrong)} of them with a check that no test misses\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
